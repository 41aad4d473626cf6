/** Samples by strata: deterministic, of the exact size, with every kind of recording in them. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { freezeCohort, freezeSample } from '../../src/recording/cohort.ts';
import { FeatureReader } from '../../src/recording/sample-features.ts';
import {
  DIMENSIONS,
  type Dimension,
  type SampleFeatures,
  sampleByStrata,
} from '../../src/recording/stratified-sample.ts';
import type { RunEnd, TraceStep } from '../../src/recording/trace.ts';
import type { RecordingSummary } from '../../src/registry/recording-summary.ts';
import { digestOf } from '../../src/shared/digest.ts';

const feature = (id: string, values: Partial<Record<Dimension, string>>): SampleFeatures => ({
  id,
  values: { outcome: '', rare: '', path: '', attribute: '', length: '', time: '', ...values },
});

const anyValues = fc.record({
  outcome: fc.constantFrom('approved', 'denied', 'failed'),
  rare: fc.constantFrom('', '', '', '', 'rare tool'),
  path: fc.constantFrom(...Array.from({ length: 20 }, (_, index) => `path ${index}`)),
  attribute: fc.constantFrom('tenant a', 'tenant b'),
  length: fc.constantFrom('1 step', '2–3 steps'),
  time: fc.constantFrom('monday', 'tuesday'),
});
const anyFeatures = fc
  .array(anyValues, { minLength: 1, maxLength: 80 })
  .map((list) => list.map((values, index) => ({ id: `run-${index}`, values })));

describe('a sample by strata', () => {
  test.prop([anyFeatures, fc.integer({ min: 1, max: 90 }), fc.string()])(
    'has the exact size, each recording in one stratum, and each stratum in it',
    (features, limit, seed) => {
      const { strata } = sampleByStrata(features, limit, seed);
      const ids = strata.flatMap(({ sampled }) => sampled);
      expect(ids).toHaveLength(Math.min(limit, features.length));
      expect(new Set(ids).size).toBe(ids.length);
      expect(strata.reduce((sum, { population }) => sum + population, 0)).toBe(features.length);
      for (const { sampled, population } of strata) {
        expect(sampled.length).toBeGreaterThan(0);
        expect(sampled.length).toBeLessThanOrEqual(population);
      }
      const weights = strata.map(({ population, sampled }) => sampled.length * (population / sampled.length));
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(features.length, 6);
    },
  );

  test.prop([anyFeatures, fc.integer({ min: 1, max: 90 }), fc.string(), fc.gen()])(
    'does not depend on the order',
    (features, limit, seed, gen) => {
      const shuffled = gen(fc.shuffledSubarray, features, { minLength: features.length });
      expect(sampleByStrata(shuffled, limit, seed)).toEqual(sampleByStrata(features, limit, seed));
    },
  );

  it('takes rare things whole, and of the frequent ones their share', () => {
    const features = Array.from({ length: 1_000 }, (_, index) =>
      feature(`run-${index}`, {
        outcome: index % 4 === 0 ? 'denied' : 'approved',
        rare: index < 7 ? 'rare tool sendLetter failed' : '',
      }),
    );
    const { strata, by } = sampleByStrata(features, 107, 'a');
    expect(by).toEqual(['outcome', 'rare']);
    expect(strata.map(({ name, population, sampled }) => [name, population, sampled.length])).toEqual([
      ['approved', 745, 75],
      ['denied', 248, 25],
      ['approved · rare tool sendLetter failed', 5, 5],
      ['denied · rare tool sendLetter failed', 2, 2],
    ]);
  });

  it('leaves out what the limit has no room for', () => {
    const features = Array.from({ length: 100 }, (_, index) =>
      feature(`run-${index}`, { outcome: index % 2 === 0 ? 'a' : 'b', path: `path ${index % 10}` }),
    );
    expect(sampleByStrata(features, 10, '').by).toEqual(['outcome']);
    expect(sampleByStrata(features, 20, '').by).toEqual(['outcome', 'path']);
    expect(sampleByStrata(features, 1, '').by).toEqual([]);
  });

  it('takes others by another seed', () => {
    const features = Array.from({ length: 100 }, (_, index) => feature(`run-${index}`, {}));
    const idsBy = (seed: string) => sampleByStrata(features, 10, seed).strata.flatMap(({ sampled }) => sampled);
    expect(idsBy('a')).toEqual(idsBy('a'));
    expect(idsBy('a')).not.toEqual(idsBy('b'));
  });
});

const step = (kind: TraceStep['kind'], name: string, over: Partial<TraceStep> = {}): TraceStep => ({
  id: `${name}#1`,
  kind,
  name,
  status: 'completed',
  request: null,
  result: null,
  atMs: 0,
  durationMs: 0,
  eventId: 1,
  link: 0,
  ...over,
});

const approved: RunEnd = { status: 'completed', result: { approve: true, note: 'any text' } };

describe('features', () => {
  const read = (count: number, of: (index: number) => { end?: RunEnd; steps?: TraceStep[]; startedAt?: string }) => {
    const reader = new FeatureReader({ output: {}, attributes: ['/shop'] });
    for (let index = 0; index < count; index += 1) {
      const { end = approved, steps = [step('tool', 'getOrder')], startedAt = '2026-03-01T00:00:00.000Z' } = of(index);
      reader.add({
        id: `run-${index}`,
        startedAt,
        end,
        trace: { steps },
        input: { shop: index % 2 === 0 ? 'a' : 'b' },
      });
    }
    return reader.features();
  };
  const valuesOf = (dimension: Dimension, features: readonly SampleFeatures[]) =>
    [...new Set(features.map(({ values }) => values[dimension]))].sort();

  it('tell outcomes apart by what decides, and by how a run failed', () => {
    const failed: RunEnd = { status: 'failed', failure: { message: 'no such order o-17', type: 'OrderUnknown' } };
    const ends: RunEnd[] = [approved, failed, { status: 'cancelled' }];
    expect(
      valuesOf(
        'outcome',
        read(3, (index) => ({ end: ends[index] ?? approved })),
      ),
    ).toEqual(['cancelled', 'completed /approve=true', 'failed OrderUnknown']);
  });

  it('tell paths, attributes, lengths and times apart', () => {
    const features = read(8, (index) => ({
      steps: Array.from({ length: index < 4 ? 1 : 5 }, () => step('rule', 'in-window', { result: index % 2 === 0 })),
      startedAt: new Date(Date.UTC(2026, 2, 1 + index)).toISOString(),
    }));
    expect(valuesOf('path', features)).toHaveLength(2);
    expect(valuesOf('attribute', features)).toEqual(['/shop=a', '/shop=b']);
    expect(valuesOf('length', features)).toEqual(['1 step', '4–7 steps']);
    expect(valuesOf('time', features)).toHaveLength(4);
  });

  it('name the step that hardly any run has', () => {
    const lost = step('tool', 'getOrder', { status: 'failed' });
    const features = read(300, (index) => ({ steps: [step('tool', 'getOrder'), ...(index < 3 ? [lost] : [])] }));
    expect(features.filter(({ values }) => values.rare !== '').map(({ id }) => id)).toEqual([
      'run-0',
      'run-1',
      'run-2',
    ]);
    expect(features[0]?.values.rare).toBe('rare tool getOrder failed');
  });

  it('have a value for every dimension', () => {
    expect(Object.keys(read(1, () => ({}))[0]?.values ?? {}).sort()).toEqual([...DIMENSIONS].sort());
  });
});

it('a cohort of a sample is frozen by its members, and says how they were chosen', () => {
  const summaries = Array.from(
    { length: 10 },
    (_, index): RecordingSummary => ({
      id: `run-${index}`,
      workflowId: `run-${index}`,
      runId: 'r',
      workflowType: 'refund',
      startedAt: '2026-03-01T00:00:00.000Z',
      endedAt: '2026-03-01T00:00:00.000Z',
      links: 1,
      events: 9,
      digest: digestOf(`run-${index}`),
      redacted: true,
    }),
  );
  const features = summaries.map(({ id }, index) => feature(id, { outcome: index === 3 ? 'denied' : 'approved' }));
  const cohort = freezeSample(summaries, features, { limit: 4, seed: 'spring' });
  const chosen = summaries.filter(({ id }) => cohort.members.some((member) => member.id === id));
  expect(cohort.digest).toBe(freezeCohort(chosen, {}).digest);
  expect(cohort.members.map(({ id }) => id)).toContain('run-3');
  expect(cohort).toMatchObject({
    matching: 10,
    selection: 'all missions, a sample of 4 of 10 (seed "spring") by outcome',
    sample: { seed: 'spring', by: ['outcome'] },
  });
});
