import { describe, expect, it } from 'vitest';
import { buildRecording, fromStoredRecording, toStoredRecording } from '../../src/recording/build-recording.ts';
import {
  contentForReplay,
  decodeRecordingContent,
  digestOfHistories,
  encodeRecordingContent,
} from '../../src/recording/content.ts';
import { decodeHistory } from '../../src/recording/decode-history.ts';
import { isMissionError } from '../../src/shared/errors.ts';
import { sampleJson } from './support/sample.ts';

const mission = decodeHistory(sampleJson('mission'), 'mission');
const plain = decodeHistory(sampleJson('plain'), 'plain');

describe('the stored content of a recording', () => {
  it('decodes to the same histories, in order', () => {
    const content = encodeRecordingContent([mission, plain]);
    expect(digestOfHistories(decodeRecordingContent(content))).toBe(digestOfHistories([mission, plain]));
    expect(digestOfHistories([plain, mission])).not.toBe(digestOfHistories([mission, plain]));
  });

  it('is the same, compressed or not', () => {
    const { content, digest } = contentForReplay([mission, plain]);
    expect(decodeRecordingContent(content)).toEqual(decodeRecordingContent(encodeRecordingContent([mission, plain])));
    expect(digest).toBe(digestOfHistories([mission, plain]));
  });

  it('has one digest whatever the order of maps in the message', () => {
    const reversed = structuredClone(sampleJson('plain'));
    const details = (reversed.events[27] as { markerRecordedEventAttributes: { details: Record<string, unknown> } })
      .markerRecordedEventAttributes;
    details.details = Object.fromEntries(Object.entries(details.details).reverse());
    expect(digestOfHistories([decodeHistory(reversed, 'reversed')])).toBe(digestOfHistories([plain]));
  });

  it.each([
    ['noise', Buffer.from('noise')],
    ['half of it', encodeRecordingContent([mission]).subarray(0, 900)],
    ['half of it, not compressed,', contentForReplay([mission]).content.subarray(0, 900)],
    ['no more of it than half of a length', contentForReplay([mission]).content.subarray(0, 12)],
    ['nothing but zeros', new Uint8Array(20)],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeRecordingContent(bytes)).toThrow(
      expect.toSatisfy((error) => isMissionError(error, 'HISTORY_INVALID')),
    );
  });

  it('with its summary makes the recording again', () => {
    const recording = buildRecording([mission]);
    const { histories: _, ...again } = fromStoredRecording(toStoredRecording(recording));
    const { histories: __, ...before } = recording;
    expect(again).toEqual(before);
  });
});
