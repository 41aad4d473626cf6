import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { HistoryEvent } from '../../../src/replay/proto.ts';
import { eventually, once } from '../plain/once.ts';
import type { Drive, Scenario } from '../plain/record-runs.ts';

const { PendingActivityState } = proto.temporal.api.enums.v1;

/** The first activity of a run. */
const work = ({ workflowId }: WorkflowHandle) => ({ workflowId, activityId: '1' });

const isInState = (state: number) => async (handle: WorkflowHandle) => {
  const { raw } = await handle.describe();
  return raw.pendingActivities?.some((activity) => activity.state === state);
};

const isTaken = isInState(PendingActivityState.PENDING_ACTIVITY_STATE_STARTED);

/** Once a worker has the first activity, which waits for somebody else to end it. */
const taken = (handle: WorkflowHandle) =>
  eventually(`the activity of ${handle.workflowId} is taken`, () => isTaken(handle));

const timedOut = (event: HistoryEvent) => event.activityTaskTimedOutEventAttributes;

const ENDS = {
  completes: {
    end: (handle: WorkflowHandle, { activity }: Client) => activity.complete(work(handle), 'done later'),
    event: (event: HistoryEvent) => event.activityTaskCompletedEventAttributes,
  },
  fails: {
    end: (handle: WorkflowHandle, { activity }: Client) =>
      activity.fail(work(handle), ApplicationFailure.nonRetryable('failed later', 'Later', 7)),
    event: (event: HistoryEvent) => event.activityTaskFailedEventAttributes,
  },
  'is cancelled': {
    end: (handle: WorkflowHandle, { activity }: Client) => activity.reportCancellation(work(handle), 'stopped later'),
    event: (event: HistoryEvent) => event.activityTaskCanceledEventAttributes,
  },
} as const;

const cancelRequested = once((event) => event.activityTaskCancelRequestedEventAttributes);
/** The signal's own. */
const heard = once((event) => event.workflowTaskCompletedEventAttributes, 2);

const givesUp = (cancellationType: string, how: keyof typeof ENDS): Scenario => ({
  name: `givesUp, ${cancellationType}, ${how}`,
  type: 'givesUp',
  args: [cancellationType],
  drive: async (handle, client) => {
    await taken(handle);
    await handle.signal('giveUp');
    await (cancellationType === 'ABANDON' ? heard : cancelRequested)(handle);
    await ENDS[how].end(handle, client);
    await once(ENDS[how].event)(handle);
    await handle.signal('goOn');
  },
});

const afterGivingUp =
  (wanted: (event: HistoryEvent) => unknown): Drive =>
  async (handle) => {
    await once((event) => event.activityTaskScheduledEventAttributes)(handle);
    await handle.signal('giveUp');
    await once(wanted)(handle);
    await handle.signal('goOn');
  };

/** The server takes no end of a workflow task from a worker that cannot make sense of this. */
const failsAbandoned: Scenario = {
  name: 'givesUp, ABANDON, fails',
  type: 'givesUp',
  args: ['ABANDON'],
  drive: async (handle, client) => {
    await taken(handle);
    await handle.signal('giveUp');
    await heard(handle);
    await ENDS.fails.end(handle, client);
    await once((event) => event.workflowTaskFailedEventAttributes)(handle);
    await handle.terminate('it cannot go on');
  },
};

/** Nobody takes work from there. */
const nowhere = { taskQueue: `nowhere-${crypto.randomUUID()}` };

const givesUpUntaken = (cancellationType: string): Scenario => ({
  name: `givesUp, ${cancellationType}, untaken`,
  type: 'givesUp',
  args: [cancellationType, nowhere],
  drive: afterGivingUp((event) => event.activityTaskCanceledEventAttributes),
});

/** Told to give up with its start, so that nothing is sent that could be cancelled. */
const givesUpUnsent = (cancellationType: string): Scenario => ({
  name: `givesUp, ${cancellationType}, unsent`,
  type: 'givesUp',
  args: [cancellationType],
  signal: ['giveUp'],
  drive: (handle) => handle.signal('goOn'),
});

/** Cancelled, and out of time before it has noticed. */
const givesUpTooLate = (cancellationType: string): Scenario => ({
  name: `givesUp, ${cancellationType}, times out`,
  type: 'givesUp',
  args: [cancellationType, { startToCloseTimeout: '3s' }],
  drive: async (handle, client) => {
    await eventually(`the activity of ${handle.workflowId} is taken`, async () => {
      const { events } = await handle.fetchHistory();
      return (await isTaken(handle)) || events?.some(timedOut);
    });
    await afterGivingUp(timedOut)(handle, client);
  },
});

const works = (name: string, type: string, options: object, drive?: Drive): Scenario => ({
  name: `works, ${name}`,
  type: 'works',
  args: [type, options],
  ...(drive && { drive }),
});

const fail: Drive = (handle, { activity }) => activity.fail(work(handle), ApplicationFailure.retryable('once more'));

const failOnce: Drive = async (handle, client) => {
  await taken(handle);
  await fail(handle, client);
};

/** Paused while somebody has it, so that its next attempt waits until it is let go on. */
const pause: Drive = async (handle, client) => {
  const { workflowService, activity } = client;
  await taken(handle);
  const which = { namespace: 'default', execution: { workflowId: handle.workflowId }, id: '1', identity: 'operator' };
  await workflowService.pauseActivity({ ...which, reason: 'to see it paused' });
  await fail(handle, client);
  await eventually(`the activity of ${handle.workflowId} is paused`, () =>
    isInState(PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED)(handle),
  );
  await workflowService.unpauseActivity(which);
  await taken(handle);
  await activity.complete(work(handle), 'after a pause');
};

const MINUTE = { startToCloseTimeout: '60s' };

const locally = (name: string, type: string, options: object): Scenario => ({
  name: `worksLocally, ${name}`,
  type: 'worksLocally',
  args: [type, options],
});

const givesUpLocally = (type: string, cancellationType: string, when: 'at once' | 'when told'): Scenario => ({
  name: `givesUpLocally, ${cancellationType}, ${type} ${when}`,
  type: 'givesUpLocally',
  args: [type, cancellationType, when],
  ...(when === 'when told' && {
    // The worker asks for more time before its task is lost, and hears of the signal then.
    options: { workflowTaskTimeout: '3s' },
    drive: async (handle) => {
      await once((event) => event.workflowTaskCompletedEventAttributes)(handle);
      await handle.signal('giveUp');
    },
  }),
});

const TYPES = ['TRY_CANCEL', 'ABANDON', 'WAIT_CANCELLATION_COMPLETED'] as const;

export const WORK: readonly Scenario[] = [
  works('schedule-to-start timeout', 'later', { ...MINUTE, ...nowhere, scheduleToStartTimeout: '1s' }),
  works('schedule-to-close timeout', 'later', { scheduleToCloseTimeout: '1s' }),
  works(
    'no time for another attempt',
    'later',
    { scheduleToCloseTimeout: '60s', retry: { initialInterval: '120s' } },
    failOnce,
  ),
  works(
    'out of attempts',
    'later',
    { ...MINUTE, retry: { initialInterval: 10, maximumAttempts: 2 } },
    async (handle, client) => {
      await failOnce(handle, client);
      await failOnce(handle, client);
    },
  ),
  works('ended from outside', 'later', MINUTE, async (handle, client) => {
    await taken(handle);
    await ENDS.completes.end(handle, client);
  }),
  works('paused', 'later', { ...MINUTE, retry: { initialInterval: 10 } }, pause),
  ...(['TRY_CANCEL', 'WAIT_CANCELLATION_COMPLETED'] as const).flatMap((type) => [
    givesUp(type, 'completes'),
    givesUp(type, 'fails'),
    givesUp(type, 'is cancelled'),
    givesUpUntaken(type),
    givesUpTooLate(type),
  ]),
  givesUp('ABANDON', 'completes'),
  failsAbandoned,
  ...TYPES.map(givesUpUnsent),
  locally('timed out', 'dawdle', { startToCloseTimeout: 200, retry: { maximumAttempts: 1 } }),
  locally('out of attempts', 'fail', {
    startToCloseTimeout: '10s',
    retry: { initialInterval: 10, maximumAttempts: 2 },
  }),
  locally('long between attempts', 'fail', {
    startToCloseTimeout: '10s',
    localRetryThreshold: 10,
    retry: { initialInterval: 300, maximumAttempts: 3 },
  }),
  ...TYPES.flatMap((type) => [
    givesUpLocally('dawdle', type, 'at once'),
    givesUpLocally('finish', type, 'at once'),
    givesUpLocally('dawdle', type, 'when told'),
  ]),
  {
    type: 'givesUpBetween',
    drive: async (handle) => {
      await once((event) => event.timerStartedEventAttributes)(handle);
      await handle.signal('giveUp');
    },
  },
];
