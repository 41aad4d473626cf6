/** Plain workflows that have two things under way and cancel one of them. */
import { CancellationScope, condition, proxyActivities, sleep, startChild, workflowInfo } from '@temporalio/workflow';

interface Activities {
  greet(name: string): Promise<string>;
  hang(): Promise<void>;
}

const { greet } = proxyActivities<Activities>({ startToCloseTimeout: '10s' });
const { hang } = proxyActivities<Activities>({ startToCloseTimeout: '60s', heartbeatTimeout: '10s' });

async function cancelOne(begin: () => Promise<unknown>, underWay: () => Promise<unknown>): Promise<string> {
  const [one, other] = [new CancellationScope(), new CancellationScope()];
  for (const scope of [one, other]) void scope.run(begin).catch(() => undefined);
  await underWay();
  one.cancel();
  return 'done';
}

export async function cancelsActivity(): Promise<string> {
  return cancelOne(hang, () => greet('both'));
}

export async function cancelsTimer(): Promise<string> {
  return cancelOne(
    () => sleep(60_000),
    () => greet('both'),
  );
}

export async function cancelsChild(): Promise<string> {
  let [begun, started] = [0, 0];
  const begin = async () => {
    begun += 1;
    const workflowId = `${workflowInfo().workflowId}/${begun}`;
    const handle = await startChild('child', { args: ['wait'], workflowId });
    started += 1;
    return handle.result();
  };
  return cancelOne(begin, () => condition(() => started === 2));
}
