import { describe, expect, it } from 'vitest';
import { orderedState, routedVersions, trafficPast } from '../../src/fleet/hosting-state.ts';
import { type KeepRules, type MissionFacts, planFleet } from '../../src/fleet/plan-fleet.ts';
import type { HostingAction, HostingOrder } from '../../src/registry/hosting.ts';

const MISSION = 'refund-eligibility';
/** Minutes since a first moment. */
const at = (minute: number) => Date.UTC(2026, 2, 1, 0, minute);
const iso = (minute: number) => new Date(at(minute)).toISOString();
const NOW = 1_000;

/** Versions 1 to 5; 5 is version 2 restored. */
const facts = (more: Partial<MissionFacts> = {}): MissionFacts => ({
  mission: MISSION,
  deployment: MISSION,
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
  past: [],
  orders: [],
  ...more,
});

const keep = (more: Partial<KeepRules> = {}): KeepRules => ({
  nowMs: at(NOW),
  keepLast: 0,
  rollbackMs: 60 * 60_000,
  limit: 80,
  ...more,
});

/** Each had traffic at the minute of its number times 100, and was the default for 10 minutes. */
const past = (...versions: number[]) =>
  versions.map((version) => ({ version, lastRoutedAt: at(version * 100), defaultUntil: at(version * 100 + 10) }));

function orders(...given: readonly [version: number, action: HostingAction, minute: number, until?: number][]) {
  return given.map(
    ([version, action, minute, until], index): HostingOrder => ({
      mission: MISSION,
      number: index + 1,
      version,
      action,
      until: until === undefined ? null : iso(until),
      by: 'ada',
      reason: 'r',
      createdAt: iso(minute),
    }),
  );
}

const names = (targets: readonly { readonly artifact: string }[]) =>
  targets.map(({ artifact }) => artifact.at(-1)).join('');

describe('the plan of a fleet', () => {
  it.each<[string, Partial<MissionFacts>, Partial<KeepRules>, string]>([
    ['nothing without a reason', {}, {}, ''],
    ['nothing that never had traffic, however new it is', {}, { keepLast: 3 }, ''],
    ['the newest of those that had traffic', { past: past(1, 3, 4) }, { keepLast: 2 }, 'cd'],
    ['whatever has traffic', { routed: [1] }, {}, 'a'],
    ['whatever has open runs', { openArtifacts: ['sha256:c'] }, {}, 'c'],
    ['all of these', { routed: [1], openArtifacts: ['sha256:c'], past: past(4) }, { keepLast: 1 }, 'acd'],
    ['one worker for a rollback and what it restores', { routed: [2, 5] }, {}, 'b'],
    ['no artifact that is in no version', { openArtifacts: ['sha256:z'] }, {}, ''],
    ['what was the default within the window', { past: past(3, 4) }, { nowMs: at(469) }, 'd'],
    ['no default longer than that', { past: past(3, 4) }, { nowMs: at(470) }, ''],
    ['what is held', { orders: orders([3, 'hold', 1]) }, {}, 'c'],
    ['nothing whose hold was released', { orders: orders([3, 'hold', 1], [3, 'release', 2]) }, {}, ''],
    ['what is awake', { orders: orders([3, 'wake', 1, NOW + 1]) }, {}, 'c'],
    ['nothing whose wake is over', { orders: orders([3, 'wake', 1, NOW]) }, {}, ''],
    ['the longer of two wakes', { orders: orders([3, 'wake', 1, NOW + 1], [3, 'wake', 2, 3]) }, {}, 'c'],
    ['nothing that was retired', { past: past(3, 4), orders: orders([4, 'retire', 401]) }, { keepLast: 2 }, 'c'],
    [
      'what had traffic after it was retired',
      { past: past(4), orders: orders([4, 'retire', 399]) },
      { keepLast: 1 },
      'd',
    ],
    ['traffic whatever was ordered', { routed: [4], past: past(4), orders: orders([4, 'retire', 401]) }, {}, 'd'],
    ['what was woken after it was retired', { orders: orders([4, 'retire', 1], [4, 'wake', 2, NOW + 1]) }, {}, 'd'],
    [
      'nothing that was retired after it was woken',
      { orders: orders([4, 'wake', 1, NOW + 1], [4, 'retire', 2]) },
      {},
      '',
    ],
    ['no more than the limit, the oldest first to go', { past: past(1, 3, 4) }, { keepLast: 9, limit: 2 }, 'cd'],
    ['what is needed beyond the limit', { routed: [1, 2, 3], past: past(4) }, { keepLast: 9, limit: 2 }, 'abc'],
  ])('hosts %s', (_, more, rules, expected) => {
    expect(names(planFleet([facts(more)], new Set(), keep(rules)).wanted)).toBe(expected);
  });

  it('says why, and which versions hold the artifact', () => {
    const given = facts({
      routed: [2],
      openArtifacts: ['sha256:b'],
      past: past(5),
      orders: orders([2, 'hold', 1], [5, 'wake', 1, NOW + 1]),
    });
    expect(planFleet([given], new Set(), keep({ keepLast: 1, nowMs: at(510) })).wanted).toEqual([
      {
        mission: MISSION,
        artifact: 'sha256:b',
        versions: [2, 5],
        reasons: ['traffic', 'open runs', 'hold', 'awake', 'rollback', 'recent'],
      },
    ]);
  });

  it('starts what is missing, stops what is not wanted, and leaves the rest alone', () => {
    const plan = planFleet([facts({ routed: [3, 4] })], new Set(['sha256:a', 'sha256:c']), keep());
    expect([names(plan.start), plan.stop]).toEqual(['d', ['sha256:a']]);
  });
});

describe('the versions that a route can choose', () => {
  const rule = (version: number) => ({ name: 'x', when: [{ pointer: '/a', oneOf: [1] }], version });

  it('are those with weight and those of rules, each once', () => {
    const weights = [
      { version: 3, weight: 10_000 },
      { version: 2, weight: 0 },
    ];
    expect(routedVersions({ weights, rules: [rule(4), rule(3), { not: 'a rule' }] })).toEqual([3, 4]);
  });

  it('leave a past: when they got traffic last, and until when they were the default', () => {
    const revision = (minute: number, shares: readonly [number, number][], rules: ReturnType<typeof rule>[] = []) => ({
      createdAt: iso(minute),
      weights: shares.map(([version, weight]) => ({ version, weight })),
      rules,
    });
    const history = [
      revision(30, [[4, 10_000]]),
      revision(
        20,
        [
          [1, 9_000],
          [3, 1_000],
        ],
        [rule(2)],
      ),
      revision(10, [[1, 10_000]]),
    ];
    expect(new Map(trafficPast(history).map((one) => [one.version, one]))).toEqual(
      new Map([
        [4, { version: 4, lastRoutedAt: at(30), defaultUntil: Number.POSITIVE_INFINITY }],
        [1, { version: 1, lastRoutedAt: at(20), defaultUntil: at(30) }],
        [2, { version: 2, lastRoutedAt: at(20) }],
        [3, { version: 3, lastRoutedAt: at(20) }],
      ]),
    );
  });
});

describe('orders', () => {
  it('come to what was said last', () => {
    const given = orders([1, 'hold', 1], [1, 'release', 2], [1, 'hold', 3], [1, 'wake', 4, 9], [1, 'retire', 5]);
    const { hold, retired, awake } = orderedState(given);
    expect([hold?.number, retired?.number, awake]).toEqual([3, 5, undefined]);
    expect(orderedState([])).toEqual({ hold: undefined, retired: undefined, awake: undefined });
  });
});
