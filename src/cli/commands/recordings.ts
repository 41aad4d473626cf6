import type { Command } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { FailedRun, RunCounts } from '../../registry/collection.ts';
import type { RecordingFilter } from '../../registry/recording-query.ts';
import type { RecordingSummary } from '../../registry/recording-summary.ts';
import { formatDuration } from '../../shared/duration.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readCount, readSince } from '../read-values.ts';
import { atMinute, counted } from '../words.ts';

interface Options {
  readonly version?: string;
  readonly since?: string;
  readonly limit: number;
  readonly failed?: boolean;
}

export function addRecordings(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'recordings [mission]',
    summary: 'list the recorded runs',
    options: [
      option('--version <version>', 'of this version only'),
      option(
        '--since <when>',
        'started since: 2026-03-01, or 7d',
        readSince(() => new Date()),
      ),
      option('--failed', 'ended runs that could not be recorded, and why'),
      option('--limit <count>', 'at most so many, the earliest first', readCount).default(50),
    ],
    run,
  });
}

async function run({ context, output, options, args: [given] }: Call<Options>): Promise<number> {
  const version = options.version === undefined ? undefined : await context.ref(options.version, given);
  const mission = version?.mission ?? given;
  const filter: RecordingFilter = {
    ...(mission !== undefined && { mission }),
    ...(version !== undefined && { version: version.number }),
    ...(options.since !== undefined && { since: options.since }),
  };
  const { recordings, collection } = await context.registry();
  if (options.failed === true) return failures(await collection.failures(options.limit), output);
  const [total, list] = await Promise.all([
    recordings.count(filter),
    recordings.list({ ...filter, limit: options.limit }),
  ]);
  const runs = await collection.counts(mission);
  await output.result({ total, recordings: list, runs }, () =>
    [listText(list, total, output), ...leftOutLines(runs, output)].join('\n'),
  );
  return EXIT.ok;
}

/** What is not in the list, so that nobody takes it for all runs. */
function leftOutLines({ 'sampled-out': sampledOut, failed }: RunCounts, { palette }: Output): string[] {
  return [
    ...(sampledOut === 0 ? [] : [palette.dim(`  ${counted(sampledOut, 'run')} sampled out: mission retention show`)]),
    ...(failed === 0
      ? []
      : [palette.yellow(`  ${counted(failed, 'run')} could not be recorded: mission recordings --failed`)]),
  ];
}

async function failures(list: readonly FailedRun[], output: Output): Promise<number> {
  const { palette } = output;
  await output.result({ failures: list }, () => {
    if (list.length === 0) return 'Every ended run that was found is recorded, or sampled out.';
    return list
      .map(({ workflowId, runId, code, message, remedy, attempts, notedAt, retryAt }) => {
        const next = retryAt === null ? 'lost: not tried again' : `tried again from ${atMinute(retryAt)} UTC`;
        return [
          `${palette.red('✗')} ${palette.bold(workflowId)} ${palette.dim(runId)}`,
          `  ${code}: ${message}${remedy === null ? '' : ` ${remedy}`}`,
          palette.dim(`  ${counted(attempts, 'attempt')}, the last at ${atMinute(notedAt)} UTC; ${next}`),
        ].join('\n');
      })
      .join('\n');
  });
  return EXIT.ok;
}

function listText(list: readonly RecordingSummary[], total: number, { palette, width }: Output): string {
  if (total === 0) return 'No recordings. Record ended runs with: mission collect';
  const rows = list.map((one) => [
    cell(one.workflowId, palette.bold, { flexible: true }),
    cell(one.mission === undefined ? one.workflowType : `${one.mission}@${one.version}`),
    cell(atMinute(one.startedAt), palette.dim),
    cell(formatDuration(Date.parse(one.endedAt) - Date.parse(one.startedAt)), palette.dim, { align: 'right' }),
    cell(counted(one.events, 'event'), palette.dim, { align: 'right' }),
    cell(one.redacted ? '' : 'not redacted', palette.yellow),
  ]);
  const more = total > list.length ? [palette.dim(`  ${list.length} of ${total}; --limit shows more.`)] : [];
  return [...tableLines(rows, width), ...more].join('\n');
}
