import type { Command } from 'commander';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, listOption, option } from '../command.ts';
import { type HostFlags, hostOptions, readHostSetup } from '../host-options.ts';
import { EXIT } from '../io.ts';
import { readCountOrNone } from '../read-values.ts';
import { replayProcessesOf } from '../replay-missions.ts';

interface Options extends HostFlags {
  readonly mission?: readonly string[];
  readonly version?: readonly string[];
  /** False with `--no-host`. */
  readonly host: boolean;
  readonly replayProcesses?: number;
}

export function addWorker(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'worker',
    summary: 'host the versions that have traffic, open runs, or may come back; until it is stopped',
    options: [
      listOption('--mission <names>', 'only these (default: all of the registry)'),
      listOption('--version <versions>', 'exactly these and nothing else, whatever has traffic'),
      option('--no-host', 'host nothing: record runs, and keep the Temporal server’s default as the route has it'),
      option(
        '--replay-processes <count>',
        'processes for shards of replays (default: 1 where there is another processor; 0: none)',
        readCountOrNone,
      ),
      ...hostOptions(),
    ],
    examples: [
      ['mission worker --mission refund-eligibility', 'from stored versions; the source is not needed'],
      ['mission worker --version refund-eligibility@5', 'one process per version'],
      ['mission worker --no-host', 'beside processes that host one version each'],
      ['mission worker --no-host --replay-processes 8', 'a machine for replays'],
    ],
    isHost: true,
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { context, io, output, options } = call;
  if (!options.host && options.version !== undefined) throw hostsNothing();
  const setup = readHostSetup(options, io.env);
  const replayProcesses = replayProcessesOf(options.replayProcesses, {
    isEmbedded: context.isEmbedded,
    isOfOneVersion: options.version !== undefined,
  });
  const registry = await context.registry('look');
  const [{ hostMissions }, { runCli }, { checkAssignedBuild }] = await Promise.all([
    import('../host-missions.ts'),
    import('../run-cli.ts'),
    import('../../fleet/assigned-build.ts'),
  ]);
  const versions =
    options.version === undefined ? undefined : await Promise.all(options.version.map((text) => context.ref(text)));
  await checkAssignedBuild(registry, versions, io.env);
  const temporal = await context.temporal();
  output.note(`Temporal at ${temporal.address}, namespace ${temporal.namespace}. Stop with Ctrl-C.`);
  await hostMissions({
    call,
    temporal,
    missions: options.mission,
    versions,
    hosts: options.host,
    replayProcesses,
    setup,
    run: runCli,
  });
  return EXIT.ok;
}

function hostsNothing(): MissionError {
  return new MissionError('USAGE', '--version names what to host, and --no-host asks for nothing to be hosted.', {
    remedy: 'Give one of them.',
  });
}
