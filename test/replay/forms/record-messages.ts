import { WorkflowUpdateStage } from '@temporalio/client';
import { once } from '../plain/once.ts';
import type { Drive, Scenario } from '../plain/record-runs.ts';

const begun = once((event) => event.workflowTaskCompletedEventAttributes);

const ask: Drive = async (handle) => {
  await handle.executeUpdate('put', { args: ['one'] });
  await handle.executeUpdate('put', { args: ['fail'] }).catch(() => undefined);
  await handle.startUpdate('put', { args: ['wait'], waitForStage: WorkflowUpdateStage.ACCEPTED });
  await handle.signal('goOn');
};

const interfere: Drive = async (handle, { workflowService }) => {
  await begun(handle);
  await workflowService.updateWorkflowExecutionOptions({
    namespace: 'default',
    workflowExecution: { workflowId: handle.workflowId },
    workflowExecutionOptions: { priority: { priorityKey: 2 } },
    updateMask: { paths: ['priority'] },
  });
  await once((event) => event.workflowExecutionOptionsUpdatedEventAttributes)(handle);
  await handle.signal('word', 'unimpressed');
};

/** @param target - the id of a workflow that takes signals */
export const messages = (target: string): readonly Scenario[] => [
  {
    type: 'listensLate',
    signal: ['word', 'first'],
    drive: async (handle) => {
      await handle.signal('unheard-of', 'x');
      await handle.signal('word', 'second');
    },
  },
  {
    name: 'listensLate, delayed',
    type: 'listensLate',
    options: { startDelay: '1s' },
    drive: async (handle) => {
      await handle.signal('word', 'first');
      await handle.signal('word', 'second');
    },
  },
  { type: 'writesToNobody' },
  { type: 'takesBack', args: [target] },
  { type: 'answers', drive: ask },
  {
    type: 'refusesToEnd',
    drive: async (handle) => {
      await begun(handle);
      await handle.cancel();
      await once((event) => event.workflowExecutionCancelRequestedEventAttributes)(handle);
      await handle.signal('goOn');
    },
  },
  { name: 'outOfTime', type: 'refusesToEnd', options: { workflowRunTimeout: '2s' } },
  { type: 'interferedWith', drive: interfere },
];
