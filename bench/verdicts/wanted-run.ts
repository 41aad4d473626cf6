/** A run that the bench records: its input, and what the world does to it meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { DECIDE_UPDATE, DECISIONS_QUERY, type DecisionAnswer, type DecisionQuestion } from '../../src/mission/wire.ts';

/** What happens to a run while it is on its way: signals, updates, answers of people. */
type Drive = (handle: WorkflowHandle) => Promise<unknown>;

export interface WantedRun {
  readonly input: unknown;
  readonly drive?: Drive;
}

const ASK_EVERY_MS = 50;
const ANSWER_WITHIN_MS = 120_000;

/**
 * A person who answers the first question of a run.
 *
 * @throws Error when none is asked within two minutes: the run is not what it was written to be.
 */
export function answering(option: string, comment?: string): Drive {
  return async (handle) => {
    const question = await firstQuestion(handle);
    const answer: DecisionAnswer = {
      step: question.step,
      option,
      by: 'reviewer',
      ...(comment !== undefined && { comment }),
    };
    await handle.executeUpdate(DECIDE_UPDATE, { args: [answer] });
  };
}

async function firstQuestion(handle: WorkflowHandle): Promise<DecisionQuestion> {
  const deadlineMs = Date.now() + ANSWER_WITHIN_MS;
  while (Date.now() < deadlineMs) {
    const [question] = Object.values(await handle.query<Record<string, DecisionQuestion>>(DECISIONS_QUERY));
    if (question !== undefined) return question;
    await delay(ASK_EVERY_MS);
  }
  throw new Error(`Run ${handle.workflowId} asked nothing.`);
}
