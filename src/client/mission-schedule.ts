/** One schedule of a mission, in the hands of a program. */
import type { ScheduleOverlapPolicy } from '@temporalio/client';
import type { Registry } from '../registry/registry.ts';
import {
  actOnSchedule,
  createSchedule,
  describeSchedule,
  type MissionSchedule,
  type MissionScheduleDetails,
  type ScheduleAct,
  type SchedulePlace,
  type ScheduleTimes,
} from '../release/mission-schedules.ts';
import type { InputOf, MissionShape } from './mission-run.ts';

export interface NewSchedule<Shape extends MissionShape = MissionShape> extends ScheduleTimes {
  /** Of every run. */
  readonly input: InputOf<Shape>;
  /** Who creates it. */
  readonly by: string;
  /** What happens when the run before is still open. @default 'SKIP' */
  readonly overlap?: ScheduleOverlapPolicy;
  /** What it is for. */
  readonly note?: string;
  /** It starts nothing until it is unpaused. @default false */
  readonly paused?: boolean;
}

/**
 * A schedule, named by its id. Every method but `create` throws MissionError `SCHEDULE_UNKNOWN` when this mission has no such
 * schedule; all throw `TEMPORAL_UNAVAILABLE`.
 */
export interface ScheduleHandle<Shape extends MissionShape = MissionShape> {
  readonly id: string;
  /**
   * Has the Temporal server start runs at times, on the version that is active by then.
   *
   * @throws MissionError `USAGE` for an id that is taken or times that are none; `INPUT_INVALID`, `MISSION_UNKNOWN`,
   *   `NO_ACTIVE_VERSION`, `VERSION_NOT_HOSTED` when the server knows no version to start.
   */
  readonly create: (schedule: NewSchedule<Shape>) => Promise<MissionSchedule>;
  /** Its input, its last runs, and the version that the next one gets. */
  readonly show: () => Promise<MissionScheduleDetails>;
  readonly pause: (act: ScheduleActBy) => Promise<void>;
  readonly unpause: (act: ScheduleActBy) => Promise<void>;
  /** Starts a run now. */
  readonly trigger: (act: ScheduleActBy) => Promise<void>;
  /** Runs that it started go on. */
  readonly delete: (act: ScheduleActBy) => Promise<void>;
}

/** Goes into the audit trail. */
export interface ScheduleActBy {
  readonly by: string;
  readonly reason?: string;
}

export interface ScheduleAccess extends SchedulePlace {
  readonly registry: Registry;
}

export function scheduleHandle<Shape extends MissionShape>(
  access: ScheduleAccess,
  mission: string,
  id: string,
): ScheduleHandle<Shape> {
  const act = (what: ScheduleAct, { by, reason }: ScheduleActBy) =>
    actOnSchedule({ ...access, id, ofMission: mission, act: what, by, reason });
  return {
    id,
    create: ({ input, by, overlap, note, paused, ...times }) =>
      createSchedule({ ...access, mission, id, input, times, by, overlap, note, paused }),
    show: () => describeSchedule({ ...access, ofMission: mission }, id),
    pause: (by) => act('pause', by),
    unpause: (by) => act('unpause', by),
    trigger: (by) => act('trigger', by),
    delete: (by) => act('delete', by),
  };
}
