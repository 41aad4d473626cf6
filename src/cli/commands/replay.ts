import type { Command } from 'commander';
import type { ReplayResult } from '../../compare/outcome.ts';
import type { Report } from '../../compare/report.ts';
import type { Trace } from '../../recording/trace.ts';
import type { Registry } from '../../registry/registry.ts';
import { shortDigest } from '../../shared/digest.ts';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, listOption, option } from '../command.ts';
import type { Output } from '../output.ts';
import { type PlainOptions, plainOptions, replayPlain } from '../plain-replay.ts';
import { policyOptions, readPolicy } from '../read-policy.ts';
import { readCount, readSince } from '../read-values.ts';
import { replayProgress } from '../replay-progress.ts';
import { readShards, type ShardCount, shardedJudge } from '../sharded-replay.ts';
import { formatOption } from './report.ts';

interface Options extends PlainOptions {
  readonly against?: string;
  readonly runs?: readonly string[];
  readonly fixtures?: readonly string[];
  readonly since?: string;
  readonly sample?: string;
  readonly cohort?: string;
  readonly noise?: number;
  readonly shards?: ShardCount;
}

export function addReplay(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'replay [candidate]',
    summary: 'try a version on recorded runs, with no way to reach the world, and say what would come out differently',
    options: [
      option('--against <baseline>', 'the version to compare with (default: the active one)'),
      listOption('--runs <ids>', 'these recordings, whichever version made them'),
      option(
        '--cohort <report>',
        'exactly the recordings of an earlier report: digits of its digest, of its cohort, or a file',
      ),
      listOption('--fixtures <folders>', 'regression cases instead of recordings: replay-fixtures'),
      option(
        '--since <when>',
        'recordings of runs that started since: 2026-03-01, or 7d',
        readSince(() => new Date()),
      ),
      option(
        '--limit <count>',
        'a sample of so many, with every kind of recording in it (docs/recordings.md); of plain workflows, the first so many',
        readCount,
      ),
      option('--sample <seed>', 'which sample; the same seed gives the same one'),
      ...policyOptions(),
      option(
        '--noise <draws>',
        'ask both versions again so often, to tell the noise of the models from a change',
        readCount,
      ),
      option(
        '--out <folder>',
        'where report.json, report.md and junit.xml go (default: .mission/reports/<digest>; of plain workflows, mission-replay-report)',
      ),
      formatOption(),
      option('--workers <count>', 'processes (default: one per processor)', readCount),
      option('--shards <count>', 'on the workers of the fleet, in so many parts, or auto', readShards),
      ...plainOptions(),
    ],
    examples: [
      ['mission replay @3', 'against the active version, on its recordings'],
      ['mission replay @3 --limit 200 --answer model=live', 'a sample; changed prompts are asked anew'],
      ['mission replay @3 --answer model=live --noise 5', 'flips that the models make by themselves are not counted'],
      ['mission replay @3 --shards auto', 'a cohort too large for one machine, on the workers; the same report'],
      ['mission replay @4 --cohort 9f31c0a2', 'the recordings of that report again, and no others'],
      ['mission replay @3 --fixtures replay-fixtures', 'the regression cases, in CI'],
      ['mission replay --workflows src/workflows --histories ./histories', 'plain Temporal workflows'],
    ],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { context, output, options, args } = call;
  if (options.workflows !== undefined || options.histories !== undefined) return replayPlain(call);
  const candidate = await context.ref(candidateOf(args[0]));
  const baseline = options.against === undefined ? undefined : await context.ref(options.against, candidate.mission);
  const policy = await readPolicy(options, context);
  const registry = await context.registry();
  const [{ tryCandidate }, { exitCodeOf }] = await Promise.all([
    import('../../release/try-candidate.ts'),
    import('../../gate/evaluate-gate.ts'),
  ]);
  const progress = output.progress('replay');
  const told = replayProgress(progress);
  const results: ReplayResult[] = [];
  const attempt = async () =>
    tryCandidate({
      registry,
      candidate,
      baseline,
      selection: { ...selectionOf(call), cohort: await cohortOf(call, registry, candidate.mission) },
      policy,
      workers: options.workers,
      judge: await shardedJudge(call, registry, options.shards, told.onShards),
      onProgress: told.onProgress,
      onResult: (result) => {
        if (options.runs?.length === 1) results.push(result);
      },
      signal: call.io.signal,
    });
  const report = await attempt().finally(() => progress.end());
  await printReport(call, report);
  if (!output.json && options.format === 'terminal') await printRun(results[0], call);
  await writeFiles(call, report);
  return exitCodeOf(report.verdict);
}

/** It may be left out for plain workflows only. */
function candidateOf(given: string | undefined): string {
  if (given !== undefined) return given;
  throw new MissionError('USAGE', "missing required argument 'candidate'", {
    remedy: 'Name a version: mission replay @3. Plain workflows: mission replay --workflows … --histories ….',
  });
}

/** A baseline is of the candidate's mission unless it says otherwise. */
function selectionOf({ options, context }: Call<Options>) {
  const { runs, fixtures, since, limit, sample } = options;
  if (runs !== undefined && fixtures !== undefined) {
    throw new MissionError('USAGE', '--runs and --fixtures exclude each other.', {
      remedy: 'Replay recordings with --runs, regression cases with --fixtures, in two commands.',
    });
  }
  return { runs, since, limit, sample, fixtures: fixtures?.map((folder) => context.path(folder)) };
}

/** Of an earlier report. */
async function cohortOf({ options, context }: Call<Options>, registry: Registry, mission: string) {
  const { cohort, runs, fixtures, since, limit } = options;
  if (cohort === undefined) return undefined;
  if (runs ?? fixtures ?? since ?? limit) {
    throw new MissionError('USAGE', '--cohort is a selection by itself.', {
      remedy: 'Leave out --runs, --fixtures, --since and --limit, or --cohort.',
    });
  }
  const { findReport } = await import('../find-report.ts');
  const report = await findReport(registry, { text: cohort, mission, pathOf: (path) => context.path(path) });
  if (report.mission === mission) return report;
  throw new MissionError('USAGE', `That report is on ${report.mission}, and the candidate is of ${mission}.`, {
    remedy: `Name a report on ${mission}: mission log ${mission} lists them.`,
  });
}

async function printReport({ output, options }: Call<Options>, report: Report): Promise<void> {
  const { renderReport } = await import('../report-files.ts');
  output.raw(renderReport(report, output.json ? 'json' : options.format, output));
}

/** One run alone: its two ways side by side. */
async function printRun(result: ReplayResult | undefined, { context, output }: Call<Options>): Promise<void> {
  if (result === undefined) return;
  const { renderSideBySide } = await import('../../compare/render/side-by-side.ts');
  const { trace } = await (await context.registry()).recordings.get(result.recording.id);
  output.raw(`\n${renderSideBySide(trace as Trace, result, { palette: output.palette, width: output.width })}`);
}

async function writeFiles({ context, output, options }: Call<Options>, report: Report): Promise<void> {
  const { writeReportFiles } = await import('../report-files.ts');
  const folder =
    options.out === undefined ? context.inside('reports', shortDigest(report.digest)) : context.path(options.out);
  await writeReportFiles(report, folder);
  explain(report, output, folder);
}

function explain(report: Report, output: Output, folder: string): void {
  if (report.cohort.recordings === 0) {
    output.note(
      `No recordings of ${report.baseline.name} fit. Record ended runs first: mission collect ${report.mission}`,
    );
  }
  output.note(`report.json, report.md and junit.xml are in ${folder}`);
}
