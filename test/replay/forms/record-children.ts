import type { Client, WorkflowHandle } from '@temporalio/client';
import type { HistoryEvent } from '../../../src/replay/proto.ts';
import { once } from '../plain/once.ts';
import type { Drive, Scenario } from '../plain/record-runs.ts';

const kidStarted = once((event) => event.childWorkflowExecutionStartedEventAttributes);

const kidOf = ({ workflowId }: WorkflowHandle, client: Client) => client.workflow.getHandle(`${workflowId}/kid`);

const terminateKid: Drive = async (handle, client) => {
  await kidStarted(handle);
  await kidOf(handle, client).terminate('enough');
};

/** Lets it go on when its history holds this. */
const goOnAfter =
  (wanted: (event: HistoryEvent) => unknown): Drive =>
  async (handle) => {
    await once(wanted)(handle);
    await handle.signal('goOn');
  };

const cancelled = goOnAfter((event) => event.childWorkflowExecutionCanceledEventAttributes);
const completed = goOnAfter((event) => event.childWorkflowExecutionCompletedEventAttributes);
const failed = goOnAfter((event) => event.childWorkflowExecutionFailedEventAttributes);
const terminated: Drive = async (handle, client) => {
  await terminateKid(handle, client);
  await goOnAfter((event) => event.childWorkflowExecutionTerminatedEventAttributes)(handle, client);
};

/** Terminated, if that comes before the cancellation. */
const gone: Drive = async (handle, client) => {
  await terminateKid(handle, client).catch(() => undefined);
  const ended = (event: HistoryEvent) =>
    event.childWorkflowExecutionTerminatedEventAttributes ?? event.childWorkflowExecutionCanceledEventAttributes;
  await goOnAfter(ended)(handle, client);
};

const ends = (name: string, how: string, options: object = {}, drive?: Drive): Scenario => ({
  name: `kidEnds, ${name}`,
  type: 'kidEnds',
  args: [how, options],
  ...(drive && { drive }),
});

const cancels = (cancellationType: string, how: string, drive: Drive): Scenario => ({
  name: `cancelsKid, ${cancellationType}, ${how}`,
  type: 'cancelsKid',
  args: [how, cancellationType],
  drive,
});

/** Whose kid is not ended by anything of its own. */
const leaves = (parentClosePolicy: string, drive?: Drive): Scenario => ({
  name: `leavesKid, ${parentClosePolicy}`,
  type: 'leavesKid',
  args: [parentClosePolicy],
  ...(drive && { drive }),
});

const WAITS = ['WAIT_CANCELLATION_COMPLETED', 'WAIT_CANCELLATION_REQUESTED'] as const;

export const CHILDREN: readonly Scenario[] = [
  ends('run timeout', 'hangs', { workflowRunTimeout: '1s' }),
  ends('execution timeout', 'hangs', { workflowExecutionTimeout: '1s' }),
  ends('terminated', 'hangs', {}, terminateKid),
  ends('failed', 'fails', { retry: { maximumAttempts: 1 } }),
  ends('failed twice', 'fails', { retry: { initialInterval: 10, maximumAttempts: 2 } }),
  ends('continued', 'continues'),
  { type: 'kidIsThere' },
  leaves('ABANDON', async (handle, client) => {
    await handle.result();
    await kidOf(handle, client).terminate('it was recorded');
  }),
  leaves('TERMINATE'),
  leaves('REQUEST_CANCEL'),
  cancels('TRY_CANCEL', 'hangs', cancelled),
  cancels('TRY_CANCEL', 'finishes', completed),
  cancels('TRY_CANCEL', 'collapses', failed),
  ...WAITS.flatMap((type) => [
    cancels(type, 'hangs', cancelled),
    cancels(type, 'finishes', completed),
    cancels(type, 'collapses', failed),
  ]),
  cancels('ABANDON', 'hangs', terminated),
  { type: 'cancelsUnsentKid' },
  ...['TRY_CANCEL', 'ABANDON', ...WAITS].map((type) => ({
    name: `cancelsGoneKid, ${type}`,
    type: 'cancelsGoneKid',
    args: [type],
    drive: gone,
  })),
  { type: 'signalsGoneKid' },
];
