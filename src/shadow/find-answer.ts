/**
 * What a blocked step of a shadow is answered with. Pure.
 *
 * Invariants
 * 1. The answer follows from both histories alone, so every attempt, on every worker, finds the same.
 * 2. An answer of the real run is given once: to the first of the shadow's steps that asked for the same.
 * 3. Another request than the real run's gets its step's answer only when the real run is over, and nothing better can come.
 */

import { startedOf } from '../recording/history-events.ts';
import { rootFailure, runEndOf } from '../recording/run-end.ts';
import { outcomeOf } from '../replay/answer-outcome.ts';
import type { CommandView } from '../replay/command-view.ts';
import { Evidence, type FoundAnswer, type RecordedAnswer } from '../replay/evidence.ts';
import type { History, HistoryEvent } from '../replay/proto.ts';
import { readCommands } from '../replay/recorded-commands.ts';
import type { Json } from '../shared/json.ts';
import { isBlocked, rulesOf, type ShadowDefinitions, withKnownEffect } from './step-sources.ts';

export type StepAnswer =
  | { readonly kind: 'completed'; readonly result: Json }
  | { readonly kind: 'failed'; readonly message: string; readonly type: string }
  /** The real run may still come to it. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'never'; readonly reason: string };

export interface StepQuestion {
  /** The chain of the real run so far. */
  readonly primary: readonly History[];
  /** The chain of the shadow so far. */
  readonly shadow: readonly History[];
  /** Of the link that asks. */
  readonly runId: string;
  readonly activityId: string;
  readonly definitions: ShadowDefinitions;
}

export function findAnswer({ primary, shadow, runId, activityId, definitions }: StepQuestion): StepAnswer {
  const asking = scheduledBy(shadow, runId, activityId);
  const own = readCommands(shadow);
  const view = asking && own.byEvent.get(asking)?.view;
  if (view === undefined) return { kind: 'never', reason: 'a local activity leaves no trace to answer it by' };
  const last = primary.at(-1);
  const isOver = last !== undefined && runEndOf(last).status !== 'open';
  const evidence = new Evidence(readCommands(primary).answers, rulesOf(definitions));
  for (const [event, earlier] of own.byEvent) {
    if (event === asking) break;
    if (isBlocked(earlier.view, definitions)) take(evidence.find(withKnownEffect(earlier.view, definitions)), isOver);
  }
  return answerFrom(evidence.find(withKnownEffect(view, definitions)), view, isOver);
}

function scheduledBy(chain: readonly History[], runId: string, activityId: string): HistoryEvent | undefined {
  const link = chain.findLast((history) => startedOf(history).originalExecutionRunId === runId) ?? chain.at(-1);
  return link?.events?.findLast((event) => event.activityTaskScheduledEventAttributes?.activityId === activityId);
}

/** What an earlier step was given is gone. */
function take({ grade, answer }: FoundAnswer, isOver: boolean): void {
  if (answer !== undefined && (isOver || grade === 'exact' || grade === 'volatile')) answer.used = true;
}

function answerFrom({ grade, answer }: FoundAnswer, { name }: CommandView, isOver: boolean): StepAnswer {
  const isSame = grade === 'exact' || grade === 'volatile';
  const event = answer?.events.at(-1)?.event;
  if (answer !== undefined && event !== undefined && (isSame || isOver)) return readAnswer(answer, event, name);
  if (!isOver) return { kind: 'wait' };
  const reason = isSame
    ? `the real run ended before ${name} was answered`
    : `the real run made no such call of ${name}`;
  return { kind: 'never', reason };
}

function readAnswer({ view }: RecordedAnswer, event: HistoryEvent, name: string): StepAnswer {
  const failed = event.activityTaskFailedEventAttributes;
  if (failed) return { kind: 'failed', ...rootFailure(failed.failure) };
  const outcome = outcomeOf(event);
  if (outcome?.status === 'completed') return { kind: 'completed', result: outcome.result };
  if (outcome?.status === 'timed-out') return { kind: 'failed', message: `${name} timed out`, type: 'Timeout' };
  return { kind: 'never', reason: `${view.step} was ${outcome?.status ?? 'not answered'} in the real run` };
}
