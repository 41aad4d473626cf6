import type { Command } from 'commander';
import type { RunCounts } from '../../registry/collection.ts';
import type { RecordingPolicy } from '../../registry/recording-policy.ts';
import type { RetentionPolicy } from '../../registry/retention.ts';
import { formatDuration, parseDurationMs } from '../../shared/duration.ts';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readCount } from '../read-values.ts';
import { counted } from '../words.ts';

interface SetOptions {
  readonly keep?: Chosen<number>;
  readonly maxCount?: Chosen<number>;
  readonly sample?: number;
  readonly allFailures?: boolean;
  readonly rare?: Chosen<number>;
  readonly reason: string;
}

interface ReasonOptions {
  readonly reason: string;
}

export function addRetention(program: Command, host: CliHost): void {
  const retention = program
    .command('retention')
    .description('which runs are recorded, and how long recordings are kept');
  addCommand<object>(retention, host, {
    usage: 'show [mission]',
    summary: 'what is recorded of a mission, how long it is kept, and what was left out or deleted',
    run: show,
  });
  addCommand<SetOptions>(retention, host, {
    usage: 'set [mission]',
    summary: 'say what is recorded and how long it is kept; what is not named stays as it is',
    options: [
      option(
        '--keep <duration>',
        'delete recordings that ended longer ago: 90d, or forever',
        orNone('forever', parseDurationMs),
      ),
      option('--max-count <count>', 'keep the newest so many, or any', orNone('any', readCount)),
      option('--sample <share>', 'record this share of the runs, in parts per 10,000', readShare),
      option('--all-failures', 'record every run that did not complete, whatever the share'),
      option('--no-all-failures', 'failures are sampled like others'),
      option(
        '--rare <count>',
        'record a run that went a way that fewer recordings went, or off',
        orNone('off', readCount),
      ),
      option('--reason <text>', 'why, for the audit trail').makeOptionMandatory(),
    ],
    examples: [
      ['mission retention set refund-eligibility --keep 90d --reason "data protection"', ''],
      ['mission retention set --sample 500 --rare 20 --reason "a million runs a day"', '5 %, failures, and rare ways'],
    ],
    run: set,
  });
  addCommand<object>(retention, host, {
    usage: 'apply [mission]',
    summary: 'delete now what is not kept, instead of waiting for the recorder',
    run: apply,
  });
  addCommand<ReasonOptions>(retention, host, {
    usage: 'hold <run>',
    summary: 'keep a recording whatever its retention, until it is released',
    options: [option('--reason <text>', 'why, for the audit trail').makeOptionMandatory()],
    run: (call) => note(call, 'hold'),
  });
  addCommand<ReasonOptions>(retention, host, {
    usage: 'release <run>',
    summary: 'end the hold of a recording',
    options: [option('--reason <text>', 'why, for the audit trail').makeOptionMandatory()],
    run: (call) => note(call, 'release'),
  });
}

/** Wrapped, because an option whose value is `null` counts as one without a value. */
interface Chosen<Value> {
  readonly value: Value | null;
}

function orNone<Value>(none: string, read: (text: string) => Value): (text: string) => Chosen<Value> {
  return (text) => ({ value: text === none ? null : read(text) });
}

function chosen<Value>(option: Chosen<Value> | undefined, before: Value | null): Value | null {
  return option === undefined ? before : option.value;
}

function readShare(text: string): number {
  const share = Number(text);
  if (Number.isInteger(share) && share >= 0 && share <= 10_000) return share;
  throw new MissionError('USAGE', `"${text}" is not a share.`, {
    remedy: 'Give parts per 10,000: 10000 is every run, 500 is 5 %, 0 is none.',
  });
}

async function show({ context, output, args }: Call<object>): Promise<number> {
  const registry = await context.registry();
  const shown: (RetentionPolicy & { readonly runs: RunCounts; readonly deleted: number })[] = [];
  for (const mission of await context.missions(args[0])) {
    const [policy, runs, deleted] = await Promise.all([
      registry.retention.policy(mission),
      registry.collection.counts(mission),
      registry.retention.tombstones({ mission }),
    ]);
    shown.push({ ...policy, runs, deleted: deleted.length });
  }
  const held = await registry.retention.held();
  await output.result({ missions: shown, held }, () =>
    [
      ...shown.flatMap((one) => [
        ...policyLines(one, output),
        output.palette.dim(
          `  ${counted(one.runs.stored, 'run')} recorded, ${one.runs['sampled-out']} sampled out, ${counted(one.deleted, 'recording')} deleted`,
        ),
      ]),
      ...(held.length === 0 ? [] : [`On hold: ${held.join(', ')}`]),
    ].join('\n'),
  );
  return EXIT.ok;
}

async function set({ context, output, options, args }: Call<SetOptions>): Promise<number> {
  const mission = await context.mission(args[0]);
  const { retention } = await context.registry();
  const before = (await retention.policy(mission)).policy;
  const policy: RecordingPolicy = {
    keepMs: chosen(options.keep, before.keepMs),
    maxCount: chosen(options.maxCount, before.maxCount),
    rate: options.sample ?? before.rate,
    allFailures: options.allFailures ?? before.allFailures,
    rareBelow: chosen(options.rare, before.rareBelow),
  };
  const stored = await retention.setPolicy(mission, policy, { by: context.actor, reason: options.reason });
  await output.result(stored, () => policyLines(stored, output).join('\n'));
  return EXIT.ok;
}

async function apply({ context, output, args }: Call<object>): Promise<number> {
  const { retention } = await context.registry();
  const deleted: Record<string, number> = {};
  for (const mission of await context.missions(args[0])) deleted[mission] = await retention.apply(mission);
  const lines = Object.entries(deleted).map(([mission, count]) => `${mission}: ${counted(count, 'recording')} deleted`);
  await output.result({ deleted }, () => lines.join('\n'));
  return EXIT.ok;
}

async function note(call: Call<ReasonOptions>, kind: 'hold' | 'release'): Promise<number> {
  const { context, output, options, args } = call;
  const { recordings, retention } = await context.registry();
  const { findRecording } = await import('../../release/choose-recordings.ts');
  const { id } = await findRecording(recordings, args[0] ?? '');
  const changed = await retention[kind](id, { by: context.actor, reason: options.reason });
  const word = kind === 'hold' ? 'on hold' : 'released';
  await output.result({ id, changed }, () =>
    changed ? `${output.palette.green('✓')} ${id} is ${word}.` : `${id} was ${word} already.`,
  );
  return EXIT.ok;
}

function policyLines({ mission, revision, policy }: RetentionPolicy, { palette }: Output): string[] {
  const { keepMs, maxCount, rate, allFailures, rareBelow } = policy;
  const beside = [
    ...(allFailures ? ['all failures'] : []),
    ...(rareBelow === null ? [] : [`ways that fewer than ${rareBelow} recordings went`]),
  ];
  const records =
    rate === 10_000
      ? 'every run is recorded'
      : `${rate / 100} % of the runs are recorded${beside.length === 0 ? '' : `, and ${beside.join(', and ')}`}`;
  const kept = keepMs === null ? 'for ever' : `for ${formatDuration(keepMs)}`;
  const most = maxCount === null ? '' : `, the newest ${maxCount} at most`;
  return [
    `${palette.bold(mission)} ${palette.dim(revision === 0 ? '(nobody set anything)' : `(revision ${revision})`)}`,
    `  ${records}; recordings are kept ${kept}${most}`,
  ];
}
