/**
 * Continue-as-new chains. One recording is one chain: the run that the business started, however often it continued itself.
 *
 * 1. Only a continue-as-new that the workflow asked for joins two histories. A cron run, a retry and a reset start anew with
 *    their own input, so they are recordings of their own and are noted as the successor.
 * 2. The id is `<workflow id>/<run id of the first link>`: it never changes as links are added.
 */

import proto from '@temporalio/proto';
import { MissionError } from '../shared/errors.ts';
import { runIdOf, startedOf } from './history-events.ts';
import type { History, HistoryEvent } from './recording.ts';

const { ContinueAsNewInitiator } = proto.temporal.api.enums.v1;

/** The run that followed, and why. */
export interface Successor {
  readonly runId: string;
  readonly kind: 'continue-as-new' | 'cron' | 'retry';
}

/** The run that follows the one of this history; `undefined` when it is the last. */
export function successorOf(history: History): Successor | undefined {
  const last = history.events?.at(-1);
  if (last === undefined) return undefined;
  const continued = last.workflowExecutionContinuedAsNewEventAttributes;
  if (continued) return successor(continued.newExecutionRunId, kindOf(continued.initiator));
  return successor(newRunIdOf(last), startedOf(history).cronSchedule ? 'cron' : 'retry');
}

function newRunIdOf(last: HistoryEvent): string | null | undefined {
  const ended =
    last.workflowExecutionCompletedEventAttributes ??
    last.workflowExecutionFailedEventAttributes ??
    last.workflowExecutionTimedOutEventAttributes;
  return ended?.newExecutionRunId;
}

function successor(runId: string | null | undefined, kind: Successor['kind']): Successor | undefined {
  return runId ? { runId, kind } : undefined;
}

function kindOf(initiator: number | null | undefined): Successor['kind'] {
  if (initiator === ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE) return 'cron';
  return initiator === ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_RETRY ? 'retry' : 'continue-as-new';
}

/** The run that this one continues, when it is a link of a chain and not its first. */
export function previousLinkOf(history: History): string | undefined {
  const { continuedExecutionRunId, initiator } = startedOf(history);
  return continuedExecutionRunId && kindOf(initiator) === 'continue-as-new' ? continuedExecutionRunId : undefined;
}

/** `<workflow id>/<run id of the first link>` */
export function recordingIdOf(workflowId: string, firstRunId: string): string {
  return `${workflowId}/${firstRunId}`;
}

/**
 * Puts histories given in any order into chains, each in order.
 *
 * @returns one list per chain, in the order in which their first links were given.
 * @throws MissionError `HISTORY_INVALID` when a link that another one continues is missing.
 */
export function joinChains(histories: readonly History[]): History[][] {
  const byRunId = new Map(histories.map((history) => [runIdOf(history), history]));
  const heads = histories.filter((history) => previousLinkOf(history) === undefined);
  const chains = heads.map((head) => chainFrom(head, byRunId));
  const joined = new Set(chains.flat());
  const orphan = histories.find((history) => !joined.has(history));
  if (orphan !== undefined) throw missingLink(orphan);
  return chains;
}

function chainFrom(head: History, byRunId: ReadonlyMap<string, History>): History[] {
  const chain = [head];
  for (;;) {
    const next = successorOf(chain.at(-1) ?? head);
    const link = next?.kind === 'continue-as-new' ? byRunId.get(next.runId) : undefined;
    if (link === undefined || chain.includes(link)) return chain;
    chain.push(link);
  }
}

function missingLink(orphan: History): MissionError {
  const { workflowId } = startedOf(orphan);
  const previous = previousLinkOf(orphan) ?? '';
  return new MissionError(
    'HISTORY_INVALID',
    `Run ${runIdOf(orphan)} of workflow "${workflowId}" continues run ${previous}, whose history is missing.`,
    {
      remedy: `Export it too: temporal workflow show --workflow-id ${workflowId} --run-id ${previous} --output json.`,
      details: { workflowId: workflowId ?? '', runId: previous },
    },
  );
}
