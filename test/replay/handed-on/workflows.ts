/** Plain workflows that hand something on: options to activities, children and next links, words to other runs. */
import {
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  proxyActivities,
  setHandler,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';

interface Activities {
  note(text: string): Promise<string>;
}

const bare = proxyActivities<Activities>({ startToCloseTimeout: '10s' });
const ample = proxyActivities<Activities>({
  startToCloseTimeout: '20s',
  scheduleToStartTimeout: '30s',
  scheduleToCloseTimeout: '40s',
  heartbeatTimeout: '5s',
  retry: { initialInterval: 100, maximumAttempts: 3 },
  priority: { priorityKey: 2, fairnessKey: 'desk', fairnessWeight: 1.5 },
  summary: 'shown only',
});
const closing = proxyActivities<Activities>({ scheduleToCloseTimeout: '15s' });
const elsewhere = proxyActivities<Activities>({
  taskQueue: 'nobody',
  startToCloseTimeout: '10s',
  scheduleToStartTimeout: '50ms',
  retry: { maximumAttempts: 1 },
});

export const poke = defineSignal<[string]>('poke');

export async function activities(): Promise<void> {
  const at = proxyActivities<Activities>({ startToCloseTimeout: '10s', taskQueue: workflowInfo().taskQueue });
  await bare.note('bare');
  await ample.note('ample');
  await closing.note('closing');
  await at.note('own queue');
  await elsewhere.note('elsewhere').catch(() => undefined);
}

export async function kid(text: string): Promise<string> {
  return text;
}

export async function listener(): Promise<string> {
  let heard = '';
  setHandler(poke, (word) => {
    heard = word;
  });
  await condition(() => heard !== '');
  return heard;
}

export async function children(): Promise<void> {
  const { workflowId, taskQueue } = workflowInfo();
  await executeChild(kid, { args: ['bare'], workflowId: `${workflowId}/bare` });
  await executeChild(kid, { args: ['own queue'], workflowId: `${workflowId}/own`, taskQueue });
  await executeChild(kid, {
    args: ['ample'],
    workflowId: `${workflowId}/ample`,
    workflowExecutionTimeout: '60s',
    workflowRunTimeout: '50s',
    workflowTaskTimeout: '15s',
    retry: { maximumAttempts: 2 },
    parentClosePolicy: 'ABANDON',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    priority: { priorityKey: 4 },
    memo: { order: { id: 7 } },
    searchAttributes: { Topic: ['child'] },
    staticSummary: 'shown only',
  });
  await startChild(kid, { args: ['later'], workflowId: `${workflowId}/later`, cronSchedule: '0 0 1 1 *' });
  await startChild(kid, { args: ['elsewhere'], workflowId: `${workflowId}/elsewhere`, taskQueue: 'nobody' });
  await executeChild(kid, {
    args: ['again'],
    workflowId: `${workflowId}/again`,
    workflowIdReusePolicy: 'TERMINATE_IF_RUNNING',
    retry: {},
    memo: { none: null, list: [] },
    searchAttributes: { Topic: [] },
    priority: { fairnessWeight: 1.1 },
  });
}

export async function calls(): Promise<void> {
  const { workflowId } = workflowInfo();
  const child = await startChild(listener, { workflowId: `${workflowId}/listener` });
  const other = await startChild(listener, { workflowId: `${workflowId}/other` });
  await child.signal(poke, 'by handle');
  await getExternalWorkflowHandle(other.workflowId, other.firstExecutionRunId).cancel();
  await getExternalWorkflowHandle(other.workflowId, other.firstExecutionRunId)
    .signal(poke, 'by run')
    .catch(() => undefined);
}

/** The first link hands on nothing in particular, the second all that it can. */
export async function links(link: number): Promise<unknown> {
  const { memo, searchAttributes } = workflowInfo();
  await bare.note(`${link} ${JSON.stringify(memo)} ${JSON.stringify(searchAttributes)}`);
  upsertMemo({ seen: link });
  if (link === 1) await continueAsNew<typeof links>(2);
  upsertSearchAttributes({ Topic: [`link-${link}`] });
  if (link === 2) {
    await makeContinueAsNewFunc<typeof links>({
      memo: { given: { link } },
      searchAttributes: { Topic: ['given'] },
      workflowRunTimeout: '70s',
      workflowTaskTimeout: '12s',
      backoffStartInterval: '1s',
      initialVersioningBehavior: 'AUTO_UPGRADE',
    })(3);
  }
  return workflowInfo().memo ?? null;
}

/** The first link gives itself search attributes and hands on nothing, the second takes them all away. */
export async function onward(link: number, endedMs = 0): Promise<unknown> {
  const { workflowId, searchAttributes } = workflowInfo();
  await bare.note(`${link} ${JSON.stringify(searchAttributes)}`);
  if (link === 3) return { searchAttributes, paused: Date.now() - endedMs >= 1_000 };
  if (link === 2) {
    await makeContinueAsNewFunc<typeof onward>({
      searchAttributes: {},
      workflowTaskTimeout: '5m',
      backoffStartInterval: '1 second',
    })(3, Date.now());
  }
  await executeChild(kid, { args: ['patient'], workflowId: `${workflowId}/patient`, workflowTaskTimeout: '5m' });
  upsertSearchAttributes({ Topic: ['mine'] });
  return continueAsNew<typeof onward>(2);
}
