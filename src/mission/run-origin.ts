/**
 * What a run is known by to the systems that it acts on. Together with the id of a step it names one act, however often Temporal
 * begins it.
 *
 * Invariants
 * 1. The same over every attempt of a step, a reset (Temporal gives the run another id), a retry of the whole run, and a move to
 *    another version. So none of them does a write twice.
 * 2. Another for every link of a continue-as-new chain, where the numbers of steps begin anew, and for every run of a cron
 *    schedule: what they do is meant to be done. A link has the same one again when a chain is run anew from a reset.
 */
import type { Payload } from '@temporalio/common';
import { defaultPayloadConverter } from '@temporalio/common';
import { type ContinueAsNew, type WorkflowInfo, workflowInfo } from '@temporalio/workflow';
import { MEMO_DECISION_PREFIX, MEMO_LINK, MEMO_NOTES } from './wire.ts';

type OriginFacts = Pick<
  WorkflowInfo,
  'firstExecutionRunId' | 'originalExecutionRunId' | 'continuedFromExecutionRunId' | 'attempt' | 'cronSchedule' | 'memo'
>;

/** The run id of the chain's first link, with the place of this one when it is a later one. Pure. */
export function originOf(info: OriginFacts): string {
  const { firstExecutionRunId, originalExecutionRunId, continuedFromExecutionRunId, attempt, cronSchedule } = info;
  if (cronSchedule) return originalExecutionRunId;
  const link = linkOf(info);
  if (link > 1) return `${firstExecutionRunId}/${link}`;
  // Continued by something that does not count links: it may share no key with the first one.
  const isUncounted = continuedFromExecutionRunId !== undefined && attempt === 1;
  return isUncounted ? originalExecutionRunId : firstExecutionRunId;
}

/** The place of a run in its chain, 1 for the first. */
function linkOf({ memo }: Pick<WorkflowInfo, 'memo'>): number {
  const link = memo?.[MEMO_LINK];
  return typeof link === 'number' && Number.isInteger(link) && link > 1 ? link : 1;
}

/** Tells the next link its place, when an error is a run's wish to continue as new. */
export function countLink(error: unknown): void {
  if ((error as { readonly name?: unknown } | null)?.name !== 'ContinueAsNew') return;
  const { command } = error as ContinueAsNew;
  const link = { [MEMO_LINK]: defaultPayloadConverter.toPayload(linkOf(workflowInfo()) + 1) };
  Object.assign(command, { memo: { ...nextMemo(command), ...link } });
}

/** The memo of the next link: what the author gave it, or else what the server would carry over, without what belongs to this link alone. */
export function nextMemo({ memo }: ContinueAsNew['command']): Record<string, Payload> {
  if (Object.keys(memo ?? {}).length > 0) return { ...memo };
  const entries = Object.entries(workflowInfo().memo ?? {});
  const kept = entries.filter(([key]) => key !== MEMO_NOTES && !key.startsWith(MEMO_DECISION_PREFIX));
  return Object.fromEntries(kept.map(([key, value]) => [key, defaultPayloadConverter.toPayload(value)]));
}
