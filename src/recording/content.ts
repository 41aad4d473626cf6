/**
 * What the registry keeps of a recording's histories: gzip over one block per link, each a 4-byte length (big-endian) and the
 * canonical protobuf bytes. A replay process decodes it with no other knowledge.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Digest, digestOf } from '../shared/digest.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { canonicalHistoryBytes } from './canonical-bytes.ts';
import { historyFromBytes } from './history-bytes.ts';
import type { History } from './recording.ts';

const LENGTH_BYTES = 4;
const CONTENT_BYTES_MAX = 1 << 30;

/** The content of a recording, for {@link decodeRecordingContent}. */
export function encodeRecordingContent(histories: readonly History[]): Uint8Array {
  return gzipSync(blocksOf(histories), { level: 6 });
}

/** Content that is read once and not kept, with {@link digestOfHistories}: not compressed, for speed. */
export function contentForReplay(histories: readonly History[]): {
  readonly content: Uint8Array;
  readonly digest: Digest;
} {
  const blocks = blocksOf(histories);
  return { content: Buffer.concat([NOT_COMPRESSED, blocks]), digest: digestOf(blocks) };
}

/** Begins what is not compressed: without it, stored bytes that are damaged could be taken for that. */
const NOT_COMPRESSED = Buffer.from('histories\n');

/**
 * The histories of a recording, one per link of its chain.
 *
 * @throws MissionError `HISTORY_INVALID` when the bytes are not what {@link encodeRecordingContent} or {@link contentForReplay} wrote.
 */
export function decodeRecordingContent(content: Uint8Array): History[] {
  try {
    const blocks = blocksIn(content);
    const histories: History[] = [];
    for (let at = 0; at < blocks.length; ) {
      const end = at + LENGTH_BYTES + blocks.readUInt32BE(at);
      if (end > blocks.length) throw new Error('the last history is cut off');
      histories.push(historyFromBytes(blocks.subarray(at + LENGTH_BYTES, end)));
      at = end;
    }
    return histories;
  } catch (cause) {
    throw new MissionError('HISTORY_INVALID', `Stored recording: ${messageOf(cause)}.`, {
      remedy:
        'The stored bytes are damaged. Remove the recording and collect it again while Temporal still keeps the run.',
      cause,
    });
  }
}

/** The digest that a cohort is frozen by: SHA-256 over the histories' canonical bytes, before compression. */
export function digestOfHistories(histories: readonly History[]): Digest {
  return digestOf(blocksOf(histories));
}

function blocksIn(content: Uint8Array): Buffer {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.subarray(0, NOT_COMPRESSED.length).equals(NOT_COMPRESSED)) return bytes.subarray(NOT_COMPRESSED.length);
  return gunzipSync(bytes, { maxOutputLength: CONTENT_BYTES_MAX });
}

function blocksOf(histories: readonly History[]): Buffer {
  return Buffer.concat(
    histories.flatMap((history) => {
      const bytes = canonicalHistoryBytes(history);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
