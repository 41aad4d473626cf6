import type { Command } from 'commander';
import { addCommand, type Call, type CliHost } from '../command.ts';
import { EXIT } from '../io.ts';
import { counted } from '../words.ts';

export function addDown(program: Command, host: CliHost): void {
  addCommand<object>(program, host, {
    usage: 'down',
    summary: "stop the project's own Temporal server, and first what hosts missions on it; its data stay",
    run,
  });
}

async function run({ context, output, io }: Call<object>): Promise<number> {
  const [{ findEmbeddedServer, stopEmbeddedServer }, { embeddedDirectory }, { listHosts, stopHost }] =
    await Promise.all([
      import('../../temporal/embedded-server.ts'),
      import('../../temporal/embedded-state.ts'),
      import('../project-hosts.ts'),
    ]);
  const directory = embeddedDirectory(context.root);
  const hosts = await listHosts(context.inside('hosts'));
  // A `mission dev` that started the server stops it itself.
  const ran = hosts.length > 0 && (await findEmbeddedServer(directory)) !== undefined;
  for (const { pid } of hosts) output.note(`Process ${pid} hosts missions on it: it is asked to stop, and drains.`);
  await Promise.all(hosts.map((host) => stopHost(host, io.signal)));
  const stopped = (await stopEmbeddedServer(directory)) || ran;
  const processes = hosts.length === 0 ? '' : `${counted(hosts.length, 'host')} ended in order. `;
  await output.result(
    { stopped, hosts: hosts.map(({ pid }) => pid) },
    () =>
      processes +
      (stopped
        ? "The project's Temporal server is stopped. Its data stay in .mission/temporal."
        : "The project's own Temporal server does not run."),
  );
  return EXIT.ok;
}
