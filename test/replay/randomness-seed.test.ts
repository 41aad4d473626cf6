/** Core's seed of a run, on texts whose bytes end at every place of a word. The values were computed with 64-bit integers. */
import { expect, it } from 'vitest';
import { randomnessSeed } from '../../src/replay/lockstep/randomness-seed.ts';

it.each([
  ['', '3476900567878811119'],
  ['a', '8186225505942432243'],
  ['abcdefg', '2492161047327640297'],
  ['abcdefgh', '6689927370435554326'],
  ['ä→😀', '12492511898146552476'],
  ['01a1fe95-86fb-74ec-94e4-525729d345f8', '16467868391231198744'],
])('the seed of "%s" is %s', (runId, seed) => {
  expect(randomnessSeed(runId).toString()).toBe(seed);
  expect(randomnessSeed(runId).unsigned).toBe(true);
});
