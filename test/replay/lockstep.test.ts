import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type HistoryEvent, toNumber } from '../../src/replay/proto.ts';
import { createSandbox, type Sandbox } from '../../src/replay/sandbox.ts';
import { drive, essence, withoutRemovals } from './plain/activations.ts';
import { type CoreReplay, coreReplays } from './plain/core-activations.ts';
import { bundlePlain, recordPlainRuns } from './plain/record.ts';
import { recordInterruptedRuns } from './plain/record-interrupted.ts';
import type { RecordedRun } from './plain/record-runs.ts';

describe('our driver and Temporal core, on histories of plain workflows', () => {
  let runs: RecordedRun[];
  let core: CoreReplay[];
  let sandbox: Sandbox;

  beforeAll(async () => {
    const code = await bundlePlain();
    const address = inject('temporalAddress');
    const recorded = await Promise.all([recordPlainRuns(address, code), recordInterruptedRuns(address, code)]);
    runs = recorded.flat();
    core = await coreReplays(code, runs);
    sandbox = await createSandbox({ code }, 10_000);
  });

  it('records every scenario', () => {
    expect(runs.length).toBeGreaterThanOrEqual(35);
  });

  it.each<[name: string, what: string, event: (event: HistoryEvent, next?: HistoryEvent) => unknown]>([
    [
      'recurring, run 2',
      'the result before',
      ({ workflowExecutionStartedEventAttributes: one }) => one?.lastCompletionResult,
    ],
    [
      'recurring, run 3',
      'the failure before',
      ({ workflowExecutionStartedEventAttributes: one }) => one?.continuedFailure,
    ],
    ['recurring, run 3', 'its schedule', ({ workflowExecutionStartedEventAttributes: one }) => one?.cronSchedule],
    ['struggling, run 2', 'another attempt', ({ workflowExecutionStartedEventAttributes: one }) => one?.attempt === 2],
    ['redone, reset', 'a reset', ({ workflowTaskFailedEventAttributes: one }) => one?.newRunId],
    ['redone, reset', 'an admitted update', (event) => event.workflowExecutionUpdateAdmittedEventAttributes],
    ['redone, reset', 'a signal that came again', (event) => event.workflowExecutionSignaledEventAttributes],
    ['mended', 'a failed task', (event) => event.workflowTaskFailedEventAttributes],
    ['lost', 'a task that was timed out', (event) => event.workflowTaskTimedOutEventAttributes],
    ['patient', 'a task for more time', (event, next) => asksForTime(event, next)],
    ['patient, begun', 'a task for more time', (event, next) => asksForTime(event, next)],
    [
      'beforehand',
      'an early update',
      ({ workflowExecutionUpdateAcceptedEventAttributes: one }) =>
        one && toNumber(one.acceptedRequestSequencingEventId) < 3,
    ],
    ['beating', 'heartbeats that ended', (event) => event.activityTaskTimedOutEventAttributes],
  ])('records of %s %s', (name, _, isIt) => {
    const { events = [] } = runs.find((run) => run.name === name)?.history ?? {};
    expect(events?.some((event, index) => isIt(event, events[index + 1]))).toBe(true);
  });

  it('the unchanged code replays without a mismatch, as the official replayer finds too', async () => {
    for (const [index, run] of runs.entries()) {
      expect(core[index]?.error, run.name).toBeUndefined();
      const { driver } = await drive(sandbox, run).catch((error: Error) => {
        throw new Error(`${run.name}: ${error.message}`);
      });
      expect(driver.ended, run.name).toBe(true);
    }
  });

  it('gives the same activations as core, one by one', async () => {
    for (const [index, run] of runs.entries()) {
      const { activations } = await drive(sandbox, run);
      const expected = withoutRemovals(core[index]);
      expect(activations.map(essence), run.name).toEqual(expected.map(essence));
    }
  });
});

/** The server makes the next task in the same breath, with nothing done in between. */
function asksForTime(event: HistoryEvent, next: HistoryEvent | undefined): boolean {
  return Boolean(event.workflowTaskCompletedEventAttributes && next?.workflowTaskScheduledEventAttributes);
}
