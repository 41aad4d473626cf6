/**
 * Histories from outside → what the replay engine takes, one at a time.
 *
 * 1. What is given comes out once: as a source, or as an exclusion with its reason.
 * 2. The same run given twice is replayed once. Two different histories of one run (an early export, a later one) are both.
 */
import type { ExcludedRecording } from '../compare/outcome.ts';
import { buildReplaySource } from '../recording/build-recording.ts';
import { decodeHistories } from '../recording/decode-history.ts';
import { decodePayloads, type PayloadDecoder } from '../recording/decode-payloads.ts';
import { type HistoryRead, unreadable } from '../recording/history-read.ts';
import type { ReplaySource } from '../replay/replay-cohort.ts';

/**
 * Histories to replay: in any form that `decodeHistory` reads (an object, a text, bytes), or as `readHistoryFiles` and
 * `readQueriedHistories` give them.
 */
export type GivenHistories = AsyncIterable<unknown> | Iterable<unknown>;

export interface PlainSourceOptions {
  readonly codecs: readonly PayloadDecoder[];
  readonly exclude: (excluded: ExcludedRecording) => void;
  /** Told of a run that was given before, byte for byte the same. */
  readonly onCopy?: ((where: string) => void) | undefined;
}

/** Sources for the replay engine; what cannot be read goes to `exclude`. */
export async function* plainSources(given: GivenHistories, options: PlainSourceOptions): AsyncGenerator<ReplaySource> {
  const digests = new Map<string, Set<string>>();
  for await (const read of readAll(given)) {
    const source = await sourceOf(read, options.codecs);
    if ('problem' in source) {
      const { where, problem } = source;
      const place = distinct(where, '', digests) ?? where;
      options.exclude({
        recording: { id: place, workflowId: where, runId: '' },
        reason: 'unreadable',
        detail: problem,
      });
      continue;
    }
    const { summary, content } = source;
    const id = distinct(summary.id, summary.digest, digests);
    if (id === undefined) options.onCopy?.(read.where);
    else yield { summary: { ...summary, id }, content };
  }
}

/** An id that no one had before; `undefined` when the very same was there. A problem has no digest, and is never the same. */
function distinct(id: string, digest: string, digests: Map<string, Set<string>>): string | undefined {
  const seen = digests.get(id) ?? new Set<string>();
  digests.set(id, seen);
  if (digest !== '' && seen.has(digest)) return undefined;
  const ordinal = seen.size + 1;
  seen.add(digest === '' ? `problem ${ordinal}` : digest);
  return ordinal === 1 ? id : `${id}#${ordinal}`;
}

async function* readAll(given: GivenHistories): AsyncGenerator<HistoryRead> {
  let count = 0;
  for await (const one of given) {
    count += 1;
    if (isHistoryRead(one)) yield one;
    else yield* decodeGiven(one, `history ${count}`);
  }
}

function isHistoryRead(value: unknown): value is HistoryRead {
  return (
    typeof value === 'object' && value !== null && 'where' in value && ('histories' in value || 'problem' in value)
  );
}

function decodeGiven(value: unknown, where: string): HistoryRead[] {
  try {
    const histories = decodeHistories(value, where);
    if (histories.length === 1) return [{ where, histories }];
    return histories.map((history, index) => ({ where: `${where}[${index}]`, histories: [history] }));
  } catch (error) {
    return [unreadable(where, error)];
  }
}

async function sourceOf(read: HistoryRead, codecs: readonly PayloadDecoder[]) {
  if ('problem' in read) return read;
  const { where } = read;
  try {
    const decoded = await Promise.all(read.histories.map((history) => decodePayloads(history, codecs, where)));
    return buildReplaySource(decoded, { workflowId: where });
  } catch (error) {
    return unreadable(where, error);
  }
}
