/** What a run is known by: one name for one intent, whatever Temporal makes of the run. */
import { describe, expect, it } from 'vitest';
import { originOf } from '../../src/mission/run-origin.ts';

type Facts = Parameters<typeof originOf>[0];

/** The first link of a chain, never reset. */
const first: Facts = { firstExecutionRunId: 'r1', originalExecutionRunId: 'r1', attempt: 1 };
const second: Facts = {
  firstExecutionRunId: 'r1',
  originalExecutionRunId: 'r2',
  continuedFromExecutionRunId: 'r1',
  attempt: 1,
  memo: { 'mission.link': 2 },
};

describe('the origin of a run', () => {
  it.each<[string, Facts, string]>([
    ['the first link', first, 'r1'],
    [
      'a second attempt of the whole run',
      { ...first, originalExecutionRunId: 'r2', continuedFromExecutionRunId: 'r1', attempt: 2 },
      'r1',
    ],
    ['a second link', second, 'r1/2'],
    [
      'a second attempt of the second link',
      { ...second, originalExecutionRunId: 'r3', continuedFromExecutionRunId: 'r2', attempt: 2 },
      'r1/2',
    ],
    [
      'a second link after the first one was reset',
      { ...second, originalExecutionRunId: 'r4', continuedFromExecutionRunId: 'r3' },
      'r1/2',
    ],
    [
      'a run of a cron schedule',
      { ...first, originalExecutionRunId: 'r5', continuedFromExecutionRunId: 'r1', cronSchedule: '@daily' },
      'r5',
    ],
    ['a run that something else continued as', { ...second, memo: {} }, 'r2'],
    ['a link count that is none', { ...first, memo: { 'mission.link': 'two' } }, 'r1'],
  ])('of %s', (_, facts, origin) => {
    expect(originOf(facts)).toBe(origin);
  });
});
