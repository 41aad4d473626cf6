/** Rarer forms that a history can take, each recorded on a real server, in both engines and against the code that made it. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { validateHistory } from '../../src/recording/validate-history.ts';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import { NO_LIVE_ANSWERS } from '../../src/replay/live-answers.ts';
import { EventType, type HistoryEvent } from '../../src/replay/proto.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { createSandbox, type Sandbox } from '../../src/replay/sandbox.ts';
import { CHANGES, UNTOLD } from './forms/changes.ts';
import { recordForms } from './forms/record-forms.ts';
import { bothEngines, cutsOf } from './plain/activations.ts';
import { bundlePlain, recordPlainRuns } from './plain/record.ts';
import { recordInterruptedRuns } from './plain/record-interrupted.ts';
import type { RecordedRun } from './plain/record-runs.ts';
import { bundleVariant } from './plain/variant.ts';

const options = { answers: answerPolicy.parse({}), limits: replayLimits.parse({}), live: NO_LIVE_ANSWERS };

/** What runs were told of this is another failure than the one that core tells them when it replays. */
const TOLD_OTHERWISE = 'worksLocally, timed out';

/** The event that a scenario is about, at its name or at the beginning of it. */
const HOLDS: readonly (readonly [name: string, event: keyof HistoryEvent])[] = [
  ['kidEnds, run timeout', 'childWorkflowExecutionTimedOutEventAttributes'],
  ['kidEnds, execution timeout', 'childWorkflowExecutionTimedOutEventAttributes'],
  ['kidEnds, terminated', 'childWorkflowExecutionTerminatedEventAttributes'],
  ['kidEnds, failed', 'childWorkflowExecutionFailedEventAttributes'],
  ['kidEnds, continued', 'childWorkflowExecutionCompletedEventAttributes'],
  ['kidIsThere', 'startChildWorkflowExecutionFailedEventAttributes'],
  ['cancelsKid, TRY_CANCEL', 'externalWorkflowExecutionCancelRequestedEventAttributes'],
  ['cancelsKid, WAIT', 'externalWorkflowExecutionCancelRequestedEventAttributes'],
  ['cancelsKid, ABANDON', 'childWorkflowExecutionTerminatedEventAttributes'],
  ['cancelsGoneKid, TRY_CANCEL', 'externalWorkflowExecutionCancelRequestedEventAttributes'],
  ['cancelsGoneKid, WAIT', 'externalWorkflowExecutionCancelRequestedEventAttributes'],
  ['signalsGoneKid', 'signalExternalWorkflowExecutionFailedEventAttributes'],
  ['works, schedule-to-start timeout', 'activityTaskTimedOutEventAttributes'],
  ['works, schedule-to-close timeout', 'activityTaskTimedOutEventAttributes'],
  ['works, no time for another attempt', 'activityTaskFailedEventAttributes'],
  ['works, out of attempts', 'activityTaskFailedEventAttributes'],
  ['givesUp, TRY_CANCEL, untaken', 'activityTaskCanceledEventAttributes'],
  ['givesUp, ABANDON, completes', 'activityTaskCompletedEventAttributes'],
  ['givesUp, ABANDON, fails', 'workflowTaskFailedEventAttributes'],
  ['worksLocally, long between attempts', 'timerFiredEventAttributes'],
  ['givesUpBetween', 'timerCanceledEventAttributes'],
  ['writesToNobody', 'requestCancelExternalWorkflowExecutionFailedEventAttributes'],
  ['answers', 'workflowExecutionUpdateCompletedEventAttributes'],
  ['refusesToEnd', 'workflowExecutionCancelRequestedEventAttributes'],
  ['outOfTime', 'workflowExecutionTimedOutEventAttributes'],
  ['interferedWith', 'workflowExecutionOptionsUpdatedEventAttributes'],
];

/** Kinds of events that no server of ours writes: switched off, of a service of its own, or not written by any. */
const NOT_WRITTEN = /^(UNSPECIFIED|WORKFLOW_EXECUTION_UPDATE_REJECTED|.*_PROPERTIES_MODIFIED_EXTERNALLY)$/;
const SWITCHED_OFF = ['PAUSED', 'UNPAUSED', 'TIME_SKIPPING_TRANSITIONED'].map((kind) => `WORKFLOW_EXECUTION_${kind}`);

const eventsOf = ({ history }: RecordedRun) => history.events ?? [];
const kindOf = ({ eventType }: HistoryEvent) => (EventType[eventType ?? 0] ?? '').replace('EVENT_TYPE_', '');

describe('a rarer form of a history', () => {
  let runs: RecordedRun[];
  let others: RecordedRun[];
  let code: string;
  let original: Sandbox;

  beforeAll(async () => {
    code = await bundlePlain('../forms/workflows.ts');
    const plain = await bundlePlain();
    const address = inject('temporalAddress');
    runs = await recordForms(address, code);
    others = [...(await recordPlainRuns(address, plain)), ...(await recordInterruptedRuns(address, plain))];
    original = await createSandbox({ code }, 10_000);
  });

  const named = (name: string) => runs.filter((run) => run.name.startsWith(name));

  const replay = (run: RecordedRun | undefined, sandbox: Sandbox) => {
    const { histories, end, ...summary } = buildRecording([run?.history ?? {}]);
    return replayRecording({ sandbox, definition: undefined }, { summary, end, histories }, options);
  };

  it.each(HOLDS)('is there: %s has %s', (name, event) => {
    const found = named(name).map((run) => eventsOf(run).some((one) => one[event]));
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(found.map(() => true));
  });

  it('is a valid history', () => {
    for (const { name, history } of runs) expect(() => validateHistory(history, name), name).not.toThrow();
  });

  it('is matched by the code that made it', async () => {
    for (const run of runs) {
      const { outcome, divergence, failure } = await replay(run, original);
      const matched = { outcome: 'matched', divergence: null, failure: undefined };
      expect.soft({ outcome, divergence, failure }, run.name).toEqual(matched);
    }
  });

  it('gives the same activations in both engines', async () => {
    const alike = runs.filter(({ name }) => name !== TOLD_OTHERWISE);
    for (const { name, error, ours, core } of await bothEngines({ code }, alike)) {
      expect.soft(error, name).toBeUndefined();
      expect.soft(ours, name).toEqual(core);
      expect.soft(ours.length, name).toBeGreaterThan(0);
    }
  });

  it('tells the run what it was told where core does not, and what core tells by the standard of determinism', async () => {
    const run = named(TOLD_OTHERWISE);
    const [strict] = await bothEngines({ code }, run);
    const [asReplayed] = await bothEngines({ code }, run, false);
    expect(asReplayed?.ours).toEqual(asReplayed?.core);
    expect(strict?.ours).not.toEqual(strict?.core);
    expect(JSON.stringify(strict?.ours)).toContain('Local Activity timed out');
  });

  it('gives the same activations in both engines wherever it is cut off', async () => {
    const cuts = runs.filter(({ name }) => name !== TOLD_OTHERWISE).flatMap(cutsOf);
    for (const { name, error, ours, core } of await bothEngines({ code }, cuts)) {
      expect.soft(error, name).toBeUndefined();
      expect.soft(ours, name).toEqual(core);
    }
  });

  it('is passed over where it is an event that a worker may ignore', async () => {
    const [run] = named('interferedWith') as [RecordedRun];
    const passed = [58, 59, 60, 999].map((eventType): RecordedRun => {
      const events = eventsOf(run).map((event) => {
        if (!event.workflowExecutionOptionsUpdatedEventAttributes) return event;
        const { eventId, eventTime, taskId } = event;
        return { eventId, eventTime, taskId, eventType, workerMayIgnore: true } as HistoryEvent;
      });
      return { ...run, name: `${eventType}`, history: { events } };
    });
    for (const { name, error, ours, core } of await bothEngines({ code }, passed)) {
      expect.soft(error, name).toBeUndefined();
      expect.soft(ours, name).toEqual(core);
    }
  });

  it('is recorded of every kind of event that a server writes', () => {
    const written = new Set([...runs, ...others].flatMap(eventsOf).map(kindOf));
    const missing = Object.keys(EventType)
      .map((kind) => kind.replace('EVENT_TYPE_', ''))
      .filter((kind) => !written.has(kind) && !kind.startsWith('NEXUS_') && !NOT_WRITTEN.test(kind));
    expect(missing.sort()).toEqual([...SWITCHED_OFF].sort());
  });

  async function replayEdited(scenario: string, file: string, from: string, to: string) {
    const sandbox = await createSandbox({ code: await bundleVariant(from, to, `../forms/${file}.ts`) }, 10_000);
    try {
      return await replay(
        runs.find(({ name }) => name === scenario),
        sandbox,
      );
    } finally {
      await sandbox.destroy();
    }
  }

  it.each(CHANGES)('tells an edit: %s (%s.ts), where %j became %j', async (scenario, file, from, to, found) => {
    const { divergence } = await replayEdited(scenario, file, from, to);
    expect(divergence).toMatchObject(found);
  });

  it.each(UNTOLD)('does not tell what it does not hold: %s', async (scenario, file, from, to) => {
    expect(await replayEdited(scenario, file, from, to)).toMatchObject({ outcome: 'matched', divergence: null });
  });
});
