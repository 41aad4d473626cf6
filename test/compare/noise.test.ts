/** Noise is told from change: over a thousand cohorts without a change, and over cohorts with one. */
import { describe, expect, it } from 'vitest';
import { type DrawnRecording, judgeNoise, type NoiseReport } from '../../src/compare/noise.ts';
import type { FieldKey } from '../../src/compare/noise-fields.ts';

/** A small generator of random numbers (mulberry32): the same seed gives the same cohorts on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FIELDS: readonly FieldKey[] = ['end /approve', 'end /reason', 'write issueRefund dropped', 'step notify#1'];

interface World {
  readonly recordings: number;
  readonly samples: number;
  /** How often a draw of a recording flips its verdict; of each recording anew. */
  readonly noise: (random: () => number) => number;
  /** Share of draws that come to no end. */
  readonly lost?: number;
  /** Of the candidate: whether it flips this recording for good. */
  readonly flips?: (index: number, recordings: number) => boolean;
}

/** A verdict with what hangs on it (a write, a step), and a reason that has a mind of its own. */
function drawCohort(world: World, random: () => number): DrawnRecording[] {
  return Array.from({ length: world.recordings }, (_, index) => {
    const rate = world.noise(random);
    const flips = world.flips?.(index, world.recordings) ?? false;
    const arm = (changed: boolean) => {
      const differing = new Map<FieldKey, number>();
      let draws = 0;
      for (let draw = 0; draw < world.samples; draw += 1) {
        const fields = fieldsOfDraw(rate, changed, random);
        if (random() < (world.lost ?? 0)) continue;
        draws += 1;
        for (const field of fields) differing.set(field, (differing.get(field) ?? 0) + 1);
      }
      return { draws, differing };
    };
    const [baseline, candidate] = [arm(false), arm(flips)];
    const fields = fieldsOfDraw(rate, flips, random);
    return {
      baselineDraws: baseline.draws,
      candidateDraws: candidate.draws,
      baseline: baseline.differing,
      candidate: candidate.differing,
      outcome: fields.length > 0 ? 'changed' : 'other',
      fields: fields.filter((field) => !field.startsWith('step')),
    };
  });
}

function fieldsOfDraw(rate: number, flips: boolean, random: () => number): FieldKey[] {
  const isFlipped = random() < rate !== flips;
  const found = isFlipped ? FIELDS.filter((field) => field !== 'end /reason') : [];
  return random() < rate / 2 || isFlipped ? [...found, 'end /reason'] : found;
}

function judge(world: World, random: () => number): NoiseReport {
  return judgeNoise(drawCohort(world, random), { samples: world.samples, falseDiscovery: 0.05 });
}

function isFlagged({ fields }: NoiseReport): boolean {
  return fields.some((field) => field.class === 'real');
}

const COHORTS = 1_000;

describe('a baseline against itself', () => {
  const worlds: readonly [string, World][] = [
    ['a little noise everywhere', { recordings: 60, samples: 5, noise: () => 0.05 }],
    ['few recordings, each in doubt', { recordings: 10, samples: 3, noise: () => 0.5 }],
    [
      'some recordings in doubt, most not at all',
      { recordings: 40, samples: 5, noise: (random) => (random() < 0.2 ? 0.4 : 0) },
    ],
    ['every recording as noisy as it likes', { recordings: 30, samples: 4, noise: (random) => random() }],
    ['single draws', { recordings: 50, samples: 1, noise: () => 0.2 }],
    ['draws that are lost', { recordings: 30, samples: 5, noise: () => 0.15, lost: 0.3 }],
  ];
  it.each(worlds)(`is flagged in at most 5 %% of ${COHORTS} cohorts: %s`, (_, world) => {
    const random = randomFrom(20_261_121);
    let flagged = 0;
    for (let cohort = 0; cohort < COHORTS; cohort += 1) flagged += Number(isFlagged(judge(world, random)));
    expect(flagged / COHORTS).toBeLessThanOrEqual(0.05);
  });
});

describe('a candidate that flips runs for good', () => {
  const worlds: readonly [string, World, number][] = [
    [
      'one of forty, where nothing is noisy',
      { recordings: 40, samples: 5, noise: () => 0, flips: (index) => index === 7 },
      1,
    ],
    [
      'every tenth, at 5 % of noise',
      { recordings: 60, samples: 5, noise: () => 0.05, flips: (index) => index % 10 === 0 },
      0.95,
    ],
    [
      'every fifth, at 20 % of noise',
      { recordings: 100, samples: 5, noise: () => 0.2, flips: (index) => index % 5 === 0 },
      0.9,
    ],
    [
      'three of two hundred, at 3 % of noise',
      { recordings: 200, samples: 5, noise: () => 0.03, flips: (index) => index < 3 },
      0.8,
    ],
    [
      'half of them, with single draws',
      { recordings: 40, samples: 1, noise: () => 0.1, flips: (index) => index % 2 === 0 },
      0.95,
    ],
  ];
  it.each(worlds)('is found out: %s', (_, world, power) => {
    const random = randomFrom(7);
    let flagged = 0;
    for (let cohort = 0; cohort < 200; cohort += 1) flagged += Number(isFlagged(judge(world, random)));
    expect(flagged / 200).toBeGreaterThanOrEqual(power);
  });

  it('is found out as often as the least change promises', () => {
    const random = randomFrom(11);
    const settings = { recordings: 80, samples: 5, noise: () => 0.05 };
    const least = judge(settings, random).fields.find(({ name }) => name === '/approve')?.leastChange ?? 0;
    expect(least).toBeGreaterThan(1);
    let found = 0;
    for (let cohort = 0; cohort < 300; cohort += 1) {
      const { fields } = judge({ ...settings, flips: (index) => index < least }, random);
      found += Number(fields.some((field) => field.name === '/approve' && field.class === 'real'));
    }
    expect(found / 300).toBeGreaterThanOrEqual(0.75);
  });
});

function recording(over: Partial<DrawnRecording>): DrawnRecording {
  return {
    baselineDraws: 5,
    candidateDraws: 5,
    baseline: new Map(),
    candidate: new Map(),
    outcome: 'other',
    fields: [],
    ...over,
  };
}

const APPROVE: FieldKey = 'end /approve';
const options = { samples: 5, falseDiscovery: 0.05 };

describe('judging noise', () => {
  it('calls noise what the baseline does as often, and does not count it', () => {
    const noisy = Array.from({ length: 40 }, (_, index) =>
      recording({
        baseline: new Map([[APPROVE, index % 5 === 0 ? 1 : 0]]),
        candidate: new Map([[APPROVE, index % 5 === 1 ? 1 : 0]]),
        ...(index < 4 && { outcome: 'changed', fields: [APPROVE] }),
      }),
    );
    const report = judgeNoise(noisy, options);
    expect(report.fields).toMatchObject([
      { part: 'end', name: '/approve', class: 'noise', changed: 4, baseline: { differing: 8, draws: 200 } },
    ]);
    expect(report).toMatchObject({
      notReal: { changed: { noise: 4, unclear: 0 } },
      excess: { changed: 0, failed: 0 },
      recordings: 40,
    });
  });

  it('calls unclear what it could not have seen, and says how many draws would do', () => {
    const few = [
      recording({ baseline: new Map([[APPROVE, 1]]), candidate: new Map([[APPROVE, 1]]) }),
      recording({
        baselineDraws: 1,
        candidateDraws: 1,
        candidate: new Map([[APPROVE, 1]]),
        outcome: 'changed',
        fields: [APPROVE],
      }),
    ];
    const report = judgeNoise(few, { samples: 1, falseDiscovery: 0.05 });
    expect(report.fields).toMatchObject([{ class: 'unclear', changed: 1 }]);
    expect(report.notReal.changed).toEqual({ noise: 0, unclear: 1 });
    expect(report.needed).toBeDefined();
  });

  it('does not call a recording noise of which no draw came to an end', () => {
    const lost = recording({ candidateDraws: 0, outcome: 'changed', fields: [APPROVE] });
    const report = judgeNoise([lost], options);
    expect(report.notReal.changed).toEqual({ noise: 0, unclear: 1 });
    expect(report.unanswered).toEqual({ baseline: 0, candidate: 5 });
  });

  it('leaves a recording real that differs really anywhere', () => {
    const flipped = Array.from({ length: 6 }, () =>
      recording({
        candidate: new Map([[APPROVE, 5]]),
        outcome: 'changed',
        fields: [APPROVE, 'end /reason'],
      }),
    );
    const report = judgeNoise(flipped, options);
    expect(report.fields[0]).toMatchObject({ name: '/approve', class: 'real', always: 6 });
    expect(report).toMatchObject({ notReal: { changed: { noise: 0, unclear: 0 } }, excess: { changed: 6 } });
  });

  it('keeps the certainty of a changed step away from the outcomes', () => {
    const step: FieldKey = 'step judge#1';
    const some = (withStep: boolean) =>
      Array.from({ length: 20 }, (_, index) =>
        recording({
          candidate: new Map<FieldKey, number>([
            ...(withStep ? [[step, 5] as const] : []),
            [APPROVE, Number(index < 3)],
          ]),
        }),
      );
    const [alone, beside] = [judgeNoise(some(false), options), judgeNoise(some(true), options)];
    const q = ({ fields }: NoiseReport) => fields.find(({ part }) => part === 'end')?.q;
    expect(q(beside)).toBe(q(alone));
    expect(beside).toMatchObject({
      excess: { changed: 0 },
      fields: [{ part: 'step', class: 'real' }, { part: 'end' }],
    });
  });

  it('does not depend on the order of the recordings', () => {
    const cohort = drawCohort(
      { recordings: 40, samples: 3, noise: () => 0.2, flips: (index) => index < 5 },
      randomFrom(3),
    );
    expect(judgeNoise(cohort.toReversed(), options)).toEqual(judgeNoise(cohort, options));
  });
});
