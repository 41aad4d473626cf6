/** The statistics of noise, against values that SciPy 1.17 gives. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialTail, leastChangeSeen, normalQuantile } from '../../src/compare/noise-power.ts';
import { choose, falseDiscoveryQ, pairedP, type Stratum } from '../../src/compare/paired-test.ts';

type Counts = readonly [baselineDraws: number, candidateDraws: number, baseline: number, candidate: number];

function strataOf(counts: readonly Counts[]): Stratum[] {
  return counts.map(([baselineDraws, candidateDraws, baselineDiffering, candidateDiffering]) => ({
    baselineDraws,
    candidateDraws,
    baselineDiffering,
    candidateDiffering,
  }));
}

function times(count: number, ...one: Counts): Counts[] {
  return Array.from({ length: count }, () => one);
}

describe('the paired test', () => {
  const vectors: readonly [string, readonly Counts[], number][] = [
    ['one recording, always', [[5, 5, 0, 5]], 0.007936507936507938],
    ['eight pairs of single draws', times(8, 1, 1, 0, 1), 0.0078125],
    [
      'a little in each',
      [
        [3, 3, 1, 2],
        [3, 3, 0, 1],
        [3, 3, 2, 2],
        [3, 3, 0, 2],
        [3, 3, 1, 3],
      ],
      0.0632,
    ],
    [
      'unequal draws',
      [
        [5, 3, 1, 2],
        [2, 5, 0, 3],
        [4, 4, 0, 4],
        [5, 5, 5, 5],
      ],
      0.004956268221574342,
    ],
    [
      'two for good among many quiet ones',
      [...times(60, 5, 5, 0, 0), ...times(6, 5, 5, 1, 0), ...times(5, 5, 5, 0, 1), ...times(2, 5, 5, 0, 5)],
      3.149407911312674e-5,
    ],
    ['as noisy as each other', [...times(10, 4, 4, 2, 2), ...times(5, 4, 4, 1, 0), ...times(5, 4, 4, 0, 1)], 1],
    ['nothing', [], 1],
    ['draws of one version only', [[5, 0, 2, 0]], 1],
  ];
  it.each(vectors)('%s', (_, counts, p) => {
    expect(pairedP(strataOf(counts))).toBeCloseTo(p, 12);
  });

  const stratum = fc
    .record({ b: fc.integer({ min: 0, max: 6 }), c: fc.integer({ min: 0, max: 6 }) })
    .chain(({ b, c }) => fc.tuple(fc.constant(b), fc.constant(c), fc.nat(b), fc.nat(c)));

  it('is a probability, does not depend on the order, and falls when the candidate differs once more', () => {
    fc.assert(
      fc.property(fc.array(stratum, { maxLength: 12 }), (counts) => {
        const p = pairedP(strataOf(counts));
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(pairedP(strataOf(counts.toReversed()))).toBeCloseTo(p, 12);
        expect(pairedP(strataOf([...counts, [6, 6, 0, 6]]))).toBeLessThanOrEqual(p + 1e-12);
      }),
    );
  });

  it('stays exact for many recordings', () => {
    const balanced = [...times(10_000, 5, 5, 1, 0), ...times(10_000, 5, 5, 0, 1)];
    expect(pairedP(strataOf(balanced))).toBe(1);
    expect(pairedP(strataOf([...balanced, ...times(400, 5, 5, 0, 2)]))).toBeLessThan(1e-3);
  });
});

describe('false discovery', () => {
  it("gives SciPy's values", () => {
    const qs = falseDiscoveryQ([0.01, 0.02, 0.03, 0.04, 0.5, 0.001, 0.9, 0.02]);
    const expected = [0.04, 0.04, 0.048, 0.053333333333333, 0.571428571428571, 0.008, 0.9, 0.04];
    for (const [index, q] of expected.entries()) expect(qs[index]).toBeCloseTo(q, 12);
    expect(falseDiscoveryQ([])).toEqual([]);
  });
});

describe('parts of the power', () => {
  it.each([
    [1e-6, -4.753424308822899],
    [0.005, -2.575829303548901],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.9995, 3.2905267314919255],
  ])('the normal quantile of %d', (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 7);
  });

  it.each([
    [10, 0.3, 4, 0.3503892816],
    [200, 0.01, 5, 0.05174626363078591],
    [5, 0.5, 5, 0.03125],
    [40, 1 / 252, 1, 0.14704282267699909],
    [3, 1, 3, 1],
    [3, 0.2, 0, 1],
  ])('the binomial tail of %d trials', (trials, chance, least, tail) => {
    expect(binomialTail(trials, chance, least)).toBeCloseTo(tail, 12);
  });

  it('choosing', () => {
    expect([choose(10, 5), choose(6, 3), choose(4, 5), choose(50, 25)]).toEqual([252, 20, 0, 126410606437752]);
  });
});

describe('the least change that would have been seen', () => {
  const size = { recordings: 60, samples: 5, noise: 0.002, alpha: 0.01 };

  it('is one run, where nothing is noisy and five draws are made', () => {
    expect(leastChangeSeen(size)).toBe(1);
  });

  it('grows with noise, with the number of tests, and with fewer draws', () => {
    const seen = (over: Partial<typeof size>) => leastChangeSeen({ ...size, ...over }) ?? Number.POSITIVE_INFINITY;
    expect(seen({ noise: 0.1 })).toBeGreaterThan(1);
    expect(seen({ noise: 0.3 })).toBeGreaterThan(seen({ noise: 0.1 }));
    expect(seen({ alpha: 0.0001 })).toBeGreaterThan(1);
    expect(seen({ samples: 2 })).toBeGreaterThan(1);
  });

  it('is nothing where the baseline hardly ever says the same, or there is too little of everything', () => {
    expect(leastChangeSeen({ ...size, noise: 0.9 })).toBeUndefined();
    expect(leastChangeSeen({ ...size, recordings: 1, samples: 1 })).toBeUndefined();
    expect(leastChangeSeen({ ...size, recordings: 0 })).toBeUndefined();
  });
});
