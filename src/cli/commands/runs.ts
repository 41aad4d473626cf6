import type { Command } from 'commander';
import { type Cell, cell, tableLines } from '../../compare/render/layout.ts';
import type { RunSummary } from '../../fleet/list-runs.ts';
import { formatDuration } from '../../shared/duration.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readCount } from '../read-values.ts';
import { atMinute } from '../words.ts';

interface Options {
  readonly version?: string;
  readonly open?: boolean;
  readonly limit: number;
}

export function addRuns(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'runs [mission]',
    summary: 'list runs with their versions, and what a run waits for',
    options: [
      option('--version <version>', 'of this version only'),
      option('--open', 'only runs that have not ended'),
      option('--limit <count>', 'at most so many, the newest first', readCount).default(50),
    ],
    run,
  });
}

async function run({ context, output, options, args: [given] }: Call<Options>): Promise<number> {
  const version = options.version === undefined ? undefined : await context.ref(options.version);
  const temporal = await context.temporal();
  const { listRuns } = await import('../../fleet/list-runs.ts');
  const runs = await listRuns({
    temporal,
    limit: options.limit,
    ...(given !== undefined && { mission: given }),
    ...(version !== undefined && { version }),
    ...(options.open === true && { state: 'open' as const }),
  });
  await output.result(runs, () => runsText(runs, options, output));
  return EXIT.ok;
}

function runsText(runs: readonly RunSummary[], { limit }: Options, output: Output): string {
  if (runs.length === 0) return 'No such runs. A run that just started shows after a second or so.';
  const more = runs.length === limit ? [output.palette.dim(`  The newest ${limit}; --limit shows more.`)] : [];
  return [
    ...tableLines(
      runs.map((run) => runCells(run, output)),
      output.width,
    ),
    ...more,
  ].join('\n');
}

function runCells(run: RunSummary, { palette }: Output): Cell[] {
  const paint =
    { completed: palette.green, running: palette.cyan, failed: palette.red, 'timed-out': palette.red }[
      run.status as string
    ] ?? palette.yellow;
  const took = run.endedAt === undefined ? '' : formatDuration(run.endedAt.getTime() - run.startedAt.getTime());
  return [
    cell(run.workflowId, palette.bold, { flexible: true }),
    cell(run.version),
    cell(run.status, paint),
    cell(atMinute(run.startedAt), palette.dim),
    cell(run.waiting ?? took, run.waiting === undefined ? palette.dim : palette.yellow),
  ];
}
