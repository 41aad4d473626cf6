import type { Command } from 'commander';
import { Option } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { MissionSchedule, MissionScheduleDetails, ScheduleAct } from '../../release/mission-schedules.ts';
import { parseDurationMs } from '../../shared/duration.ts';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readJsonInput } from '../read-values.ts';
import { atMinute } from '../words.ts';

interface CreateOptions {
  readonly input: string;
  readonly cron?: readonly string[];
  readonly every?: number;
  readonly timezone?: string;
  readonly jitter?: number;
  readonly overlap?: string;
  readonly note?: string;
  readonly paused?: boolean;
}

interface NoteOptions {
  readonly reason?: string;
}

const OVERLAPS = {
  skip: 'SKIP',
  'buffer-one': 'BUFFER_ONE',
  'buffer-all': 'BUFFER_ALL',
  'cancel-other': 'CANCEL_OTHER',
  'terminate-other': 'TERMINATE_OTHER',
  'allow-all': 'ALLOW_ALL',
} as const;

export function addSchedule(program: Command, host: CliHost): void {
  const schedule = program
    .command('schedule')
    .description('start runs at times, on the version that is active by then');
  addCommand<CreateOptions>(schedule, host, {
    usage: 'create <mission> <id>',
    summary: 'create a schedule on the Temporal server',
    options: [
      option('--input <json>', 'of every run: JSON, @file.json, or - for standard input').makeOptionMandatory(),
      new Option('--cron <expression>', "when: '0 9 * * MON-FRI'; may be given several times").argParser(
        (text: string, before: string[] | undefined) => [...(before ?? []), text],
      ),
      option('--every <duration>', 'when: 30m, 1h, 1d', parseDurationMs),
      option('--timezone <name>', 'of the cron expressions (default: UTC)'),
      option('--jitter <duration>', 'put each time off by up to so much', parseDurationMs),
      new Option('--overlap <policy>', 'when the run before is still open (default: skip)').choices(
        Object.keys(OVERLAPS),
      ),
      option('--note <text>', 'what it is for'),
      option('--paused', 'it starts nothing until it is unpaused'),
    ],
    examples: [[`mission schedule create sweep nightly --cron '0 2 * * *' --input '{}'`, 'at two o’clock, UTC']],
    run: create,
  });
  addCommand<object>(schedule, host, {
    usage: 'list [mission]',
    summary: 'the schedules of missions, and when each starts its next run',
    run: list,
  });
  addCommand<object>(schedule, host, {
    usage: 'show <id>',
    summary: 'one schedule: its input, its last runs, the version that the next one gets',
    run: show,
  });
  const acts: readonly (readonly [ScheduleAct, string])[] = [
    ['pause', 'start nothing until it is unpaused'],
    ['unpause', 'go on'],
    ['trigger', 'start a run now'],
    ['delete', 'forget it; runs that it started go on'],
  ];
  for (const [act, summary] of acts) {
    addCommand<NoteOptions>(schedule, host, {
      usage: `${act} <id>`,
      summary,
      options: [option('--reason <text>', 'why; it is recorded')],
      run: (call) => actOn(call, act),
    });
  }
}

async function create(call: Call<CreateOptions>): Promise<number> {
  const { context, output, options, args } = call;
  const [mission = '', id = ''] = args;
  const { cron, every, timezone, jitter, overlap, note, paused } = options;
  if (cron === undefined && every === undefined) {
    throw new MissionError('USAGE', `When the schedule "${id}" starts runs is not said.`, {
      remedy: "Say it with --cron '0 9 * * MON-FRI' or --every 1h.",
    });
  }
  const input = await readJsonInput(options.input, '--input', call);
  const registry = await context.registry();
  const temporal = await context.temporal();
  const { createSchedule } = await import('../../release/mission-schedules.ts');
  const made = await createSchedule({
    registry,
    temporal,
    mission,
    id,
    input,
    times: { cron, everyMs: every, timezone, jitterMs: jitter },
    overlap: overlap === undefined ? undefined : OVERLAPS[overlap as keyof typeof OVERLAPS],
    note,
    paused,
    by: context.actor,
  });
  await output.result(made, () => `${output.palette.green('✓')} ${id}: ${nextWords(made)}`);
  return EXIT.ok;
}

async function list({ context, output, args: [mission] }: Call<object>): Promise<number> {
  const temporal = await context.temporal();
  const { listSchedules } = await import('../../release/mission-schedules.ts');
  const schedules = await listSchedules({ temporal }, mission);
  await output.result(schedules, () => listText(schedules, output));
  return EXIT.ok;
}

function listText(schedules: readonly MissionSchedule[], { palette, width }: Output): string {
  if (schedules.length === 0) return 'No schedules. One that was just created shows after a second or so.';
  const rows = schedules.map((one) => [
    cell(one.id, palette.bold, { flexible: true }),
    cell(one.mission),
    cell(nextWords(one), one.paused ? palette.yellow : palette.dim),
    cell(one.note ?? '', palette.dim, { flexible: true }),
  ]);
  return tableLines(rows, width).join('\n');
}

function nextWords({ paused, next: [first] }: MissionSchedule): string {
  if (paused) return 'paused';
  return first === undefined ? 'no more runs' : `next run ${atMinute(first)} UTC`;
}

async function show({ context, output, args: [id = ''] }: Call<object>): Promise<number> {
  const registry = await context.registry();
  const temporal = await context.temporal();
  const { describeSchedule } = await import('../../release/mission-schedules.ts');
  const found = await describeSchedule({ temporal, registry }, id);
  await output.result(found, () => showText(found, output));
  return EXIT.ok;
}

function showText(found: MissionScheduleDetails, { palette }: Output): string {
  const { id, version, problem, recent, input, note, by } = found;
  return [
    `${palette.bold(id)}  ${nextWords(found)}${version === undefined ? '' : `, on ${version} as things are`}`,
    ...(problem === undefined ? [] : [`${palette.red('✗')} it would not start: ${problem}`]),
    ...(by === undefined && note === undefined
      ? []
      : [palette.dim(`  ${[by && `by ${by}`, note].filter(Boolean).join(': ')}`)]),
    palette.dim(`  input ${JSON.stringify(input)}`),
    ...recent.slice(-5).map(({ workflowId, at }) => palette.dim(`  ${atMinute(at)}  ${workflowId}`)),
  ].join('\n');
}

const DONE: Readonly<Record<ScheduleAct, string>> = {
  pause: 'is paused',
  unpause: 'goes on',
  trigger: 'starts a run now; mission runs shows it after a second or so',
  delete: 'is deleted',
};

async function actOn(
  { context, output, options, args: [id = ''] }: Call<NoteOptions>,
  act: ScheduleAct,
): Promise<number> {
  const registry = await context.registry();
  const temporal = await context.temporal();
  const { actOnSchedule } = await import('../../release/mission-schedules.ts');
  await actOnSchedule({ registry, temporal, id, act, by: context.actor, reason: options.reason });
  await output.result({ id, done: act }, () => `${output.palette.green('✓')} ${id} ${DONE[act]}.`);
  return EXIT.ok;
}
