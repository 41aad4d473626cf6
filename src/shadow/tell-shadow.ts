/** Tells a shadow what its real run was told. What does not arrive is told again at the next look. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { encodeToPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { DECIDE_UPDATE } from '../mission/wire.ts';
import { assertNever } from '../shared/assert-never.ts';
import type { OutsideNews } from './outside-news.ts';
import { terminationReason } from './stopped-shadow.ts';

/** How long a shadow without a worker may keep the others waiting, in milliseconds. */
const ANSWER_MS = 5_000;

export async function tellShadow(client: Client, workflowId: string, news: OutsideNews): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  switch (news.kind) {
    case 'signal':
      return signalOnce(client, workflowId, news);
    case 'update':
      return update(client, handle, { name: news.name, args: news.args, id: news.id });
    case 'decision': {
      const { answer } = news;
      return update(client, handle, { name: DECIDE_UPDATE, args: [answer], id: `${DECIDE_UPDATE}/${answer.step}` });
    }
    case 'cancel':
      await handle.cancel();
      return;
    case 'stop':
      await handle.terminate(terminationReason(news.stopped));
      return;
    default:
      assertNever(news);
  }
}

/** The server takes a request id once, whoever sends it again. */
async function signalOnce(
  client: Client,
  workflowId: string,
  { name, args, id }: Extract<OutsideNews, { kind: 'signal' | 'update' }>,
): Promise<void> {
  await client.workflowService.signalWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    signalName: name,
    input: { payloads: (await encodeToPayloads(client.options.loadedDataConverter, ...args)) ?? [] },
    requestId: `${workflowId}/${name}/${id}`,
    identity: 'mission-runtime',
  });
}

interface Update {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly id: string;
}

/** One that the shadow refuses is the candidate's business: the real run took it, and the ends will differ. */
async function update(client: Client, handle: WorkflowHandle, { name, args, id: updateId }: Update): Promise<void> {
  try {
    await client.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.executeUpdate<unknown, [unknown, ...unknown[]]>(name, { args: args as [unknown, ...unknown[]], updateId }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
  }
}
