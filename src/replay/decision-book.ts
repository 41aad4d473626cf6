/**
 * What people decided in a recorded run.
 *
 * Invariants
 * 1. A question of the candidate is matched with the recorded one that asked the very same, else with the one of its step;
 *    of several, with the first that was not matched before.
 * 2. Nobody decides for a person: a question that the recording does not know, and an answer that is no option any more,
 *    have no answer.
 */
import { DECIDE_UPDATE, type DecisionAnswer } from '../mission/wire.ts';
import { jsonToPayload, payloadToJson } from '../recording/payloads.ts';
import { type Json, jsonEquals } from '../shared/json.ts';
import { type CommandView, StepNamer } from './command-view.ts';
import { UpdateDesk } from './lockstep/update-desk.ts';
import { type History, type HistoryEvent, type Job, toMs } from './proto.ts';
import { viewOfEvent } from './view-of-event.ts';

interface RecordedDecision {
  readonly question: CommandView;
  readonly event: HistoryEvent;
  answer: RecordedVerdict | undefined;
  matched: boolean;
}

interface RecordedVerdict {
  readonly event: HistoryEvent;
  readonly update: NonNullable<Job['doUpdate']>;
  readonly said: DecisionAnswer;
  readonly latencyMs: number;
}

/** What the recording has for a question. `answer` is absent when nobody answered it. */
export interface FoundDecision {
  /** Whether the recorded run asked the very same. */
  readonly exact: boolean;
  readonly answer?: { readonly job: Job; readonly option: string; readonly latencyMs: number };
}

export class DecisionBook {
  readonly #decisions: readonly RecordedDecision[];

  constructor(histories: readonly History[]) {
    this.#decisions = histories.flatMap(readLink);
  }

  /** Takes note that the candidate asked this question as it was recorded. */
  markAsked(event: HistoryEvent): void {
    const asked = this.#decisions.find((one) => one.event === event);
    if (asked !== undefined) asked.matched = true;
  }

  /** Whether an update answers a question that was matched before: then it comes when it came. */
  isAwaited(event: HistoryEvent): boolean {
    return this.#decisions.some((one) => one.matched && one.answer?.event === event);
  }

  /** The recorded decision for a question of the candidate, which it then belongs to. */
  match(question: CommandView): FoundDecision | undefined {
    const open = this.#decisions.filter((one) => !one.matched && one.question.name === question.name);
    const same = open.find((one) => jsonEquals(one.question.request, question.request));
    const found = same ?? open.find((one) => one.question.step === question.step);
    if (found === undefined) return undefined;
    found.matched = true;
    const { answer } = found;
    if (answer === undefined) return { exact: found === same };
    const { latencyMs, said } = answer;
    return {
      exact: found === same,
      answer: { job: answerJob(answer, question.step), option: said.option, latencyMs },
    };
  }
}

function readLink({ events }: History): RecordedDecision[] {
  const decisions: RecordedDecision[] = [];
  const namer = new StepNamer();
  for (const event of events ?? []) {
    const question = event.workflowPropertiesModifiedEventAttributes ? viewOfEvent(event, namer) : undefined;
    if (question?.kind === 'decision') decisions.push({ question, event, answer: undefined, matched: false });
    const verdict = verdictIn(event);
    const asked = verdict && decisions.find(({ question: { step } }) => step === verdict.said.step);
    if (verdict === undefined || asked === undefined) continue;
    asked.answer = { ...verdict, event, latencyMs: Math.max(1, toMs(event.eventTime) - toMs(asked.event.eventTime)) };
  }
  return decisions;
}

function verdictIn(event: HistoryEvent): Pick<RecordedVerdict, 'update' | 'said'> | undefined {
  if (!event.workflowExecutionUpdateAcceptedEventAttributes) return undefined;
  const update = new UpdateDesk().requestJob(event)?.doUpdate;
  if (update?.name !== DECIDE_UPDATE) return undefined;
  return { update, said: payloadToJson(update.input?.[0]) as unknown as DecisionAnswer };
}

function answerJob({ update, said }: RecordedVerdict, step: string): Job {
  if (said.step === step) return { doUpdate: { ...update, runValidator: true } };
  const input = [jsonToPayload({ ...said, step } as unknown as Json)];
  return { doUpdate: { ...update, input, runValidator: true } };
}
