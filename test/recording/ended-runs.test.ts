import { describe, expect, it } from 'vitest';
import { endedRunsQuery } from '../../src/recording/ended-runs.ts';

const ended = "ExecutionStatus IN ('Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut')";

describe('the visibility query for ended runs', () => {
  it.each([
    ['nothing more', {}, ''],
    ['a time', { since: '2026-01-01T00:00:00Z' }, " AND StartTime >= '2026-01-01T00:00:00Z'"],
    ['workflow ids, quotes in them', { workflowIds: ["o'hara", 'b'] }, " AND WorkflowId IN ('o\\'hara', 'b')"],
    ['a query of one’s own, kept together', { query: 'A = 1 OR B = 2' }, ' AND (A = 1 OR B = 2)'],
    ['an empty query', { query: ' ' }, ''],
  ])('by %s', (_, filter, more) => {
    expect(endedRunsQuery(filter)).toBe(ended + more);
  });
});
