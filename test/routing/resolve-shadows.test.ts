/** Which runs are shadowed: exactly the share, the same keys as before and more, and nobody for the reason of another's choice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainRoute } from '../../src/routing/explain-route.ts';
import { bucketOf } from '../../src/routing/resolve-route.ts';
import { resolveShadows } from '../../src/routing/resolve-shadows.ts';
import { routeTable } from '../../src/routing/route-table.ts';

const KEYS = Array.from({ length: 20_000 }, (_, index) => `customer-${index}`);

function shadowed(share: number, version = 5, salt = 'salt'): Set<string> {
  const route = { salt, shadows: [{ version, share }] };
  return new Set(KEYS.filter((key) => resolveShadows(route, { businessKey: key, version: 2 })[0]?.shadowed));
}

/** Five standard deviations of a binomial count: a fair coin leaves it once in some two million. */
function interval(share: number): number {
  const probability = share / 10_000;
  return 5 * Math.sqrt(KEYS.length * probability * (1 - probability));
}

describe('the keys that a version shadows', () => {
  it.each([1, 10, 500, 2_500, 9_000])('are a share of %i in 10,000', (share) => {
    expect(Math.abs(shadowed(share).size - (KEYS.length * share) / 10_000)).toBeLessThanOrEqual(interval(share));
  });

  it('are all of them at 100 %', () => {
    expect(shadowed(10_000).size).toBe(KEYS.length);
  });

  it('stay when the share is raised, and are the same each time', () => {
    const [few, more] = [shadowed(500), shadowed(1_500)];
    expect([...few].filter((key) => !more.has(key))).toEqual([]);
    expect([...shadowed(500)]).toEqual([...few]);
  });

  it.each([
    { than: 'of another candidate', other: () => shadowed(2_500, 6) },
    { than: 'of another mission', other: () => shadowed(2_500, 5, 'pepper') },
    { than: 'that the weights choose', other: () => new Set(KEYS.filter((key) => bucketOf('salt', key) < 2_500)) },
  ])('are others than those $than', ({ other }) => {
    const own = shadowed(2_500);
    const set = other();
    const both = [...own].filter((key) => set.has(key)).length;
    const expected = (own.size * set.size) / KEYS.length;
    expect(Math.abs(both - expected)).toBeLessThanOrEqual(5 * Math.sqrt(expected));
  });

  it('do not depend on the input, the weights or the rules; a version does not shadow itself', () => {
    const weight = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(fc.string(), fc.json(), weight, (key, text, share) => {
        const of = (weights: { version: number; weight: number }[], input: string) => {
          const table = routeTable([
            { mission: 'triage', revision: 1, salt: 's', rules: [], weights, shadows: [{ version: 9, share: 3_000 }] },
          ]);
          return table && explainRoute(table, [JSON.parse(input)], { key }).inputs[0];
        };
        const one = of([{ version: 1, weight: 10_000 }], 'null');
        const other = of(
          [
            { version: 1, weight: share },
            { version: 2, weight: 10_000 - share },
          ],
          text,
        );
        expect(other?.shadows).toEqual(one?.shadows);
        const itself = of([{ version: 9, weight: 10_000 }], text);
        expect(itself?.shadows).toMatchObject([{ shadowed: false, reason: 'the run is on it' }]);
      }),
    );
  });

  it('are counted by a dry run, with the reason of each', () => {
    const table = routeTable([
      {
        mission: 'triage',
        revision: 3,
        salt: 's',
        rules: [],
        weights: [{ version: 1, weight: 10_000 }],
        shadows: [
          { version: 2, share: 10_000 },
          { version: 4, share: 1 },
        ],
      },
    ]);
    expect(table && explainRoute(table, [{}, {}], { key: 'k' })).toMatchObject({
      shadows: [
        { version: 2, count: 2 },
        { version: 4, count: 0 },
      ],
      inputs: [
        {
          shadows: [
            { version: 2, shadowed: true, reason: expect.stringMatching(/^bucket \d+ is of the first 10000\/10000$/) },
            { version: 4, shadowed: false, reason: expect.stringMatching(/^bucket \d+ is not of the first 1\/10000$/) },
          ],
        },
        {},
      ],
    });
  });
});
