/**
 * How runs of missions are asked for in the server's own lists: by their task queue, which the server keeps of every run, whoever
 * started it. So no search attribute has to be added to a server, and no start pays for one. Pure.
 */
import { NO_SHADOWS } from '../mission/wire.ts';
import { TASK_QUEUE_PREFIX, taskQueueOf } from './placement.ts';

/** Type and id of a start that is nobody's run: by it workers ask whether the server takes starts (`fleet/readiness.ts`). */
export const READINESS_PROBE = 'mission-runtime-readiness';

/**
 * The visibility query for real runs of these missions, and for what such a run started on its mission's own queue.
 *
 * @param missions - @default every mission that the server has runs of
 */
export function anyRunsOf(missions?: readonly string[]): string {
  return `${onQueuesOf(missions)} AND ${NO_SHADOWS} AND WorkflowType != '${READINESS_PROBE}'`;
}

/** The same without children: they are part of the run that started them. */
export function runsOf(missions?: readonly string[]): string {
  return `${anyRunsOf(missions)} AND ParentWorkflowId IS NULL`;
}

function onQueuesOf(missions: readonly string[] | undefined): string {
  if (missions === undefined) return `TaskQueue STARTS_WITH '${TASK_QUEUE_PREFIX}'`;
  // No mission is without a name, so this finds nothing, as it should.
  const names = missions.length === 0 ? [''] : missions;
  return `TaskQueue IN (${names.map((name) => `'${taskQueueOf(name)}'`).join(', ')})`;
}
