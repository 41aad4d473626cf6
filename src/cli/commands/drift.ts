import type { Command } from 'commander';
import { type Drift, driftTitle, movedWords } from '../../compare/drift.ts';
import { wrapText } from '../../compare/render/layout.ts';
import type { TryProgress } from '../../release/try-candidate.ts';
import { shortDigest } from '../../shared/digest.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import type { Output } from '../output.ts';
import { type PolicyOptions, policyOptions, readPolicy } from '../read-policy.ts';
import { readCount, readDuration } from '../read-values.ts';
import { atMinute } from '../words.ts';

interface Options extends PolicyOptions {
  readonly against?: string;
  readonly window?: number;
  readonly limit?: number;
  readonly workers?: number;
}

export function addDrift(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'drift [version]',
    summary: 'replay the last day’s runs on the version before: did the version change what comes out, or the world?',
    options: [
      option('--against <version>', 'the version to replay on (default: the one that was active before)'),
      option('--window <duration>', 'how long a day is: 24h, 7d (default: 24h)', readDuration),
      option('--limit <count>', 'a sample of so many', readCount),
      ...policyOptions('as of a replay (docs/policy.md)'),
      option('--noise <draws>', 'ask both versions again so often, to leave out the noise of the models', readCount),
      option('--workers <count>', 'processes (default: one per processor)', readCount),
    ],
    examples: [
      ['mission drift refund-eligibility', 'a mission’s name: its active version, on the one before'],
      ['mission drift @4 --against @3 --window 7d --answer model=live', 'a week; changed prompts are asked anew'],
    ],
    run,
  });
}

const EXIT_CODES: Readonly<Record<Drift['verdict'], number>> = { none: 0, version: 1, world: 1, both: 1, unclear: 3 };

async function run(call: Call<Options>): Promise<number> {
  const { context, output, options, io } = call;
  const { mission, version } = await subjectOf(call);
  const against = options.against === undefined ? undefined : await context.ref(options.against, mission);
  const policy = await readPolicy(options, context);
  const registry = await context.registry('change');
  const { findDrift } = await import('../../release/find-drift.ts');
  const progress = output.progress('drift');
  const drift = await findDrift({
    registry,
    mission,
    version,
    against: against?.number,
    windowMs: options.window,
    limit: options.limit,
    policy,
    workers: options.workers,
    signal: io.signal,
    onProgress: ({ done, total, drawing }: TryProgress) =>
      progress.update(done, total, drawing ? 'asking both versions again' : 'replaying'),
  }).finally(() => progress.end());
  await output.result(drift, () => driftText(drift, output));
  return EXIT_CODES[drift.verdict];
}

async function subjectOf({ context, args: [given] }: Call<Options>) {
  if (given === undefined || !given.includes('@')) return { mission: await context.mission(given), version: undefined };
  const ref = await context.ref(given);
  return { mission: ref.mission, version: ref.number };
}

function driftText(drift: Drift, { palette, width }: Output): string {
  const { verdict, reasons, version, against, onWorld, onVersion, from, to, before } = drift;
  const paint = verdict === 'none' ? palette.green : verdict === 'unclear' ? palette.yellow : palette.red;
  const line = (text: string) =>
    wrapText(text, width - 4).map((part, index) => `${index === 0 ? '  · ' : '    '}${part}`);
  const moved = onWorld.moved.map((one) => `      ${movedWords(one, onWorld.runsBefore, onWorld.runsNow)}`);
  const replayed = onWorld.isReplayed ? ', now as replayed' : '';
  const next = [
    ...(onVersion.report === null ? [] : [`mission report ${shortDigest(onVersion.report)}`]),
    ...(onVersion.unclear > 0
      ? [`mission drift ${version} --against ${against} --answer model=live,write=simulator`]
      : []),
  ];
  return [
    paint(palette.bold(driftTitle(drift))),
    palette.dim(
      `  ${version} on ${against}, ${atMinute(from)} to ${atMinute(to)} UTC; before: from ${atMinute(before)}`,
    ),
    ...reasons.flatMap(line),
    ...(moved.length === 0 ? [] : [`    moved, by runs of ${onWorld.version}${replayed}:`, ...moved]),
    ...next.map((command) => `  ${palette.cyan(command)}`),
  ].join('\n');
}
