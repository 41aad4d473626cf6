import { MEMO_STAMP, type RunStamp } from '../mission/wire.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { StoredRecording } from '../registry/recordings.ts';
import { readStamp } from '../routing/run-stamp.ts';
import type { Digest } from '../shared/digest.ts';
import type { Json } from '../shared/json.ts';
import { parseVersionRef } from '../shared/version-ref.ts';
import { canonicalHistory } from './canonical-history.ts';
import { recordingIdOf } from './chain.ts';
import { contentForReplay, decodeRecordingContent, digestOfHistories, encodeRecordingContent } from './content.ts';
import { deriveTrace } from './derive-trace.ts';
import { historyInvalid } from './history-error.ts';
import { eventTimeIso, runIdOf, startedOf } from './history-events.ts';
import { payloadToJson } from './payloads.ts';
import type { History, Recording } from './recording.ts';
import { inputOf, runEndOf } from './run-end.ts';
import type { RunEnd, Trace } from './trace.ts';

export interface BuildOptions {
  /** Histories of servers before 1.22 do not name their workflow. */
  readonly workflowId?: string;
  /** Whether declared values were replaced. @default false */
  readonly redacted?: boolean;
  /** The version that it counts for, `null` when nobody knows it. @default what the start stamped on it */
  readonly maker?: Pick<Recording, 'mission' | 'version' | 'artifact'> | null | undefined;
}

/**
 * Makes a recording of the histories of one chain, in order.
 *
 * @throws MissionError `HISTORY_INVALID` when there is none, or when it names no workflow.
 */
export function buildRecording(given: readonly History[], options: BuildOptions = {}): Recording {
  const histories = given.map(canonicalHistory);
  const summary = summaryOf(histories, digestOfHistories(histories), options);
  const [first = {}] = histories;
  const end = runEndOf(histories.at(-1) ?? first);
  return { ...summary, input: inputOf(first), end, trace: deriveTrace(histories), histories };
}

/**
 * As much of a recording as a replay takes: what it does not look at is not made.
 *
 * @throws MissionError `HISTORY_INVALID` as of {@link buildRecording}
 */
export function buildReplaySource(
  given: readonly History[],
  options: BuildOptions = {},
): Pick<StoredRecording, 'summary' | 'content'> {
  const { digest, content } = contentForReplay(given);
  return { summary: summaryOf(given, digest, options), content };
}

function summaryOf(histories: readonly History[], digest: Digest, options: BuildOptions): RecordingSummary {
  const [first] = histories;
  const last = histories.at(-1);
  const firstEvent = first?.events?.[0];
  const lastEvent = last?.events?.at(-1);
  if (first === undefined || last === undefined || firstEvent === undefined || lastEvent === undefined) {
    throw historyInvalid('The recording', 'it has no events.');
  }
  const runId = runIdOf(first);
  const workflowId = startedOf(first).workflowId || options.workflowId;
  if (workflowId === undefined || workflowId === '')
    throw historyInvalid(`Run ${runId}`, 'it does not name its workflow id.');
  return {
    id: recordingIdOf(workflowId, runId),
    workflowId,
    runId,
    workflowType: startedOf(first).workflowType?.name ?? '',
    ...(options.maker === undefined ? stampedOn(last, first) : options.maker),
    startedAt: eventTimeIso(firstEvent),
    endedAt: eventTimeIso(lastEvent),
    links: histories.length,
    events: histories.reduce((sum, { events }) => sum + (events?.length ?? 0), 0),
    digest,
    redacted: options.redacted ?? false,
  };
}

/** The stamp that the start put on a run; plain Temporal workflows have none. */
export function stampOf(history: History): RunStamp | undefined {
  return readStamp({ [MEMO_STAMP]: payloadToJson(startedOf(history).memo?.fields?.[MEMO_STAMP]) });
}

/** A continued run keeps its memo; the first link's counts where it did not. */
function stampedOn(last: History, first: History): Pick<Recording, 'mission' | 'version' | 'artifact'> {
  const stamp = stampOf(first) ?? stampOf(last);
  if (stamp === undefined) return {};
  return { mission: stamp.mission, version: parseVersionRef(stamp.version).number, artifact: stamp.artifact };
}

/** What the registry keeps of a recording. */
export function toStoredRecording(recording: Recording): StoredRecording {
  const { input: _, end, trace, histories, ...summary } = recording;
  return { summary, end, trace, content: encodeRecordingContent(histories) };
}

/**
 * A recording as the registry gave it back.
 *
 * @throws MissionError `HISTORY_INVALID` when its content is damaged.
 */
export function fromStoredRecording({ summary, end, trace, content }: StoredRecording): Recording {
  const histories = decodeRecordingContent(content);
  const [first] = histories;
  const input: Json = first === undefined ? null : inputOf(first);
  return { ...summary, input, end: end as RunEnd, trace: trace as Trace, histories };
}
