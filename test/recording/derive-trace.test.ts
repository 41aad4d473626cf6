import { describe, expect, it } from 'vitest';
import { joinChains, previousLinkOf, successorOf } from '../../src/recording/chain.ts';
import { deriveTrace } from '../../src/recording/derive-trace.ts';
import { resetBaseOf, runIdOf } from '../../src/recording/history-events.ts';
import { jsonToPayload } from '../../src/recording/payloads.ts';
import type { History } from '../../src/recording/recording.ts';
import { runEndOf } from '../../src/recording/run-end.ts';
import { type HandEvent, historyOf, payloads } from './support/history-builder.ts';

const failure = { message: 'no', applicationFailureInfo: { type: 'No' } };
const activity = (type: string, ...args: Parameters<typeof payloads>): HandEvent => ({
  activityTaskScheduledEventAttributes: { activityType: { name: type }, input: payloads(...args) },
});
const child: HandEvent = {
  startChildWorkflowExecutionInitiatedEventAttributes: { workflowType: { name: 'kid' }, input: payloads(1) },
};
const timer: HandEvent = { timerStartedEventAttributes: { startToFireTimeout: { seconds: 60 as never } } };
const memo = (key: string, value: Parameters<typeof jsonToPayload>[0]): HandEvent => ({
  workflowPropertiesModifiedEventAttributes: { upsertedMemo: { fields: { [key]: jsonToPayload(value) } } },
});
const asked = memo('mission.decision.ok#1', { step: 'ok#1', name: 'ok', question: '?', options: ['yes'], evidence: 1 });
const withdrawn = memo('mission.decision.ok#1', null);
const answered: HandEvent = {
  workflowExecutionUpdateAcceptedEventAttributes: {
    acceptedRequest: { input: { name: 'mission.decide', args: payloads({ step: 'ok#1', option: 'yes', by: 'kim' }) } },
  },
};
const update: HandEvent = {
  workflowExecutionUpdateAcceptedEventAttributes: { acceptedRequest: { input: { name: 'set', args: payloads(5) } } },
};

describe('the trace of a history', () => {
  const cases: [string, HandEvent[], object[]][] = [
    [
      'an open activity lasts until the last event',
      [activity('a', 1), timer],
      [{ id: 'a#1', status: 'open', request: 1, atMs: 1000, durationMs: 1000 }, {}],
    ],
    ['several arguments', [activity('a', 1, 2)], [{ request: [1, 2], kind: 'activity' }]],
    [
      'an activity called model that is not the kit’s',
      [activity('model', 1)],
      [{ id: 'model#1', kind: 'activity', name: 'model' }],
    ],
    [
      'an activity that timed out',
      [
        activity('a'),
        { activityTaskTimedOutEventAttributes: { scheduledEventId: 2 as never, failure: { message: 'late' } } },
      ],
      [{ status: 'timed-out', failure: 'late', request: null, result: null }],
    ],
    [
      'a cancelled activity',
      [activity('a'), { activityTaskCanceledEventAttributes: { scheduledEventId: 2 as never } }],
      [{ status: 'cancelled' }],
    ],
    [
      'a timer that fired',
      [timer, { timerFiredEventAttributes: { startedEventId: 2 as never } }],
      [{ id: 'timer#1', kind: 'wait', request: { durationMs: 60_000 }, status: 'completed', durationMs: 1000 }],
    ],
    [
      'a cancelled timer',
      [timer, { timerCanceledEventAttributes: { startedEventId: 2 as never } }],
      [{ status: 'cancelled' }],
    ],
    [
      'a child that failed',
      [child, { childWorkflowExecutionFailedEventAttributes: { initiatedEventId: 2 as never, failure } }],
      [{ id: 'kid#1', kind: 'child', status: 'failed', failure: 'no' }],
    ],
    [
      'a child that could not start',
      [child, { startChildWorkflowExecutionFailedEventAttributes: { initiatedEventId: 2 as never } }],
      [{ status: 'failed' }],
    ],
    [
      'a signal to another workflow',
      [
        {
          signalExternalWorkflowExecutionInitiatedEventAttributes: {
            signalName: 's',
            workflowExecution: { workflowId: 'o' },
            input: payloads(1),
          },
        },
        { externalWorkflowExecutionSignaledEventAttributes: { initiatedEventId: 2 as never } },
      ],
      [{ kind: 'signal', name: 's', request: { to: 'o', input: 1 }, status: 'completed' }],
    ],
    [
      'an update and its answer',
      [
        update,
        {
          workflowExecutionUpdateCompletedEventAttributes: {
            acceptedEventId: 2 as never,
            outcome: { success: payloads(6) },
          },
        },
      ],
      [{ id: 'set#1', kind: 'signal', request: 5, result: 6, status: 'completed' }],
    ],
    [
      'an update that was refused',
      [
        update,
        { workflowExecutionUpdateCompletedEventAttributes: { acceptedEventId: 2 as never, outcome: { failure } } },
      ],
      [{ status: 'failed', failure: 'no' }],
    ],
    [
      'a decision',
      [asked, answered, withdrawn],
      [{ id: 'ok#1', kind: 'decision', result: 'yes', by: 'kim', status: 'completed', durationMs: 1000 }],
    ],
    [
      'a decision answered before its question was written',
      [answered, asked, withdrawn],
      [{ id: 'ok#1', result: 'yes', status: 'completed', durationMs: 0 }],
    ],
    ['a decision that nobody took', [asked, withdrawn], [{ id: 'ok#1', status: 'timed-out', result: null }]],
    ['a decision still open', [asked], [{ id: 'ok#1', status: 'open' }]],
    ['a memo that is not the kit’s', [memo('mission.notes', 'mine'), memo('mission.decision.x', 1)], []],
    ['a patch', [{ markerRecordedEventAttributes: { markerName: 'core_patch' } }], []],
    [
      'a local activity that failed',
      [
        {
          markerRecordedEventAttributes: {
            markerName: 'core_local_activity',
            failure,
            details: { data: payloads({ activity_type: 'l', attempt: 3 }) },
          },
        },
      ],
      [{ id: 'l#1', status: 'failed', failure: 'no', attempts: 3 }],
    ],
  ];
  it.each(cases)('%s', (_, events, steps) => {
    const trace = deriveTrace([historyOf(events)]);
    expect(trace.steps).toHaveLength(steps.length);
    expect(trace.steps).toMatchObject(steps);
  });
});

describe('how a run ended', () => {
  it.each<[string, HandEvent[]]>([
    ['cancelled', [{ workflowExecutionCanceledEventAttributes: {} }]],
    ['terminated', [{ workflowExecutionTerminatedEventAttributes: {} }]],
    ['timed-out', [{ workflowExecutionTimedOutEventAttributes: {} }]],
    ['continued-as-new', [{ workflowExecutionContinuedAsNewEventAttributes: {} }]],
    ['open', [timer]],
  ])('%s', (status, events) => {
    expect(runEndOf(historyOf(events))).toMatchObject({ status });
  });
});

describe('chains', () => {
  const link = (runId: string, next?: string, previous?: string): History =>
    historyOf(
      next === undefined
        ? [{ workflowExecutionCompletedEventAttributes: {} }]
        : [{ workflowExecutionContinuedAsNewEventAttributes: { newExecutionRunId: next, initiator: 1 } }],
      {
        originalExecutionRunId: runId,
        ...(previous !== undefined && { continuedExecutionRunId: previous, initiator: 1 }),
      },
    );
  const [one, two, three, other] = [link('a', 'b'), link('b', 'c', 'a'), link('c', undefined, 'b'), link('x')];

  it('are joined whatever the order', () => {
    expect(joinChains([three, one, other, two])).toEqual([[one, two, three], [other]]);
  });

  it('with a missing link are refused, naming it', () => {
    expect(() => joinChains([one, three])).toThrow('continues run b, whose history is missing');
  });

  it.each<[string, History, object | undefined]>([
    [
      'a cron run',
      historyOf([{ workflowExecutionCompletedEventAttributes: { newExecutionRunId: 'n' } }], {
        cronSchedule: '@daily',
      }),
      { runId: 'n', kind: 'cron' },
    ],
    [
      'a retry',
      historyOf([{ workflowExecutionFailedEventAttributes: { newExecutionRunId: 'n' } }]),
      { runId: 'n', kind: 'retry' },
    ],
    [
      'a continued cron run',
      historyOf([{ workflowExecutionContinuedAsNewEventAttributes: { newExecutionRunId: 'n', initiator: 3 } }]),
      { runId: 'n', kind: 'cron' },
    ],
    ['an end', historyOf([{ workflowExecutionCompletedEventAttributes: {} }]), undefined],
  ])('the successor of %s', (_, history, expected) => {
    expect(successorOf(history)).toEqual(expected);
  });

  it('begin anew at a retry', () => {
    expect(previousLinkOf(historyOf([], { continuedExecutionRunId: 'p', initiator: 2 }))).toBeUndefined();
  });

  it('know the run that a reset made', () => {
    const reset = historyOf([{ workflowTaskFailedEventAttributes: { baseRunId: 'run-1', newRunId: 'run-2' } }]);
    expect([runIdOf(reset), resetBaseOf(reset)]).toEqual(['run-2', 'run-1']);
  });
});
