/** `mission replay --workflows …`: plain Temporal workflows, with no registry and no missions. */
import { existsSync } from 'node:fs';
import type { Option } from 'commander';
import type { ReplayResult } from '../compare/outcome.ts';
import type { Report, ReportCounts } from '../compare/report.ts';
import type { HistoryRead } from '../recording/history-read.ts';
import { MissionError } from '../shared/errors.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import { type Call, option } from './command.ts';
import { type CodeOptions, codeOptions, codeReader, readCodecs } from './plain-code.ts';
import { type PolicyOptions, readPolicy } from './read-policy.ts';
import type { ReportFormat } from './report-files.ts';
import { counted } from './words.ts';

export interface PlainOptions extends PolicyOptions, CodeOptions {
  readonly workflows?: string;
  readonly histories?: string;
  readonly baselineWorkflows?: string;
  readonly limit?: number;
  readonly out?: string;
  readonly format: ReportFormat;
  readonly workers?: number;
}

/** The options that belong to plain workflows alone. */
export function plainOptions(): Option[] {
  return [
    option('--workflows <path>', 'plain Temporal workflows instead of a version: the file or folder that exports them'),
    option(
      '--histories <where>',
      'their histories: a file, a folder, or a query for the server: "WorkflowType=\'order\'"',
    ),
    option(
      '--baseline-workflows <path>',
      'the workflows that made the histories: for the self-check, and to find why runs differ',
    ),
    ...codeOptions(),
  ];
}

/** Where the files of a report go when nobody says. */
const REPORT_FOLDER = 'mission-replay-report';

/** Runs the command. Returns its exit code. */
export async function replayPlain(call: Call<PlainOptions>): Promise<number> {
  const { context, output, options, io } = call;
  const { workflows, histories } = checked(call);
  const policy = await readPolicy(options, context);
  const [{ tryWorkflows }, { exitCodeOf }, { writeReportFiles, renderReport }] = await Promise.all([
    import('../release/try-workflows.ts'),
    import('../gate/evaluate-gate.ts'),
    import('./report-files.ts'),
  ]);
  const codecs = await readCodecs(call);
  const codeAt = await codeReader(call);
  const source = await openHistories(histories, call);
  const progress = output.progress('replay');
  const open: ReplayResult[] = [];
  let report: Report;
  try {
    report = await tryWorkflows({
      candidate: codeAt(workflows),
      baseline: options.baselineWorkflows === undefined ? undefined : codeAt(options.baselineWorkflows),
      histories: source.histories,
      selection: histories,
      policy,
      codecs,
      workers: options.workers,
      signal: io.signal,
      onProgress: (doing) => progress.say(doing),
      onCount: (counts) => io.isInteractive && progress.say(countWords(counts)),
      onResult: (result) => {
        if (result.baselineEnd.status === 'open') open.push(result);
      },
    });
  } finally {
    progress.end();
    await source.close();
  }
  output.raw(renderReport(report, output.json ? 'json' : options.format, output));
  if (open.length > 0) output.note(openWords(open));
  const folder = context.path(options.out ?? REPORT_FOLDER);
  await writeReportFiles(report, folder);
  output.note(`report.json, report.md and junit.xml are in ${folder}`);
  return exitCodeOf(report.verdict);
}

/** Options of versions and of plain workflows do not go together. */
function checked({ options, args }: Call<PlainOptions>): { readonly workflows: string; readonly histories: string } {
  const { workflows, histories } = options;
  const ofVersions = ['against', 'runs', 'fixtures', 'since', 'sample', 'cohort', 'shards'].filter(
    (name) => name in options,
  );
  if (workflows === undefined || histories === undefined) {
    throw usage(`--${workflows === undefined ? 'workflows' : 'histories'} is missing.`);
  }
  if (args[0] !== undefined) throw usage(`Either a version (${args[0]}) or --workflows can be replayed, not both.`);
  if (ofVersions.length > 0) throw usage(`--${ofVersions[0]} is for versions, not for --workflows.`);
  return { workflows, histories };
}

function usage(message: string): MissionError {
  return new MissionError('USAGE', message, {
    remedy: 'Plain workflows: mission replay --workflows ./src/workflows --histories ./histories.',
  });
}

interface OpenHistories {
  readonly histories: AsyncIterable<HistoryRead>;
  close(): Promise<void>;
}

/** A path when there is something at it, else a query when it reads like one. */
async function openHistories(text: string, { context, options, io }: Call<PlainOptions>): Promise<OpenHistories> {
  const path = context.path(text);
  if (existsSync(path) || !looksLikeQuery(text)) {
    const { readHistoryFiles } = await import('../recording/history-files.ts');
    return { histories: limited(readHistoryFiles(path), options.limit), close: async () => undefined };
  }
  const [{ connectTemporal }, { readQueriedHistories }] = await Promise.all([
    import('../temporal/connection.ts'),
    import('../recording/queried-histories.ts'),
  ]);
  const connection: TemporalConnection = await connectTemporal({ env: io.env });
  const { limit } = options;
  return {
    histories: readQueriedHistories(connection.client, text, { limit, signal: io.signal }),
    close: () => connection.close(),
  };
}

function looksLikeQuery(text: string): boolean {
  return /[=<>]|\b(IN|BETWEEN|STARTS_WITH|IS)\b/i.test(text);
}

async function* limited(reads: AsyncIterable<HistoryRead>, limit = Number.POSITIVE_INFINITY) {
  let count = 0;
  for await (const read of reads) {
    yield read;
    count += 1;
    if (count >= limit) return;
  }
}

function countWords({ recordings, outcomes, excluded }: ReportCounts): string {
  const words = Object.entries({ ...outcomes, excluded }).filter(([, count]) => count > 0);
  return [counted(recordings, 'history', 'histories'), ...words.map(([name, count]) => `${count} ${name}`)].join(', ');
}

/** Open runs that are told one by one. */
const OPEN_SHOWN = 5;

function openWords(open: readonly ReplayResult[]): string {
  const going = open.filter(({ beyond }) => beyond !== undefined);
  const lines = going.slice(0, OPEN_SHOWN).map(({ recording, beyond = [] }) => {
    return `  ${recording.workflowId} would go on with ${beyond.map(({ step }) => step).join(', ')}`;
  });
  const rest = going.length - lines.length;
  return [
    `${counted(open.length, 'run is', 'runs are')} still open: compared as far as recorded; what comes after is not judged.`,
    ...lines,
    ...(rest > 0 ? [`  and ${rest} more, in report.json`] : []),
  ].join('\n');
}
