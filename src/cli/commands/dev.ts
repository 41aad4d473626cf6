import type { Command } from 'commander';
import { addCommand, type Call, type CliHost } from '../command.ts';
import { type HostFlags, hostOptions, readHostSetup } from '../host-options.ts';
import { EXIT } from '../io.ts';

export function addDev(program: Command, host: CliHost): void {
  addCommand<HostFlags>(program, host, {
    usage: 'dev',
    summary: 'everything in one process: Temporal server, worker and recorder; until it is stopped',
    options: hostOptions(),
    examples: [['mission dev', 'other commands of this project work meanwhile, in other terminals']],
    isHost: true,
    run,
  });
}

async function run(call: Call<HostFlags>): Promise<number> {
  const { context, io, output, options } = call;
  const setup = readHostSetup(options, io.env);
  await context.registry('change');
  const temporal = await context.temporal('process');
  const [{ hostMissions }, { runCli }] = await Promise.all([import('../host-missions.ts'), import('../run-cli.ts')]);
  const ui = temporal.embedded === undefined ? '' : ` Its UI: ${temporal.embedded.uiAddress}`;
  output.note(`Temporal at ${temporal.address}.${ui}`);
  output.note('Hosting what is published, recording what ends. Stop with Ctrl-C.');
  try {
    await hostMissions({ call, temporal, setup, run: runCli });
  } finally {
    await temporal.embedded?.stop();
  }
  return EXIT.ok;
}
