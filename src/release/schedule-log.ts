/** What was done to schedules, as the log of a mission tells it. */
import type { RecordedScheduleAct } from '../registry/schedules.ts';
import type { LogEntry } from './mission-log.ts';

/** An act that failed has one line, which says so. */
export function scheduleEntries(acts: readonly RecordedScheduleAct[]): LogEntry[] {
  const failed = new Set(acts.filter((act) => act.failed !== undefined).map(({ actId }) => actId));
  return acts.filter((act) => act.failed !== undefined || !failed.has(act.actId)).map(entryOf);
}

const WORDS: Readonly<Record<RecordedScheduleAct['act'], { readonly done: string; readonly failed: string }>> = {
  create: { done: 'created', failed: 'to create it' },
  pause: { done: 'paused', failed: 'to pause it' },
  unpause: { done: 'unpaused', failed: 'to unpause it' },
  trigger: { done: 'told to start a run', failed: 'to have it start a run' },
  delete: { done: 'deleted', failed: 'to delete it' },
};

function entryOf({ at, act, schedule, by, reason, times, failed, audit }: RecordedScheduleAct): LogEntry {
  const when = times === undefined ? '' : `: ${times}`;
  const text = failed === undefined ? `${WORDS[act].done}${when}` : `, ${WORDS[act].failed} failed`;
  const why = [reason, failed ?? ''].filter((part) => part !== '').join('; ');
  return {
    at,
    kind: 'schedule',
    by,
    text: `schedule ${schedule}${failed === undefined ? ' ' : ''}${text}`,
    ...(why !== '' && { reason: why }),
    audit,
  };
}
