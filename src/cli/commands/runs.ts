import type { Command } from 'commander';
import { type Cell, cell, tableLines } from '../../compare/render/layout.ts';
import type { RunSummary } from '../../fleet/list-runs.ts';
import type { RunStanding, StandingStep } from '../../release/run-standing.ts';
import { formatDuration } from '../../shared/duration.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readCount } from '../read-values.ts';
import { atMinute, counted, unreadableRuns } from '../words.ts';

interface Options {
  readonly version?: string;
  readonly open?: boolean;
  readonly limit: number;
  readonly fast?: boolean;
}

export function addRuns(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'runs [mission]',
    summary: 'list runs with their versions; of open ones, where they stand and what they wait for',
    options: [
      option('--version <version>', 'on this version now, or ended on it'),
      option('--open', 'only runs that have not ended'),
      option('--limit <count>', 'at most so many, the newest first', readCount).default(50),
      option('--fast', 'do not look where open runs stand'),
    ],
    examples: [['mission runs --version @2 --open', 'what is still in flight on version 2']],
    run,
  });
}

type ListedRun = RunSummary & Partial<RunStanding>;

async function run({ context, output, options, args: [given] }: Call<Options>): Promise<number> {
  const version = options.version === undefined ? undefined : await context.ref(options.version, given);
  const registry = await context.registry();
  const temporal = await context.temporal();
  const [{ listRuns }, { standingOf }] = await Promise.all([
    import('../../fleet/list-runs.ts'),
    import('../../release/run-standing.ts'),
  ]);
  const listed = await listRuns({
    temporal,
    registry,
    limit: options.limit,
    ...(given !== undefined && { mission: given }),
    ...(version !== undefined && { version }),
    ...(options.open === true && { state: 'open' as const }),
  });
  const standing = options.fast === true ? undefined : await standingOf(temporal.client, listed);
  const runs: ListedRun[] = listed.map((one) => ({ ...one, ...standing?.get(one.runId) }));
  await output.result(runs, () => runsText(runs, options, output, new Date()));
  const unreadable = listed.flatMap((one) => one.unreadable ?? []);
  if (unreadable[0] !== undefined) output.note(unreadableRuns(unreadable.length, unreadable[0]));
  return EXIT.ok;
}

function runsText(runs: readonly ListedRun[], { limit }: Options, output: Output, now: Date): string {
  if (runs.length === 0) return 'No such runs. A run that just started shows after a second or so.';
  const more = runs.length === limit ? [output.palette.dim(`  The newest ${limit}; --limit shows more.`)] : [];
  const lines = tableLines(
    runs.map((one) => runCells(one, output)),
    output.width,
  );
  return [...lines.flatMap((line, at) => [line, ...standingLines(runs[at], output, now)]), ...more].join('\n');
}

function runCells(one: ListedRun, { palette }: Output): Cell[] {
  const paint =
    { completed: palette.green, running: palette.cyan, failed: palette.red, 'timed-out': palette.red }[
      one.status as string
    ] ?? palette.yellow;
  const took = one.endedAt === undefined ? '' : formatDuration(one.endedAt.getTime() - one.startedAt.getTime());
  return [
    cell(one.workflowId, palette.bold, { flexible: true }),
    cell(one.version + (one.startedOn === undefined ? '' : ` (began on @${numberOf(one.startedOn)})`)),
    cell(one.status, paint),
    cell(atMinute(one.startedAt), palette.dim),
    cell(one.waiting ?? took, one.waiting === undefined ? palette.dim : palette.yellow),
  ];
}

function numberOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('@') + 1);
}

function standingLines(one: ListedRun | undefined, { palette }: Output, now: Date): string[] {
  if (one?.stepsDone === undefined) return [];
  const [first, ...others] = one.waitsFor ?? [];
  const done = `${counted(one.stepsDone, 'step')} done`;
  if (first === undefined) return [palette.dim(`    ${done}`)];
  const more = others.length === 0 ? '' : `, and ${counted(others.length, 'other')}`;
  return [palette.dim(`    ${done}; at ${stepWords(first, now)}${more}`)];
}

function stepWords({ step, kind, since, attempts, lastFailure }: StandingStep, now: Date): string {
  const age = formatDuration(Math.max(now.getTime() - since.getTime(), 0));
  const tries = attempts === undefined || attempts < 2 ? '' : `, attempt ${attempts}`;
  const failed = lastFailure === undefined ? '' : `, last failure: ${lastFailure.split('\n')[0]}`;
  return `${step} (${kind}) for ${age}${tries}${failed}`;
}
