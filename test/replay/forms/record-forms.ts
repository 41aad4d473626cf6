/** Records the workflows of `workflows.ts` on a real server. */
import { CompleteAsyncError, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type RecordedRun, recordRuns } from '../plain/record-runs.ts';
import { CHILDREN } from './record-children.ts';
import { messages } from './record-messages.ts';
import { WORK } from './record-work.ts';

const activities = {
  greet: async (name: string) => `hello ${name}`,
  async later() {
    throw new CompleteAsyncError();
  },
  async fail() {
    throw ApplicationFailure.create({ message: `attempt ${Context.current().info.attempt}`, type: 'Failing' });
  },
  async dawdle(ms: number) {
    await Context.current().sleep(ms);
    return 'slow';
  },
  /** Hears that it is cancelled, and ends well. */
  async finish(ms: number) {
    await Context.current()
      .sleep(ms)
      .catch(() => undefined);
    return 'finished anyway';
  },
};

/** Runs every scenario; each run is a recording of its own. */
export async function recordForms(address: string, code: string): Promise<RecordedRun[]> {
  return recordRuns(address, { code, activities }, async (client, taskQueue) => {
    const workflowId = `${taskQueue}-target`;
    await client.workflow.start('listensLate', { args: [], taskQueue, workflowId });
    return [...CHILDREN, ...WORK, ...messages(workflowId)];
  });
}
