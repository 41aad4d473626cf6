/**
 * `step.decide`: asks a person and waits.
 *
 * Invariants
 * 1. The question is in the history before the run waits (a memo entry), and so in every list of open questions.
 * 2. An answer is accepted once, for an open question, with one of its options; the validator refuses everything else, so
 *    that a refused answer leaves no event.
 */
import { ApplicationFailure, condition, defineQuery, defineUpdate, setHandler, upsertMemo } from '@temporalio/workflow';
import type { Json } from '../../shared/json.ts';
import type { DecisionDefinition } from '../definition.ts';
import type { RunState } from '../run-state.ts';
import {
  DECIDE_UPDATE,
  DECISIONS_QUERY,
  type DecisionAnswer,
  type DecisionQuestion,
  MEMO_DECISION_PREFIX,
} from '../wire.ts';
import type { StepOptions } from './step-options.ts';

/** What a person decided, or `by: 'timeout'`. */
export interface Decision<Option extends string = string> {
  readonly option: Option;
  readonly by: string;
  readonly comment?: string;
}

/** The open questions of one run, and its update and query handlers. */
export class DecisionDesk {
  readonly #open = new Map<string, DecisionQuestion>();
  readonly #answers = new Map<string, DecisionAnswer>();

  /** Registers the handlers; called once, before the author's code runs. */
  openForAnswers(): void {
    setHandler(
      defineUpdate<Decision, [DecisionAnswer]>(DECIDE_UPDATE),
      (answer): Decision => {
        this.#answers.set(answer.step, answer);
        this.#open.delete(answer.step);
        return withoutStep(answer);
      },
      { validator: (answer) => this.#validate(answer) },
    );
    setHandler(defineQuery<Record<string, DecisionQuestion>>(DECISIONS_QUERY), () => Object.fromEntries(this.#open));
  }

  #validate(answer: DecisionAnswer): void {
    const question = this.#open.get(answer.step);
    if (question === undefined) {
      throw ApplicationFailure.nonRetryable(`No question "${answer.step}" is open.`, 'DecisionNotOpen');
    }
    if (!question.options.includes(answer.option)) {
      throw ApplicationFailure.nonRetryable(
        `"${answer.option}" is not an option of "${answer.step}" (${question.options.join(', ')}).`,
        'DecisionOptionUnknown',
      );
    }
    if (typeof answer.by !== 'string' || answer.by === '') {
      throw ApplicationFailure.nonRetryable('A decision must say who took it.', 'DecisionAnonymous');
    }
  }

  async ask(run: RunState, name: string, evidence: Json, options: StepOptions = {}): Promise<Decision> {
    const definition = run.definition.decisions[name];
    if (definition === undefined)
      throw ApplicationFailure.nonRetryable(`The mission has no decision "${name}".`, 'DecisionUnknown');
    const step = run.nextStepId(name, options.id);
    const { question, options: choices } = definition;
    const asked: DecisionQuestion = { step, name, question, options: choices, evidence, ...run.takeNotes() };
    this.#open.set(step, asked);
    upsertMemo({ [MEMO_DECISION_PREFIX + step]: asked });
    const decision = await this.#awaitAnswer(step, definition);
    upsertMemo({ [MEMO_DECISION_PREFIX + step]: null });
    return decision;
  }

  async #awaitAnswer(step: string, { timeoutMs, onTimeout }: DecisionDefinition): Promise<Decision> {
    const answered = () => this.#answers.has(step);
    if (timeoutMs === undefined) await condition(answered);
    else await condition(answered, timeoutMs);
    const answer = this.#answers.get(step);
    if (answer !== undefined) return withoutStep(answer);
    this.#open.delete(step);
    if (onTimeout === undefined) {
      throw ApplicationFailure.nonRetryable(`Nobody answered "${step}" in time.`, 'DecisionTimedOut');
    }
    return { option: onTimeout, by: 'timeout' };
  }
}

function withoutStep({ option, by, comment }: DecisionAnswer): Decision {
  return { option, by, ...(comment === undefined ? {} : { comment }) };
}
