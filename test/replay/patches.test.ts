import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { answerPolicy } from '../../src/replay/answer-policy.ts';
import type { ReplayCandidate, ReplayInput, ReplayOptions } from '../../src/replay/departure.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { strict } from './missions/lab.ts';
import { plainCandidate, recordScenarios, type TextEdit } from './simulated/record.ts';

const AS_RECORDED: ReplayOptions = { ...strict, answers: answerPolicy.parse({ patches: 'as-recorded' }) };

/** The change is hidden where Temporal's own replay never goes. */
const HIDDEN: TextEdit = [
  "await note('begin');\n  throw ApplicationFailure",
  "await note(patched('hidden') ? 'changed' : 'begin');\n  throw ApplicationFailure",
];
const HIDDEN_END: TextEdit = ["message: 'no luck'", "message: patched('end') ? 'bad luck' : 'no luck'"];
const NESTED: TextEdit = [
  "await note('begin');\n  throw ApplicationFailure",
  "await note(patched('one') && patched('two') ? 'changed' : 'begin');\n  throw ApplicationFailure",
];
const NO_CHANGE: TextEdit = [
  "await note('begin');\n  throw ApplicationFailure",
  "if (patched('tidy')) await note('begin');\n  else await note('begin');\n  throw ApplicationFailure",
];

describe('a change behind patched()', () => {
  let inputs: ReadonlyMap<string, ReplayInput>;
  const loaded: ReplayCandidate[] = [];

  beforeAll(async () => {
    inputs = await recordScenarios(inject('temporalAddress'), ['failing', 'patchedOnce', 'approval']);
  });

  afterEach(async () => {
    for (const { sandbox } of loaded.splice(0)) await sandbox.destroy();
  });

  async function replay(name: string, edits: readonly TextEdit[], options = strict): Promise<ReplayResult> {
    const candidate = await plainCandidate(edits);
    loaded.push(candidate);
    return replayRecording(candidate, inputs.get(name) as ReplayInput, options);
  }

  it.each([
    ['of a request', HIDDEN, ['hidden'], { kind: 'request', step: 'note#1' }],
    ['of the end', HIDDEN_END, ['end'], { kind: 'end', step: 'end' }],
    ['behind another patch', NESTED, ['one', 'two'], { kind: 'request', step: 'note#1' }],
  ] as const)('%s is seen as a new run would do it, and said to be so', async (_, edit, patches, divergence) => {
    const result = await replay('failing', [edit]);
    expect(result).toMatchObject({ divergence, assumedPatches: patches, determinism: { deterministic: true } });
    expect(result.outcome).not.toBe('matched');
  });

  it('is not seen as Temporal replays it', async () => {
    const result = await replay('failing', [HIDDEN], AS_RECORDED);
    expect(result).toMatchObject({ outcome: 'matched' });
    expect(result.assumedPatches).toBeUndefined();
  });

  it('that changes nothing matches: the marker of a patch is no step', async () => {
    const result = await replay('failing', [NO_CHANGE]);
    expect(result).toMatchObject({ outcome: 'matched', assumedPatches: ['tidy'] });
  });

  it('is told as recorded where the recording has a marker', async () => {
    const result = await replay('patchedOnce', []);
    expect(result).toMatchObject({ outcome: 'matched' });
    expect(result.assumedPatches).toBeUndefined();
  });

  it('before a recorded marker does not hide the marker', async () => {
    const edit: TextEdit = [
      "const first = patched('old-patch')",
      "patched('other');\n  const first = patched('old-patch')",
    ];
    expect(await replay('patchedOnce', [edit])).toMatchObject({ outcome: 'matched', assumedPatches: ['other'] });
  });

  it('leaves the judgement of determinism to the recorded patches', async () => {
    const edit: TextEdit = [
      "await note('begin');\n  throw ApplicationFailure",
      "await note('begin');\n  if (!patched('forgotten')) await note('again');\n  throw ApplicationFailure",
    ];
    expect(await replay('failing', [edit])).toMatchObject({
      outcome: 'matched',
      determinism: { deterministic: false },
    });
  });

  it('is true after the lockstep ended, whatever the policy', async () => {
    const edits: TextEdit[] = [
      ["word === 'yes'", "word === 'YES'"],
      ["'too late'", "patched('late') ? 'far too late' : 'too late'"],
    ];
    for (const options of [strict, AS_RECORDED]) {
      expect(await replay('approval', edits, options)).toMatchObject({
        candidateEnd: { status: 'completed', result: 'far too late' },
      });
    }
  });
});
