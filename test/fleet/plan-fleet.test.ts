import { describe, expect, it } from 'vitest';
import { routedVersions } from '../../src/fleet/fleet-facts.ts';
import { type MissionFacts, planFleet } from '../../src/fleet/plan-fleet.ts';

/** Versions 1 to 5; 5 is version 2 restored. */
const facts = (more: Partial<MissionFacts> = {}): MissionFacts => ({
  mission: 'refund-eligibility',
  versions: [
    { number: 1, artifact: 'sha256:a' },
    { number: 2, artifact: 'sha256:b' },
    { number: 3, artifact: 'sha256:c' },
    { number: 4, artifact: 'sha256:d' },
    { number: 5, artifact: 'sha256:b' },
  ],
  routed: [],
  defaultVersion: undefined,
  openArtifacts: [],
  ...more,
});

const names = (targets: readonly { readonly artifact: string }[]) =>
  targets.map(({ artifact }) => artifact.at(-1)).join('');

describe('the plan of a fleet', () => {
  it.each<[string, Partial<MissionFacts>, number, string]>([
    ['nothing without a reason', {}, 0, ''],
    ['the newest, in the order of their first version', {}, 2, 'bd'],
    ['whatever has traffic', { routed: [1] }, 0, 'a'],
    ['whatever has open runs', { openArtifacts: ['sha256:c'] }, 0, 'c'],
    ['all of these', { routed: [1], openArtifacts: ['sha256:c'] }, 1, 'abc'],
    ['one worker for a rollback and what it restores', { routed: [2, 5] }, 0, 'b'],
    ['no artifact that is in no version', { openArtifacts: ['sha256:z'] }, 0, ''],
  ])('hosts %s', (_, more, keepLast, expected) => {
    expect(names(planFleet([facts(more)], new Set(), keepLast).wanted)).toBe(expected);
  });

  it('says why, and which versions hold the artifact', () => {
    const { wanted } = planFleet([facts({ routed: [2], openArtifacts: ['sha256:b'] })], new Set(), 1);
    expect(wanted).toEqual([
      {
        mission: 'refund-eligibility',
        artifact: 'sha256:b',
        versions: [2, 5],
        reasons: ['traffic', 'open runs', 'recent'],
      },
    ]);
  });

  it('starts what is missing, stops what is not wanted, and leaves the rest alone', () => {
    const plan = planFleet([facts({ routed: [3, 4] })], new Set(['sha256:a', 'sha256:c']), 0);
    expect([names(plan.start), plan.stop]).toEqual(['d', ['sha256:a']]);
  });
});

describe('the versions that a route can choose', () => {
  it('are those with weight and those of rules, each once', () => {
    const weights = [
      { version: 3, weight: 10_000 },
      { version: 2, weight: 0 },
    ];
    const rule = (version: number) => ({ name: 'x', when: [{ pointer: '/a', oneOf: [1] }], version });
    expect(routedVersions({ weights, rules: [rule(4), rule(3), { not: 'a rule' }] })).toEqual([3, 4]);
  });
});
