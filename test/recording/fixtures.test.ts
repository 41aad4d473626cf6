import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { decodeHistory } from '../../src/recording/decode-history.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { exportFixture, readFixture, readFixtures } from '../../src/recording/fixtures.ts';
import type { Recording } from '../../src/recording/recording.ts';
import type { RunEnd } from '../../src/recording/trace.ts';
import { sampleJson } from './support/sample.ts';

const recording = buildRecording([decodeHistory(sampleJson('mission'), 'mission')]);
const options = { why: 'denied in error', addedBy: 'kim', addedAt: new Date(0) };
let root: string;
let folder: string;

const canonicalText = ({ histories }: Recording) => histories.map(encodeHistory).join();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fixtures-'));
  folder = join(root, 'refund', 'case-1');
});
afterEach(() => rm(root, { recursive: true }));

describe('a regression case on disk', () => {
  it('is read as it was exported, with the corrected outcome beside it', async () => {
    const expected = { status: 'completed', result: { approve: false } } as const;
    await exportFixture(recording, folder, { ...options, expected, guards: '@3' });
    const found = [];
    for await (const fixture of readFixtures([root])) found.push(fixture);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      directory: folder,
      case: { expected, why: 'denied in error', guards: '@3', digest: found[0]?.recording.digest },
    });
    expect(found[0]?.recording.trace).toEqual(recording.trace);
    expect(found[0]?.recording.end).toEqual(recording.end);
  });

  it.each<RunEnd>([
    { status: 'failed', failure: { message: 'no', type: 'No' } },
    {
      status: 'failed',
      failure: {
        message: 'no',
        type: 'No',
        details: [{ rule: 1 }],
        nonRetryable: true,
        cause: { message: 'below', type: 'Error', cause: { message: 'deeper', type: 'Error' } },
      },
    },
    { status: 'continued-as-new' },
    { status: 'continued-as-new', handedOn: { workflowType: 'poll', input: { left: 1 } } },
  ])('is held to any end: %j', async (expected) => {
    await exportFixture(recording, folder, { ...options, expected });
    expect((await readFixture(folder)).case.expected).toEqual(expected);
  });

  it('keeps every link of a chain', async () => {
    const chain = buildRecording([...recording.histories, decodeHistory(sampleJson('plain'), 'plain')]);
    await exportFixture(chain, folder, options);
    expect((await readdir(folder)).sort()).toEqual(['case.json', 'history.1.json', 'history.json']);
    expect((await readFixture(folder)).recording.histories).toHaveLength(2);
  });

  it('leaves out what no replay reads: who the workers were, and the bookkeeping of the server', async () => {
    const whole = canonicalText(recording);
    expect(whole).toMatch(/"identity"/);
    await exportFixture(recording, folder, options);
    const kept = await readFixture(folder);
    expect(canonicalText(kept.recording)).not.toMatch(/"(identity|requestId|taskId)"/);
    expect(kept.recording.events).toBe(recording.events);
    await exportFixture(kept.recording, join(root, 'refund', 'again'), options);
    expect((await readFixture(join(root, 'refund', 'again'))).recording.digest).toBe(kept.recording.digest);
  });

  it('is not overwritten unless asked, and leaves nothing half-written', async () => {
    await exportFixture(recording, folder, options);
    await expect(exportFixture(recording, folder, { ...options, why: 'again' })).rejects.toThrow(
      'a case of this name already',
    );
    await exportFixture(recording, folder, { ...options, why: 'again', replace: true });
    expect((await readFixture(folder)).case.why).toBe('again');
    expect(await readdir(join(root, 'refund'))).toEqual(['case-1']);
  });

  it.each([
    ['case.json', '{', 'case.json: it is not JSON'],
    ['case.json', '{"format":1}', 'case.json, field "workflowId"'],
    ['history.json', '{}', 'history.json: there is no list of events'],
  ])('with a broken %s is refused by name (%#)', async (file, text, message) => {
    await exportFixture(recording, folder, options);
    await writeFile(join(folder, file), text);
    await expect(readFixture(folder)).rejects.toThrow(message);
  });

  it('whose history was edited is refused', async () => {
    await exportFixture(recording, folder, options);
    const file = join(folder, 'history.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"judge#1"', '"judge#2"'));
    await expect(readFixture(folder)).rejects.toThrow('field "digest"');
  });

  it('that is not there is said to be', async () => {
    await expect(readFixture(folder)).rejects.toMatchObject({ code: 'FIXTURE_INVALID' });
  });
});
