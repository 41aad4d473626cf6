/**
 * Regression cases whose recorded outcome was wrong: the candidate is held to the corrected one.
 *
 * The recorded writes belong to the wrong outcome, so for such a case only the end is judged: of a result all of it, of a failure its
 * type, and its message and the rest where the case names them.
 */
import { classifyOutcome } from '../compare/classify-outcome.ts';
import { asFarAs, compareEnds } from '../compare/compare-ends.ts';
import type { CompareRules } from '../compare/compare-rules.ts';
import { shownDifferences } from '../compare/cut-result.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import type { ExpectedEnd } from '../recording/fixture-case.ts';
import type { Fixture } from '../recording/fixtures.ts';
import type { RunEnd } from '../recording/trace.ts';
import { canonicalJson, type Json } from '../shared/json.ts';

/** Recording id → the end that is right. */
export type ExpectedEnds = ReadonlyMap<string, ExpectedEnd>;

/** The cases whose expected end is not the recorded one. */
export function expectedEnds(fixtures: readonly Pick<Fixture, 'recording' | 'case'>[]): ExpectedEnds {
  const corrected = fixtures.filter(
    ({ recording, case: { expected } }) =>
      canonicalJson(expected as Json) !== canonicalJson(asFarAs(expected as RunEnd, recording.end) as unknown as Json),
  );
  return new Map(corrected.map((fixture) => [fixture.recording.id, fixture.case.expected]));
}

/** The result, judged by the corrected end when there is one. Pure. */
export function judgeByExpected(result: ReplayResult, expected: ExpectedEnds, rules: CompareRules): ReplayResult {
  const wanted = expected.get(result.recording.id);
  if (wanted === undefined || result.candidateEnd === null) return result;
  const right = endWanted(wanted, result.candidateEnd);
  const endDifferences = compareEnds(right, asFarAs(right, result.candidateEnd), rules);
  const facts = {
    endDifferences,
    effectDifferences: [],
    divergence: result.divergence,
    unanswered: result.unanswered,
    failure: result.failure,
  };
  return {
    ...result,
    baselineEnd: right,
    endDifferences: shownDifferences(endDifferences),
    effectDifferences: [],
    outcome: classifyOutcome(facts),
  };
}

/** A failure that is known by its type alone may say what it likes. */
function endWanted(wanted: ExpectedEnd, candidate: RunEnd): RunEnd {
  if (wanted.status !== 'failed') return wanted;
  const { message = candidate.status === 'failed' ? candidate.failure.message : '' } = wanted.failure;
  return { status: 'failed', failure: { ...wanted.failure, message } };
}
