/**
 * Answering a `decide` step.
 *
 * Invariants
 * 1. A question is answered once, whoever asks at the same time: the update's id is the step, and the server runs an id once.
 * 2. The run itself has the last word on whether the question is open and what its options are.
 */
import type { Client } from '@temporalio/client';
import { DECIDE_UPDATE, type DecisionAnswer } from '../mission/wire.ts';
import { MissionError } from '../shared/errors.ts';
import { runError } from '../temporal/run-error.ts';
import { type OpenDecision, openDecisionsOf } from './open-decisions.ts';

export interface DecideOptions {
  readonly client: Client;
  readonly workflowId: string;
  readonly runId?: string | undefined;
  /** The step that asks. May be left out when one question is open. */
  readonly step?: string | undefined;
  readonly option: string;
  /** Who decides. */
  readonly by: string;
  readonly comment?: string | undefined;
  /** How long the run may take to answer, in milliseconds. @default 30 000 */
  readonly timeoutMs?: number;
}

/** What was decided. */
export interface Decided extends DecisionAnswer {
  readonly workflowId: string;
  readonly question: string;
}

const ANSWER_MS = 30_000;

/**
 * Answers a question that a run holds for a person.
 *
 * @throws MissionError `RUN_UNKNOWN` when there is no such open run, `RUN_REFUSED` when the question is not open, has no such
 *   option, or someone else was first; `USAGE` when several are open and none is named; `TEMPORAL_UNAVAILABLE` when no
 *   worker answers in time.
 */
export async function decide(options: DecideOptions): Promise<Decided> {
  const { client, workflowId, option, by, comment, timeoutMs = ANSWER_MS } = options;
  const question = chooseQuestion(await openDecisionsOf(client, workflowId, options.runId), options);
  const { step } = question;
  const answer: DecisionAnswer = { step, option, by, ...(comment !== undefined && { comment }) };
  const taken = await client
    .withDeadline(Date.now() + timeoutMs, () =>
      client.workflow
        .getHandle(workflowId, question.runId)
        .executeUpdate<Omit<DecisionAnswer, 'step'>, [DecisionAnswer]>(DECIDE_UPDATE, {
          args: [answer],
          updateId: `${DECIDE_UPDATE}/${step}`,
        }),
    )
    .catch((error: unknown) => {
      throw runError(error, workflowId, `the answer to "${step}"`);
    });
  if (taken.option !== option || taken.by !== by) throw tooLate(question, taken);
  return { ...answer, workflowId, question: question.question };
}

/** Pure. */
function chooseQuestion(open: readonly OpenDecision[], asked: DecideOptions): OpenDecision {
  const { workflowId, step, option } = asked;
  const names = open.map((question) => question.step);
  const matching = step === undefined ? open : open.filter((question) => question.step === step);
  const [question, ...others] = matching;
  if (question === undefined) {
    const what = step === undefined ? 'No question is open' : `No question "${step}" is open`;
    throw refused(`${what} in run "${workflowId}"${names.length === 0 ? '' : ` (open: ${names.join(', ')})`}.`, asked);
  }
  if (others.length > 0) {
    throw new MissionError('USAGE', `Run "${workflowId}" has ${matching.length} open questions: ${names.join(', ')}.`, {
      remedy: `Name the one you mean: mission decide ${workflowId} ${question.step} --option ….`,
      details: { workflowId, steps: names },
    });
  }
  if (question.options.includes(option)) return question;
  throw refused(`"${option}" is no option of "${question.step}": ${question.options.join(', ')}.`, asked);
}

function refused(message: string, { workflowId }: DecideOptions): MissionError {
  return new MissionError('RUN_REFUSED', message, {
    remedy: 'Nothing was decided. mission decisions lists what is open, with its options.',
    details: { workflowId },
  });
}

function tooLate({ workflowId, step }: OpenDecision, { option, by }: Omit<DecisionAnswer, 'step'>): MissionError {
  return new MissionError('RUN_REFUSED', `"${step}" of run "${workflowId}" was decided before: ${option}, by ${by}.`, {
    remedy: 'That decision stands; yours was not taken.',
    details: { workflowId, step, option, by },
  });
}
