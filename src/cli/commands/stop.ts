import type { Command } from 'commander';
import { addCommand, type Call, type CliHost } from '../command.ts';
import { EXIT } from '../io.ts';

export function addStop(program: Command, host: CliHost): void {
  addCommand<object>(program, host, {
    usage: 'stop',
    summary: "stop the project's own Temporal server; its data stay",
    run,
  });
}

async function run({ context, output }: Call<object>): Promise<number> {
  const [{ stopEmbeddedServer }, { embeddedDirectory }] = await Promise.all([
    import('../../temporal/embedded-server.ts'),
    import('../../temporal/embedded-state.ts'),
  ]);
  const stopped = await stopEmbeddedServer(embeddedDirectory(context.root));
  await output.result({ stopped }, () =>
    stopped
      ? "The project's Temporal server is stopped. Its data stay in .mission/temporal."
      : "The project's own Temporal server does not run.",
  );
  return EXIT.ok;
}
