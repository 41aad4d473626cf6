/** What holds of the features of each integration. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Edits, expectSameOpinion, expectTold, FeatureBench, type Told } from './feature-bench.ts';
import type { Feature } from './features.ts';
import type { Integration } from './record.ts';

export interface DescribedFeatures {
  readonly features: readonly Feature[];
  /** How each run ends, by name. */
  readonly ends: Readonly<Record<string, unknown>>;
  readonly edits: Edits;
  /** Of the edits. */
  readonly told: readonly Told[];
  /** How those end that end otherwise though what they ask otherwise is answered as recorded. */
  readonly endsAsRecorded: Readonly<Record<string, unknown>>;
}

export function describeFeatures(
  integration: Integration,
  { features, ends, edits, told, endsAsRecorded }: DescribedFeatures,
): void {
  describe(`the features of @temporalio/${integration}`, () => {
    let bench: FeatureBench;

    beforeAll(async () => {
      bench = await FeatureBench.record(inject('temporalAddress'), integration, features);
      expect(bench.ends).toEqual(ends);
    });

    afterAll(() => bench?.remove());

    it('match where nothing was changed, and Temporal’s own replayer agrees', async () => {
      const results = await bench.unchanged();
      // The child is a recording of its own; links are one with their run.
      expect(results).toHaveLength(features.length + 1);
      expect(results.map(({ outcome, official }) => [outcome, official])).toEqual(
        results.map(() => ['matched', { deterministic: true }]),
      );
    });

    it('are told to workflow code by our driver as by Temporal’s core', () => bench.expectSameActivations());

    it('are told where they were changed, at the first question or activity that is another', async () => {
      const results = await bench.changed(edits);
      expectTold(bench.told(results), told);
      expectSameOpinion(results);
    });

    it('go on with the recorded answers to an end, if told to', async () => {
      const results = await bench.changed(edits, { answers: { activity: 'recorded' }, secondOpinion: 0 });
      expect(bench.candidateEnds(results)).toEqual({ ...ends, ...endsAsRecorded });
    });
  });
}
