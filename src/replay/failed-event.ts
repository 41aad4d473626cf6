import type { ReplayResult } from '../compare/outcome.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { runEndOf } from '../recording/run-end.ts';
import type { ReplayEvent, ReplayTask } from './process-protocol.ts';

/** What is reported of a recording on which the candidate ended the replay itself: that is its failure, and the recording's outcome. */
export function failedEvent(
  { summary, content }: Pick<ReplayTask, 'summary' | 'content'>,
  failure: NonNullable<ReplayResult['failure']>,
): ReplayEvent {
  const last = decodeRecordingContent(content).at(-1);
  const result: ReplayResult = {
    recording: summary,
    outcome: 'failed',
    baselineEnd: last === undefined ? { status: 'open' } : runEndOf(last),
    candidateEnd: null,
    endDifferences: [],
    baselineEffects: [],
    candidateEffects: [],
    effectDifferences: [],
    divergence: null,
    steps: [],
    failure,
    determinism: { deterministic: false, reason: failure.message },
    evidence: {},
    durationMs: 0,
  };
  return { kind: 'result', result };
}
