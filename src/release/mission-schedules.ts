/**
 * Schedules: runs of a mission that the Temporal server starts by itself, at times.
 *
 * Nobody of ours is asked when such a run starts, so it lands on the deployment's current version, which follows the route's
 * default (DESIGN.md, decision 7): activate another version, and the next scheduled run is of that one. Rules and smaller
 * weights do not apply to it. Its version is the one that the server pinned it to.
 *
 * Whatever somebody does to a schedule is in the audit trail before the server is asked to do it. If it fails, that follows.
 */
import { randomUUID } from 'node:crypto';
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  type ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { Registry } from '../registry/registry.ts';
import type { ScheduleAct as RecordedAct } from '../registry/schedules.ts';
import { activeVersion } from '../routing/active-version.ts';
import { checkInput } from '../routing/input-check.ts';
import { taskQueueOf } from '../routing/placement.ts';
import { readRoutedMission } from '../routing/routed-mission.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { grpcStatusOf } from '../temporal/grpc-status.ts';
import { listSchedulesWith } from '../temporal/listed-schedules.ts';
import { buildIdOf, type DeploymentPlace, describeDeployment } from '../temporal/worker-deployments.ts';

export interface SchedulePlace {
  readonly temporal: DeploymentPlace & { readonly client: Client };
}

interface OfMission {
  /** Schedules of other missions are as if they were not there. @default they are not */
  readonly ofMission?: string | undefined;
}

export interface CreateScheduleOptions extends SchedulePlace {
  readonly registry: Registry;
  readonly mission: string;
  readonly id: string;
  readonly input: unknown;
  readonly times: ScheduleTimes;
  /** What happens when the run before is still open. @default it is skipped */
  readonly overlap?: ScheduleOverlapPolicy | undefined;
  readonly note?: string | undefined;
  readonly paused?: boolean | undefined;
  readonly by: string;
}

export interface ScheduleTimes {
  /** `0 9 * * MON-FRI`, or `@daily`. */
  readonly cron?: readonly string[] | undefined;
  readonly everyMs?: number | undefined;
  /** IANA name. @default UTC */
  readonly timezone?: string | undefined;
  /** Each time is put off by up to so much, at random. */
  readonly jitterMs?: number | undefined;
}

export interface MissionSchedule {
  readonly id: string;
  readonly mission: string;
  readonly paused: boolean;
  readonly note?: string;
  readonly by?: string;
  readonly next: readonly Date[];
}

export interface MissionScheduleDetails extends MissionSchedule {
  readonly input: Json;
  /** The runs that it started last, the newest last. */
  readonly recent: readonly { readonly workflowId: string; readonly at: Date }[];
  /** The version that a run would get now, and what speaks against it: `undefined` when nothing does. */
  readonly version: string | undefined;
  readonly problem?: string;
}

/** In the memo of a schedule: that it is ours, and who created it. */
const MEMO_BY = 'mission.schedule.by';

/**
 * Creates a schedule.
 *
 * @throws MissionError `MISSION_UNKNOWN`, `NO_ACTIVE_VERSION`, `INPUT_INVALID` when the input does not fit the active version,
 *   `VERSION_NOT_HOSTED` when the server knows no version to start, `USAGE` for times that it refuses or an id that is taken.
 */
export async function createSchedule(options: CreateScheduleOptions): Promise<MissionSchedule> {
  const { temporal, registry, mission, id, times, note = '', by, overlap } = options;
  const input = await startable(options);
  const { cron, everyMs, timezone, jitterMs } = times;
  const record = { act: 'create', schedule: id, mission, by, reason: note, times: timesText(times) } as const;
  return onRecord(registry, record, async () => {
    const handle = await temporal.client.schedule.create({
      scheduleId: id,
      spec: {
        ...(cron !== undefined && { cronExpressions: [...cron] }),
        ...(everyMs !== undefined && { intervals: [{ every: everyMs }] }),
        ...(timezone !== undefined && { timezone }),
        ...(jitterMs !== undefined && { jitter: jitterMs }),
      },
      action: {
        type: 'startWorkflow',
        workflowType: mission,
        workflowId: id,
        taskQueue: taskQueueOf(mission),
        args: [input],
      },
      ...(overlap !== undefined && { policies: { overlap } }),
      state: { ...(note !== '' && { note }), paused: options.paused === true },
      memo: { [MEMO_BY]: by },
    });
    return summaryOf({ ...(await handle.describe()), mission });
  });
}

/** `0 9 * * MON-FRI Europe/Berlin`, or `every 3600 s`. */
function timesText({ cron = [], everyMs, timezone }: ScheduleTimes): string {
  const at = cron.map((expression) => (timezone === undefined ? expression : `${expression} ${timezone}`));
  return [...at, ...(everyMs === undefined ? [] : [`every ${everyMs / 1_000} s`])].join(', ');
}

/** Does what the audit trail says already; if it fails, the trail says that too. */
async function onRecord<Result>(
  { schedules }: Pick<Registry, 'schedules'>,
  act: Omit<RecordedAct, 'actId'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const recorded = { ...act, actId: randomUUID() };
  await schedules.record(recorded);
  try {
    return await ofSchedule(act.schedule, work);
  } catch (error) {
    await schedules.record({ ...recorded, failed: messageOf(error) });
    throw error;
  }
}

/** Schedules of a mission, or of all. The server's list is a second or so behind. */
export async function listSchedules({ temporal }: SchedulePlace, mission?: string): Promise<MissionSchedule[]> {
  const found: MissionSchedule[] = [];
  for await (const one of listSchedulesWith(temporal.client, MEMO_BY)) {
    if (mission === undefined || mission === one.workflowType)
      found.push(summaryOf({ ...one, mission: one.workflowType }));
  }
  return found;
}

/**
 * One schedule, and whether its next run would start.
 *
 * @throws MissionError `SCHEDULE_UNKNOWN`
 */
export async function describeSchedule(
  { temporal, registry, ofMission }: SchedulePlace & OfMission & { readonly registry: Registry },
  id: string,
): Promise<MissionScheduleDetails> {
  const description = await read(temporal.client.schedule.getHandle(id), ofMission);
  const { action, info } = description;
  const mission = action.workflowType;
  const [input = null] = (action.args ?? []) as Json[];
  const route = await registry.routes.current(mission);
  const version = route && formatVersionRef({ mission, number: activeVersion(route) });
  const problem = await startable({ temporal, registry, mission, input }).then(() => undefined, messageOf);
  return {
    ...summaryOf({ ...description, mission }),
    input,
    recent: info.recentActions.map(({ action: started, takenAt }) => ({
      workflowId: started.workflow.workflowId,
      at: takenAt,
    })),
    version,
    ...(problem !== undefined && { problem }),
  };
}

export type ScheduleAct = 'pause' | 'unpause' | 'trigger' | 'delete';

export interface ActOnScheduleOptions extends SchedulePlace, OfMission {
  readonly registry: Pick<Registry, 'schedules'>;
  readonly id: string;
  readonly act: ScheduleAct;
  readonly by: string;
  readonly reason?: string | undefined;
}

/**
 * Does something to a schedule; runs that it started go on.
 *
 * @throws MissionError `SCHEDULE_UNKNOWN`
 */
export async function actOnSchedule(options: ActOnScheduleOptions): Promise<void> {
  const { temporal, registry, id, ofMission, act, by, reason = '' } = options;
  const handle = temporal.client.schedule.getHandle(id);
  const { action } = await read(handle, ofMission);
  const note = `${act}d by ${by}${reason === '' ? '' : `: ${reason}`}`;
  await onRecord(registry, { act, schedule: id, mission: action.workflowType, by, reason }, async () => {
    if (act === 'pause') await handle.pause(note);
    else if (act === 'unpause') await handle.unpause(note);
    else if (act === 'trigger') await handle.trigger();
    else await handle.delete();
  });
}

/** @throws MissionError `SCHEDULE_UNKNOWN` when it is not there, or of another mission. */
async function read(handle: ScheduleHandle, ofMission: string | undefined): Promise<ScheduleDescription> {
  const { scheduleId } = handle;
  const description = await ofSchedule(scheduleId, () => handle.describe());
  const mission = description.action.workflowType;
  if (ofMission === undefined || ofMission === mission) return description;
  throw new MissionError('SCHEDULE_UNKNOWN', `The schedule "${scheduleId}" is of ${mission}, not of ${ofMission}.`, {
    remedy: 'mission schedule list shows what is there.',
    details: { schedule: scheduleId, mission },
  });
}

type Startable = Pick<CreateScheduleOptions, 'temporal' | 'registry' | 'mission' | 'input'>;

/** The input, once it is known that the server would start a run with it. */
async function startable({ temporal, registry, mission, input }: Startable): Promise<Json> {
  const { table, targets } = await readRoutedMission(registry, mission);
  const number = activeVersion({ weights: [...table.weights].map(([version, weight]) => ({ version, weight })) });
  const target = targets.get(number);
  const name = formatVersionRef({ mission, number });
  const checked = target === undefined ? (input as Json) : checkInput(target.definition, input, name);
  const deployment = await describeDeployment(temporal, await registry.deployments.nameOf(mission));
  const buildId = target && buildIdOf(target.artifact);
  if (deployment?.currentBuildId === buildId) return checked;
  throw new MissionError('VERSION_NOT_HOSTED', `The server does not start runs of ${mission} on ${name} yet.`, {
    remedy: `Start a worker, which tells it to: mission worker --mission ${mission}.`,
    details: { mission, version: name },
  });
}

interface RawSchedule {
  readonly scheduleId: string;
  readonly mission: string;
  readonly memo?: Readonly<Record<string, unknown>> | undefined;
  readonly state: { readonly paused: boolean; readonly note?: string | undefined };
  readonly info: { readonly nextActionTimes: readonly Date[] };
}

function summaryOf({ scheduleId, mission, memo, state, info }: RawSchedule): MissionSchedule {
  const by = memo?.[MEMO_BY];
  return {
    id: scheduleId,
    mission,
    paused: state.paused,
    ...(state.note && { note: state.note }),
    ...(typeof by === 'string' && { by }),
    next: state.paused ? [] : info.nextActionTimes,
  };
}

async function ofSchedule<Result>(id: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw scheduleError(error, id);
  }
}

function scheduleError(error: unknown, id: string): MissionError {
  const options = { cause: error, details: { schedule: id } };
  if (error instanceof ScheduleNotFoundError) {
    return new MissionError('SCHEDULE_UNKNOWN', `There is no schedule "${id}".`, {
      ...options,
      remedy: 'mission schedule list shows what is there.',
    });
  }
  if (error instanceof ScheduleAlreadyRunning) {
    return new MissionError('USAGE', `There is a schedule "${id}" already.`, {
      ...options,
      remedy: 'Choose another id, or delete that one first: mission schedule delete.',
    });
  }
  if (error instanceof MissionError) return error;
  // The SDK tells an argument that the server refuses as a TypeError, without its status.
  if (error instanceof TypeError || grpcStatusOf(error) === 'INVALID_ARGUMENT') {
    return new MissionError('USAGE', `The server refuses the schedule "${id}": ${messageOf(error)}.`, {
      ...options,
      remedy:
        "Times are cron expressions with five fields, '0 9 * * MON-FRI', or an interval such as --every 1h; a time zone is an IANA name, Europe/Berlin.",
    });
  }
  return new MissionError('TEMPORAL_UNAVAILABLE', `The schedule "${id}" was not reached: ${messageOf(error)}`, {
    ...options,
    remedy: 'Check the address and that the server is up.',
  });
}
