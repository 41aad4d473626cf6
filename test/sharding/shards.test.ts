/** How a cohort is cut, and what a shard found as text. */
import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import type { JudgedRecording } from '../../src/release/judge-recordings.ts';
import { decodeShardPlan, planShards, shardCountOf, splitCohort } from '../../src/sharding/shard-plan.ts';
import { decodeShardResults, encodeShardResults } from '../../src/sharding/shard-results.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { sampleExcluded, sampleResults } from '../support/sample-report.ts';

describe('a cohort', () => {
  it.prop([fc.integer({ min: 1, max: 3_000 }), fc.option(fc.integer({ min: 1, max: 2_000 }), { nil: undefined })])(
    'is cut into parts that hold it whole, in its order, none of them empty',
    (size, wanted) => {
      const ids = Array.from({ length: size }, (_, index) => `${index}`);
      const shards = splitCohort(ids, shardCountOf(size, wanted));
      expect(shards.flat()).toEqual(ids);
      expect(shards.length).toBeLessThanOrEqual(Math.min(size, 1_000, wanted ?? 1_000));
      const sizes = shards.map((shard) => shard.length);
      expect(Math.min(...sizes)).toBeGreaterThan(0);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    },
  );
});

describe('the plan of a replay', () => {
  it('has the whole policy, but for second opinions', () => {
    const artifact = { digest: digestOf('an artifact') } as Artifact;
    const policy = parsePolicyFlags(['reads=price,get*', 'activity=recorded']);
    const plan = planShards({
      candidate: artifact,
      candidateName: 'a',
      baseline: artifact,
      policy,
      intended: undefined,
    });
    expect(decodeShardPlan(plan).policy).toEqual({ ...policy, secondOpinion: 0 });
  });
});

const steps = [{ kind: 'tool', name: 'getOrder', status: 'completed', result: null }];

const found: readonly JudgedRecording[] = [
  ...sampleResults().map((result, index): JudgedRecording => {
    const judged = { kind: 'judged' as const, result: { ...result, readsUsed: ['price'], durationMs: 0 } };
    const forgiven = result.forgiven;
    // Every other one went its own way.
    return index % 2 === 0
      ? { ...judged, intended: undefined, ways: { recorded: steps, candidate: steps, forgiven } }
      : {
          ...judged,
          intended: { states: new Map([['sale', 'happened']]), asIntended: true },
          ways: { recorded: steps, candidate: [], forgiven },
        };
  }),
  ...sampleExcluded.map((excluded): JudgedRecording => ({ kind: 'excluded', excluded })),
];

describe('what a shard found', () => {
  it('comes back as it was', () => {
    const back = decodeShardResults(encodeShardResults(found));
    const byId = (one: JudgedRecording) => (one.kind === 'judged' ? one.result : one.excluded).recording.id;
    const sorted = [...found].sort((a, b) => (byId(a) < byId(b) ? -1 : 1));
    expect(back).toEqual(sorted);
    const followed = back.find((one) => one.kind === 'judged' && one.ways.candidate.length > 0);
    expect(followed?.kind === 'judged' && followed.ways.candidate === followed.ways.recorded).toBe(true);
  });

  it('is the same text in whatever order it came, and however long it took', () => {
    const later = found
      .toReversed()
      .map(
        (one): JudgedRecording => (one.kind === 'judged' ? { ...one, result: { ...one.result, durationMs: 9 } } : one),
      );
    expect(encodeShardResults(later)).toBe(encodeShardResults(found));
  });

  it('may hold any text that a hostile candidate makes', () => {
    const [one] = found;
    if (one?.kind !== 'judged') throw new Error('the first is a result');
    const message = 'a lone \uD800 surrogate, a \0 and "quotes"';
    const hostile: JudgedRecording = { ...one, result: { ...one.result, failure: { message } } };
    const [back] = decodeShardResults(encodeShardResults([hostile]));
    expect(back).toMatchObject({ result: { failure: { message } } });
  });
});
