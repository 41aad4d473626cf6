import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Divergence, EvidenceGrade, ReplayOutcome, ReplayResult } from '../../src/compare/outcome.ts';
import type { ReplayInput } from '../../src/replay/departure.ts';
import {
  answerQuestions,
  buildMission,
  candidateOf,
  type Edit,
  lenient,
  recordMission,
  replayAll,
  strict,
} from './missions/lab.ts';
import { MISSION, PARCEL_DESK, parcelDesk, WORKFLOW } from './missions/parcel-desk.ts';

/** Which runs an edit touches: all, or those that come to the place. */
type Reach = 'all' | 'heavy' | 'heaviest' | 'booked';

interface Expected {
  readonly reach?: Reach;
  readonly kind: Divergence['kind'];
  readonly step: string;
  /** One of the differences. */
  readonly pointer?: string;
  readonly strict: ReplayOutcome;
  readonly lenient: ReplayOutcome;
  readonly grades?: readonly EvidenceGrade[];
}

/** Light parcels go, heavy ones are asked about (yes, then no), too heavy and bad ones stay. */
const RUNS = [
  ...Array.from({ length: 12 }, (_, i) => ({ parcel: `light-${i}`, weight: i })),
  ...Array.from({ length: 4 }, (_, i) => ({ parcel: `heavy-yes-${i}`, weight: 15 + i })),
  ...Array.from({ length: 2 }, (_, i) => ({ parcel: `heavy-no-${i}`, weight: 15 + i })),
  ...Array.from({ length: 6 }, (_, i) => ({ parcel: `huge-${i}`, weight: 21 + i })),
  ...Array.from({ length: 6 }, (_, i) => ({ parcel: `bad-${i}`, weight: 5 + i })),
];

const REACH: Readonly<Record<Reach, RegExp>> = {
  all: /./,
  heaviest: /^heavy-yes-[23]/,
  heavy: /^heavy/,
  booked: /^(light|heavy-yes)/,
};

const CHANGES: readonly (readonly [what: string, edits: readonly Edit[], expected: Expected])[] = [
  [
    'a changed prompt',
    [[MISSION, 'May parcel', 'Can parcel']],
    {
      kind: 'request',
      step: 'judge#1',
      pointer: '/messages/1/content',
      strict: 'unanswered',
      lenient: 'diverged',
      grades: ['stale'],
    },
  ],
  [
    'a changed system message',
    [[MISSION, 'You are a clerk.', 'You are a strict clerk.']],
    { kind: 'request', step: 'judge#1', pointer: '/messages/0/content', strict: 'unanswered', lenient: 'diverged' },
  ],
  [
    'a changed model parameter',
    [[MISSION, 'temperature: 0 ', 'temperature: 0.5 ']],
    { kind: 'request', step: 'judge#1', pointer: '/parameters/temperature', strict: 'unanswered', lenient: 'diverged' },
  ],
  [
    'another model',
    [[MISSION, 'stub/clerk', 'stub/officer']],
    { kind: 'request', step: 'judge#1', pointer: '/model', strict: 'unanswered', lenient: 'diverged' },
  ],
  [
    'a rule constant that changes a verdict',
    [[MISSION, 'maxWeight: 20', 'maxWeight: 16.5']],
    { reach: 'heaviest', kind: 'request', step: 'light#1', pointer: '/result', strict: 'changed', lenient: 'changed' },
  ],
  [
    'a rule constant that changes no verdict',
    [[MISSION, 'heavyFrom: 15', 'heavyFrom: 14.5']],
    { kind: 'request', step: 'heavy#1', pointer: '/input/from', strict: 'diverged', lenient: 'diverged' },
  ],
  [
    'rules in another order',
    [
      [
        WORKFLOW,
        "  const light = step.rule('light', { weight }, () => weight <= rules.maxWeight);\n  const heavy = step.rule('heavy', { weight, from: rules.heavyFrom }, () => weight >= rules.heavyFrom);",
        "  const heavy = step.rule('heavy', { weight, from: rules.heavyFrom }, () => weight >= rules.heavyFrom);\n  const light = step.rule('light', { weight }, () => weight <= rules.maxWeight);",
      ],
    ],
    { kind: 'order', step: 'heavy#1', strict: 'diverged', lenient: 'diverged' },
  ],
  [
    'a rule that is left out at the end of the run',
    [[WORKFLOW, "  step.observe('ended', released);\n", '']],
    { kind: 'missing', step: 'ended#1', strict: 'diverged', lenient: 'diverged' },
  ],
  [
    'an added rule',
    [[WORKFLOW, '  const heavy =', "  step.rule('tiny', weight < 1);\n  const heavy ="]],
    { kind: 'extra', step: 'tiny#1', strict: 'diverged', lenient: 'diverged' },
  ],
  [
    'another observation at the end of the run',
    [[WORKFLOW, "step.observe('ended', released)", "step.observe('ended', [released])"]],
    { kind: 'request', step: 'ended#1', strict: 'diverged', lenient: 'diverged' },
  ],
  [
    'a tool argument',
    [[WORKFLOW, "detail: 'owner'", "detail: 'owner and size'"]],
    {
      kind: 'request',
      step: 'lookUp#1',
      pointer: '/detail',
      strict: 'unanswered',
      lenient: 'diverged',
      grades: ['stale'],
    },
  ],
  [
    'a volatile tool argument',
    [[WORKFLOW, "detail: 'owner', trace: uuid4()", "detail: 'owner', trace: 'fixed'"]],
    {
      kind: 'request',
      step: 'lookUp#1',
      pointer: '/trace',
      strict: 'diverged',
      lenient: 'diverged',
      grades: ['volatile'],
    },
  ],
  [
    'the argument of a write',
    [[WORKFLOW, "step.tool('book', { parcel, owner,", "step.tool('book', { parcel, owner: owner.trim() + '!',"]],
    {
      reach: 'booked',
      kind: 'request',
      step: 'book#1',
      pointer: '/owner',
      strict: 'unanswered',
      lenient: 'changed',
      grades: ['simulated'],
    },
  ],
  [
    'another value of an output field',
    [[WORKFLOW, 'accept: released, score', 'accept: !released, score']],
    { kind: 'end', step: 'end', pointer: '/accept', strict: 'changed', lenient: 'changed' },
  ],
  [
    'an added output field',
    [[WORKFLOW, "seenAt: 'today' }", "seenAt: 'today', extra: 'new' }"]],
    { kind: 'end', step: 'end', pointer: '/extra', strict: 'changed', lenient: 'changed' },
  ],
  [
    'an output number beyond its tolerance',
    [[WORKFLOW, 'score: 1,', 'score: 1.6,']],
    { kind: 'end', step: 'end', pointer: '/score', strict: 'changed', lenient: 'changed' },
  ],
  [
    'an output text with other words',
    [[WORKFLOW, 'Done, parcel.', 'Done, small parcel.']],
    { kind: 'end', step: 'end', pointer: '/note', strict: 'changed', lenient: 'changed' },
  ],
  [
    'an output list with another item',
    [[WORKFLOW, "['a', 'b']", "['a', 'c']"]],
    { kind: 'end', step: 'end', strict: 'changed', lenient: 'changed' },
  ],
  [
    'a run that fails instead',
    [
      [
        WORKFLOW,
        '  return { accept: released',
        "  if (released) throw new Error('closed');\n  return { accept: released",
      ],
    ],
    { reach: 'booked', kind: 'end', step: 'end', strict: 'changed', lenient: 'changed' },
  ],
  [
    'an added step',
    [
      [
        WORKFLOW,
        "  step.observe('weighed', grams);",
        "  step.observe('weighed', grams);\n  await step.tool('weigh', { parcel: 'scale' });",
      ],
    ],
    { kind: 'extra', step: 'weigh#2', strict: 'unanswered', lenient: 'unanswered' },
  ],
  [
    'a removed step',
    [[WORKFLOW, "const { grams } = await step.tool('weigh', { parcel });", 'const grams = parcel.length * 100;']],
    { kind: 'missing', step: 'weigh#1', strict: 'diverged', lenient: 'diverged' },
  ],
  [
    'steps in another order',
    [
      [
        WORKFLOW,
        "  const { accept } = await step.model('judge', { parcel }, Verdict);\n  const { grams } = await step.tool('weigh', { parcel });",
        "  const { grams } = await step.tool('weigh', { parcel });\n  const { accept } = await step.model('judge', { parcel }, Verdict);",
      ],
    ],
    { kind: 'order', step: 'weigh#1', strict: 'diverged', lenient: 'diverged' },
  ],
  [
    'a tool timeout',
    [[MISSION, 'timeoutMs: 9_000', 'timeoutMs: 8_000']],
    { kind: 'request', step: 'lookUp#1', pointer: '/options/startToCloseMs', strict: 'diverged', lenient: 'diverged' },
  ],
  [
    'the attempts of a tool',
    [[MISSION, 'attempts: 4', 'attempts: 1']],
    {
      kind: 'request',
      step: 'lookUp#1',
      pointer: '/options/retry/maximumAttempts',
      strict: 'diverged',
      lenient: 'diverged',
    },
  ],
  [
    'a write declared as a read',
    [[MISSION, "effect: 'write'", "effect: 'read'"]],
    { reach: 'booked', kind: 'request', step: 'book#1', pointer: '/effect', strict: 'changed', lenient: 'changed' },
  ],
  [
    'a changed decision question',
    [[MISSION, 'Release it?', 'Let it go?']],
    {
      reach: 'heavy',
      kind: 'request',
      step: 'release#1',
      pointer: '/question',
      strict: 'unanswered',
      lenient: 'diverged',
    },
  ],
  [
    'a decision option that is gone',
    [
      [MISSION, "options: ['yes', 'no']", "options: ['go', 'stay']"],
      [WORKFLOW, "option === 'yes'", "option === 'go'"],
    ],
    { reach: 'heavy', kind: 'request', step: 'release#1', strict: 'unanswered', lenient: 'unanswered' },
  ],
];

/** What is not noticed, and the place of the compare rule that forgave it. */
const HARMLESS: readonly (readonly [what: string, edits: readonly Edit[], forgiven?: string])[] = [
  ['a renamed variable', [[WORKFLOW, 'released', 'mayGo']]],
  ['a reformatted file', [[WORKFLOW, '  ', '\t\t\t']]],
  ['a comment', [[WORKFLOW, '  const { grams }', '  // In grams, as the scale says.\n  const { grams }']]],
  [
    'an extracted function',
    [
      [
        WORKFLOW,
        'export const parcelDesk',
        "const isYes = (option: string) => option === 'yes';\nexport const parcelDesk",
      ],
      [WORKFLOW, "released = option === 'yes';", 'released = isYes(option);'],
    ],
  ],
  [
    'keys of a tool input in another order',
    [[WORKFLOW, '{ parcel, owner, key: uuid4() }', '{ key: uuid4(), owner, parcel }']],
  ],
  ['another value of an ignored output field', [[WORKFLOW, "seenAt: 'today'", "seenAt: 'tomorrow'"]], 'output /seenAt'],
  ['an output number within its tolerance', [[WORKFLOW, 'score: 1,', 'score: 1.4,']], 'output /score'],
  ['an unordered output list in another order', [[WORKFLOW, "['a', 'b']", "['b', 'a']"]], 'output /tags/*'],
  ['an output text in other letters', [[WORKFLOW, 'Done, parcel.', 'done  parcel']], 'output /note'],
];

describe('what a replay of real missions notices', () => {
  let inputs: ReplayInput[];

  beforeAll(async () => {
    const artifact = await buildMission(PARCEL_DESK, parcelDesk);
    const wanted = RUNS.map((input) => {
      if (!input.parcel.startsWith('heavy')) return { input };
      return { input, drive: answerQuestions(input.parcel.startsWith('heavy-yes') ? 'yes' : 'no') };
    });
    inputs = await recordMission(inject('temporalAddress'), artifact, wanted);
  });

  async function replay(edits: readonly Edit[], options = strict): Promise<ReplayResult[]> {
    const candidate = await candidateOf(await buildMission(PARCEL_DESK, parcelDesk, edits));
    try {
      return await replayAll(candidate, inputs, options);
    } finally {
      await candidate.sandbox.destroy();
    }
  }

  it('which volatile field let an answer be found', async () => {
    const [result] = await replay([[WORKFLOW, "detail: 'owner', trace: uuid4()", "detail: 'owner', trace: 'fixed'"]]);
    // The key of the write is another one, too: one random number less was drawn before it.
    expect(result).toMatchObject({ outcome: 'diverged', forgiven: ['tool book /key', 'tool lookUp /trace'] });
    const other = await replay([[WORKFLOW, "step.observe('ended', released)", "step.observe('ended', [released])"]]);
    expect(other.flatMap(({ forgiven = [] }) => forgiven)).toEqual([]);
  });

  it('nothing, where nothing was changed', async () => {
    expect((await replay([])).map(({ outcome }) => outcome)).toEqual(inputs.map(() => 'matched'));
  });

  it.each(HARMLESS.map(([what, edits, place]) => [what, edits, place] as const))('not %s', async (_, edits, place) => {
    const results = await replay(edits);
    const forgiven = place === undefined ? undefined : [place];
    for (const result of results) {
      const { outcome, divergence } = result;
      expect({ outcome, divergence, forgiven: result.forgiven }).toEqual({
        outcome: 'matched',
        divergence: null,
        forgiven,
      });
    }
  });

  describe.each([
    ['strict', strict],
    ['lenient', lenient],
  ] as const)('under the %s policy', (policy, options) => {
    it.each(CHANGES)('%s', async (_, edits, expected) => {
      const results = await replay(edits, options);
      const found = RUNS.map(({ parcel }, index) => ({ parcel, outcome: results[index]?.outcome }));
      const reached = RUNS.map(({ parcel }) => REACH[expected.reach ?? 'all'].test(parcel));
      expect(found).toEqual(
        RUNS.map(({ parcel }, index) => ({ parcel, outcome: reached[index] ? expected[policy] : 'matched' })),
      );
      for (const result of results.filter((_, index) => reached[index])) {
        expectDivergence(result, expected);
        const used = Object.keys(result.evidence);
        if (policy === 'lenient') expect(used).toEqual(expect.arrayContaining([...(expected.grades ?? [])]));
      }
    });
  });

  function expectDivergence({ divergence }: ReplayResult, { kind, step, pointer }: Expected): void {
    expect(divergence).toMatchObject({ kind, step });
    if (pointer !== undefined) expect(divergence?.differences.map((one) => one.pointer)).toContain(pointer);
  }
});
