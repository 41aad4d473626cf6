import { describe, expect, it } from 'vitest';
import type { CallerAttributes } from '../../src/routing/caller-attributes.ts';
import { bucketOf, resolveRoute } from '../../src/routing/resolve-route.ts';
import { type RouteRevision, type RouteTable, routeTable } from '../../src/routing/route-table.ts';
import type { Json } from '../../src/shared/json.ts';

const revision = (
  number: number,
  weights: Readonly<Record<number, number>>,
  more: Partial<RouteRevision> = {},
): RouteRevision => ({
  mission: 'refund-eligibility',
  revision: number,
  salt: 'salt-a',
  rules: [],
  weights: Object.entries(weights).map(([version, weight]) => ({ version: Number(version), weight })),
  ...more,
});

function tableOf(...revisions: RouteRevision[]): RouteTable {
  const table = routeTable(revisions);
  if (table === undefined) throw new Error('no table');
  return table;
}

const keys = Array.from({ length: 20_000 }, (_, index) => `customer-${index}`);
const versionsOf = (table: RouteTable) =>
  keys.map((businessKey) => resolveRoute(table, { missionInput: null, businessKey }).version);

/** Whether a count of successes is within five standard deviations of what is expected. */
function isNear(count: number, share: number): boolean {
  const deviation = Math.sqrt(keys.length * share * (1 - share));
  return Math.abs(count - keys.length * share) <= 5 * deviation;
}

describe('weights', () => {
  it('send keys in their shares, n ways', () => {
    const versions = versionsOf(tableOf(revision(1, { 1: 6_000, 2: 2_500, 3: 1_400, 4: 100 })));
    const shares: [number, number][] = [
      [1, 0.6],
      [2, 0.25],
      [3, 0.14],
      [4, 0.01],
    ];
    for (const [version, share] of shares) {
      expect(isNear(versions.filter((found) => found === version).length, share)).toBe(true);
    }
  });

  it('are sticky: raising one share moves keys only into it', () => {
    const before = versionsOf(tableOf(revision(1, { 1: 6_000, 2: 4_000 })));
    const after = versionsOf(
      tableOf(revision(1, { 1: 6_000, 2: 4_000 }), revision(2, { 1: 5_000, 2: 4_000, 3: 1_000 })),
    );
    const moves = new Set(
      before.flatMap((from, index) => (from === after[index] ? [] : [`${from} → ${after[index]}`])),
    );
    expect(moves).toEqual(new Set(['1 → 3']));
  });

  it('of two lineages are independent: the canaries of one are not those of the other', () => {
    const canary = (salt: string) => versionsOf(tableOf(revision(1, { 1: 9_000, 2: 1_000 }, { salt })));
    const [first, second] = [canary('salt-a'), canary('salt-b')];
    const both = first.filter((version, index) => version === 2 && second[index] === 2).length;
    expect(isNear(both, 0.01)).toBe(true);
  });

  it('say the same on every router, in whatever order the revisions come', () => {
    const revisions = [
      revision(1, { 1: 10_000 }),
      revision(2, { 1: 9_500, 2: 500 }),
      revision(3, { 1: 5_000, 2: 5_000 }),
    ];
    expect(versionsOf(tableOf(...revisions))).toEqual(versionsOf(tableOf(...revisions.toReversed())));
  });

  it('name the reason, the revision, the bucket and the probability', () => {
    const table = tableOf(revision(7, { 1: 9_500, 2: 500 }));
    const bucket = bucketOf('salt-a', 'customer-1');
    const version = bucket < 9_500 ? 1 : 2;
    const weight = version === 1 ? 9_500 : 500;
    expect(resolveRoute(table, { missionInput: null, businessKey: 'customer-1' })).toEqual({
      version,
      reason: `refund-eligibility@${version} has weight ${weight}/10000, bucket ${bucket}`,
      revision: 7,
      bucket,
      probability: weight / 10_000,
    });
  });

  it('hash the same key to the same bucket in every release', () => {
    // SHA-256 of ["a","bc"] and of ["ab","c"], their first 48 bits times 10,000 shifted right by 48.
    expect([bucketOf('a', 'bc'), bucketOf('ab', 'c')]).toEqual([2_603, 5_091]);
  });
});

describe('rules', () => {
  const rules = [
    { name: 'staff', when: [{ pointer: '/customer/tier', oneOf: ['staff', 'test'] }], version: 3 },
    {
      name: 'large and new',
      when: [
        { pointer: '/items/0/price', oneOf: [100] },
        { pointer: '/a~1b', oneOf: [null] },
      ],
      version: 4,
    },
  ];
  const table = tableOf(revision(1, { 1: 10_000 }, { rules }));

  it.each([
    ['a value of the list', { customer: { tier: 'test' } }, 3, 'rule "staff"'],
    ['another value', { customer: { tier: 'gold' } }, 1, 'weight'],
    ['all conditions', { items: [{ price: 100 }], 'a/b': null }, 4, 'rule "large and new"'],
    ['one of two conditions', { items: [{ price: 100 }] }, 1, 'weight'],
    [
      'the first rule that applies',
      { customer: { tier: 'staff' }, items: [{ price: 100 }], 'a/b': null },
      3,
      'rule "staff"',
    ],
    ['a place that only the prototype has', { customer: 'tier' }, 1, 'weight'],
    ['no object at all', null, 1, 'weight'],
  ])('decide by %s', (_, missionInput, version, reason) => {
    const decision = resolveRoute(table, { missionInput, businessKey: 'x' });
    expect(decision).toMatchObject({ version, reason: expect.stringContaining(reason) });
  });

  it('look at attributes of the caller, which say nothing about the input', () => {
    const europe = { name: 'europe', when: [{ pointer: 'caller:/region', oneOf: ['eu'] }], version: 3 };
    const asked = tableOf(revision(1, { 1: 10_000 }, { rules: [europe] }));
    const decide = (missionInput: Json, attributes?: CallerAttributes) =>
      resolveRoute(asked, { missionInput, businessKey: 'x', attributes });
    expect(decide({}, { region: 'eu' })).toMatchObject({
      version: 3,
      reason: 'rule "europe"',
      rule: 'europe',
      probability: 1,
    });
    expect([decide({}, { region: 'us' }).version, decide({ region: 'eu' }).version]).toEqual([1, 1]);
  });

  it('that cannot be read are refused, not skipped', () => {
    expect(() => routeTable([revision(4, { 1: 10_000 }, { rules: [{ name: 'x', when: [], version: 1 }] })])).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining('revision 4') }),
    );
  });
});

describe('a mission without a route', () => {
  it('has no table', () => {
    expect(routeTable([])).toBeUndefined();
  });
});
