import type { Command } from 'commander';
import { addCommand, type Call, type CliHost, listOption } from '../command.ts';
import { EXIT } from '../io.ts';

interface Options {
  readonly mission?: readonly string[];
}

export function addWorker(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'worker',
    summary: 'host the versions that have traffic, open runs, or are recent; until it is stopped',
    options: [listOption('--mission <names>', 'only these (default: all of the registry)')],
    examples: [['mission worker --mission refund-eligibility', 'from stored versions; the source is not needed']],
    isHost: true,
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { context, output, options } = call;
  await context.registry('look');
  const temporal = await context.temporal();
  const [{ hostMissions }, { runCli }] = await Promise.all([import('../host-missions.ts'), import('../run-cli.ts')]);
  output.note(`Temporal at ${temporal.address}, namespace ${temporal.namespace}. Stop with Ctrl-C.`);
  await hostMissions({ call, temporal, missions: options.mission, records: false, run: runCli });
  return EXIT.ok;
}
