/**
 * One recording, from its stored bytes to what is reported of it: read, self-checked, replayed.
 *
 * Invariant: the baseline's own replay comes first. A recording that its own artifact does not reproduce says nothing about
 * a candidate, so it is listed as unfaithful and not counted (DESIGN.md, decision 5).
 */

import { cutShown, isEndlesslyDeep } from '../compare/cut-result.ts';
import { DEPTH_MAX } from '../compare/cut-value.ts';
import type { ExcludedRecording } from '../compare/outcome.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { deployedBuilds } from '../recording/deployed-builds.ts';
import { runEndOf } from '../recording/run-end.ts';
import { messageOf } from '../shared/errors.ts';
import type { ReplayCandidate, ReplayInput, ReplayOptions } from './departure.ts';
import { failedEvent } from './failed-event.ts';
import type { ReplayEvent, ReplayTask } from './process-protocol.ts';
import type { History } from './proto.ts';
import { replayRecording } from './replay-recording.ts';

export async function runTask(
  task: Pick<ReplayTask, 'summary' | 'content'>,
  candidate: ReplayCandidate,
  baseline: ReplayCandidate | undefined,
  options: ReplayOptions,
): Promise<ReplayEvent> {
  const { summary } = task;
  const read = readInput(task);
  if ('detail' in read) return excluded(summary, 'unreadable', read.detail);
  const unfaithful = baseline === undefined ? undefined : await selfCheck(baseline, read, options);
  if (unfaithful !== undefined) return excluded(summary, 'unfaithful', unfaithful);
  const judged = { ...options, baselineDefinition: baseline?.definition ?? options.baselineDefinition };
  try {
    const result = await replayRecording(candidate, read, judged);
    if (isEndlesslyDeep(result)) return failedEvent(task, { message: TOO_DEEP });
    // Draws are compared step by step elsewhere, and kept nowhere.
    return { kind: 'result', result: options.anew === undefined ? cutShown(result) : result };
  } catch (error) {
    // Left out, it would count as if it said nothing about the candidate.
    return failedEvent(task, { message: `the replay itself failed: ${messageOf(error)}` });
  }
}

const TOO_DEEP = `what it gave back is nested deeper than ${DEPTH_MAX} levels`;

function readInput({
  summary,
  content,
}: Pick<ReplayTask, 'summary' | 'content'>): ReplayInput | { readonly detail: string } {
  try {
    const histories = decodeRecordingContent(content);
    const last = histories.at(-1);
    if (last === undefined) return { detail: 'it holds no history' };
    return { summary, end: runEndOf(last), histories };
  } catch (error) {
    return { detail: messageOf(error) };
  }
}

async function selfCheck(
  baseline: ReplayCandidate,
  input: ReplayInput,
  options: ReplayOptions,
): Promise<string | undefined> {
  const answers = { ...options.answers, patches: 'as-recorded' as const };
  const { outcome, divergence, failure } = await replayRecording(baseline, input, { ...options, answers });
  if (outcome === 'matched') return undefined;
  const moved = movedWords(input.histories);
  if (failure !== undefined) return `its own version fails on it: ${failure.message}${moved}`;
  return `its own version does not reproduce it: ${outcome} at ${divergence?.step ?? 'an unknown step'}${moved}`;
}

/** A run that was moved without a check was decided by several versions, and none of them alone reproduces it. */
function movedWords(histories: readonly History[]): string {
  const builds = deployedBuilds(histories).map(({ buildId }) => buildId);
  return builds.length < 2 ? '' : ` (it was moved while it ran, from build ${builds.join(' to ')})`;
}

function excluded(summary: ReplayTask['summary'], reason: ExcludedRecording['reason'], detail: string): ReplayEvent {
  const { id, workflowId, runId } = summary;
  return { kind: 'excluded', excluded: { recording: { id, workflowId, runId }, reason, detail } };
}
