/** Pure: what a question of the candidate gets, from the recorded decision and the answer policy. */
import type { EvidenceGrade } from '../compare/outcome.ts';
import { DECIDE_UPDATE } from '../mission/wire.ts';
import { jsonToPayload } from '../recording/payloads.ts';
import { isJsonObject } from '../shared/json.ts';
import type { AnswerPolicy } from './answer-policy.ts';
import type { CommandView } from './command-view.ts';
import type { FoundDecision } from './decision-book.ts';
import type { LiveAnswer } from './live-answers.ts';
import type { Job } from './proto.ts';

type GivenAnswer =
  | {
      readonly kind: 'answer';
      readonly grade: EvidenceGrade;
      readonly job: Job;
      readonly option: string;
      readonly latencyMs: number;
    }
  /** The recorded run got no answer either; time goes on. */
  | { readonly kind: 'silence'; readonly grade: EvidenceGrade }
  | { readonly kind: 'stop'; readonly reason: string; readonly remedy: string };

/** How long a person takes who was never asked, in virtual milliseconds. */
const UNRECORDED_LATENCY_MS = 1_000;

const TAKE_RECORDED = 'Take the recorded decision (--answer decision=recorded).';

export function answerQuestion(
  question: CommandView,
  found: FoundDecision | undefined,
  policy: AnswerPolicy['decision'],
): GivenAnswer {
  if (found === undefined) {
    const remedy = 'A person would have to decide; look at the trace, or try the candidate on other recordings.';
    return { kind: 'stop', reason: 'the recorded run asked nobody this', remedy };
  }
  if (!found.exact && policy !== 'recorded') {
    return { kind: 'stop', reason: 'the recorded run asked something else here', remedy: TAKE_RECORDED };
  }
  const grade = found.exact ? 'exact' : 'stale';
  if (found.answer === undefined) return { kind: 'silence', grade };
  const { job, option, latencyMs } = found.answer;
  if (!optionsOf(question).includes(option)) {
    const remedy = 'A person would have to choose anew; look at the trace.';
    return { kind: 'stop', reason: `the recorded answer "${option}" is no option any more`, remedy };
  }
  return { kind: 'answer', grade, job, option, latencyMs };
}

/** The answer that somebody makes up for a question: an object with the `option`, and who decided. */
export function answerAsGiven(question: CommandView, given: LiveAnswer | undefined): GivenAnswer | undefined {
  if (given === undefined || !('result' in given) || !isJsonObject(given.result)) return undefined;
  const { option, by = 'the debugger', comment } = given.result;
  if (typeof option !== 'string' || typeof by !== 'string') return undefined;
  const said = { step: question.step, option, by, ...(comment === undefined ? {} : { comment }) };
  const id = `given-${question.step}`;
  const update = {
    id,
    protocolInstanceId: id,
    name: DECIDE_UPDATE,
    input: [jsonToPayload(said)],
    headers: {},
    meta: { updateId: id, identity: by },
    runValidator: true,
  };
  return { kind: 'answer', grade: 'simulated', job: { doUpdate: update }, option, latencyMs: UNRECORDED_LATENCY_MS };
}

function optionsOf({ request }: CommandView): readonly unknown[] {
  const { options } = request as { readonly options?: unknown };
  return Array.isArray(options) ? options : [];
}
