import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { RunSummary } from '../../fleet/list-runs.ts';
import type { StoppedRun } from '../../release/stop-runs.ts';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { counted } from '../words.ts';

interface Options {
  readonly version?: string;
  readonly reason: string;
  readonly terminate?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** More runs than this at once have to be confirmed. */
const UNCONFIRMED_MAX = 1;

export function addStop(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'stop [runs...]',
    summary: 'stop open runs: ask them to end, or end them at once',
    options: [
      option('--version <version>', 'all open runs of this version'),
      option('--reason <text>', 'why; it is recorded').makeOptionMandatory(),
      option('--terminate', 'end at once, without any clean-up'),
      option('--yes', 'confirms that several runs are meant'),
      option('--dry-run', 'list the runs that are meant, and do nothing'),
    ],
    examples: [
      ['mission stop refund-17 --reason "asked twice"', 'by workflow id'],
      ['mission stop --version @3 --reason "denies damaged items" --yes', 'all that is in flight on version 3'],
    ],
    run,
  });
}

async function run({ context, output, options, args, io }: Call<Options>): Promise<number> {
  const workflowIds = args.flat().flatMap((arg) => arg ?? []);
  const version = options.version === undefined ? undefined : await context.ref(options.version);
  if ((version === undefined) === (workflowIds.length === 0)) throw notOneWay();
  const registry = await context.registry('change');
  const temporal = await context.temporal();
  const { findStoppable, stopRuns } = await import('../../release/stop-runs.ts');
  const runs = await findStoppable({ registry, temporal }, version === undefined ? { workflowIds } : { version });
  if (options.dryRun === true) {
    await output.result(runs, () =>
      [`${counted(runs.length, 'run')} would be stopped.`, ...runs.map(lineOf)].join('\n'),
    );
    return EXIT.ok;
  }
  if (runs.length > UNCONFIRMED_MAX && options.yes !== true) throw unconfirmed(runs);
  const how = options.terminate === true ? 'terminate' : 'cancel';
  const stopping = stopRuns({
    registry,
    temporal,
    runs,
    how,
    by: context.actor,
    reason: options.reason,
    action: randomUUID(),
    signal: io.signal,
  });
  const done: StoppedRun[] = [];
  for await (const one of stopping) done.push(one);
  await output.result(done, () => stoppedText(done));
  return EXIT.ok;
}

function lineOf({ workflowId, version }: RunSummary): string {
  return `    ${workflowId}  ${version}`;
}

const WORDS: Readonly<Record<StoppedRun['status'], string>> = {
  asked: 'asked to end; mission runs shows when it did',
  terminated: 'terminated',
  'asked-before': 'asked before, and still to end; --terminate does not wait',
  ended: 'ended by itself',
};

function stoppedText(runs: readonly StoppedRun[]): string {
  if (runs.length === 0) return 'No open runs are meant: nothing was done.';
  const statuses = Object.keys(WORDS) as StoppedRun['status'][];
  return statuses
    .map((status) => [status, runs.filter((one) => one.status === status).length] as const)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${counted(count, 'run')} ${WORDS[status]}`)
    .join('\n');
}

function notOneWay(): MissionError {
  return new MissionError('USAGE', 'Name the runs to stop, or the version whose open runs are to be stopped.', {
    remedy:
      'mission stop refund-17 --reason "…", or mission stop --version @3 --reason "…" --yes. mission down ends the project\'s own server.',
  });
}

function unconfirmed(runs: readonly RunSummary[]): MissionError {
  return new MissionError('USAGE', `${counted(runs.length, 'run')} would be stopped, which cannot be taken back.`, {
    remedy: 'Look at them with --dry-run, then confirm with --yes.',
    details: { runs: runs.length },
  });
}
