/** By which revision of its route a version came to have traffic. */
import { describe, expect, it } from 'vitest';
import type { Route } from '../../src/registry/routes.ts';
import { releaseOf } from '../../src/release/explain-run.ts';

describe('the release of a version', () => {
  const route = (revision: number, ...versions: number[]) =>
    ({ revision, rules: [], weights: versions.map((version) => ({ version, weight: 100 })) }) as unknown as Route;

  it.each<[string, Route[], number, number | undefined]>([
    ['is the revision that gave it traffic first', [route(1, 1), route(2, 1, 2), route(3, 2)], 3, 2],
    ['is the later one when it was taken away between', [route(1, 2), route(2, 1), route(3, 2)], 3, 3],
    ['looks no further than the revision that decided', [route(1, 2), route(2, 1), route(3, 2)], 1, 1],
    ['is none when it never had any', [route(1, 1)], 1, undefined],
  ])('%s', (_what, routes, upTo, expected) => {
    expect(releaseOf(routes, 2, upTo)?.revision).toBe(expected);
  });
});
