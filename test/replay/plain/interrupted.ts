/** Plain workflows whose runs are begun anew, lose workflow tasks, or keep their worker waiting. */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';

interface Activities {
  greet(name: string): Promise<string>;
  dawdle(): Promise<string>;
  resume(): Promise<string>;
  stall(): Promise<string>;
}

const { greet, resume } = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: 10, maximumAttempts: 3 },
});
const { stall } = proxyActivities<Activities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '1s',
  retry: { maximumAttempts: 1 },
});
const { dawdle } = proxyLocalActivities<Activities>({ startToCloseTimeout: '10s' });

const word = defineSignal<[string]>('word');
const put = defineUpdate<number, [number]>('put');

/** Run by cron: knows the last result and the last failure. The second run fails. */
export async function recurring(): Promise<number> {
  const { lastResult, lastFailure, cronSchedule } = workflowInfo();
  const before = (lastResult as number | undefined) ?? 0;
  await greet(`${before} ${lastFailure?.message} ${cronSchedule}`);
  if (before === 1 && lastFailure === undefined) throw ApplicationFailure.nonRetryable('the second one');
  return before + 1;
}

/** Fails until its last attempt. */
export async function struggling(): Promise<string> {
  const { attempt, lastFailure } = workflowInfo();
  const greeting = await greet(`${attempt} ${lastFailure?.message}`);
  if (attempt < 2) throw ApplicationFailure.retryable('not yet');
  return greeting;
}

/** Takes random numbers before and after the place to which it is reset. */
export async function redone(): Promise<string> {
  const words: string[] = [];
  let sum = 0;
  setHandler(word, (one) => void words.push(one));
  setHandler(put, async (value) => {
    await greet(`${value} ${uuid4()}`);
    sum += value;
    return sum;
  });
  const first = await greet(uuid4());
  await condition(() => words.length > 0 && sum > 0);
  const last = await greet(`${words.join()} ${uuid4()} ${Math.random()}`);
  await condition(allHandlersFinished);
  return `${first} ${last}`;
}

/** Its first workflow task fails: what is thrown there is a mistake of the code, and no end of the run. */
export async function mended(): Promise<string> {
  return greet('mended');
}

/** Loses its first workflow task, and one in the middle. */
export async function lost(): Promise<string> {
  const words: string[] = [];
  setHandler(word, (one) => void words.push(one));
  const first = await greet('lost');
  await condition(() => words.length > 0);
  return `${first} ${await greet(words.join())}`;
}

/** A local activity that takes longer than a workflow task may, so that the worker asks for more time. */
export async function patient(begun: boolean): Promise<string> {
  const words: string[] = [];
  setHandler(word, (one) => void words.push(one));
  const first = begun ? await greet('begun') : 'at once';
  const slow = await dawdle();
  await condition(() => words.length > 0);
  return `${first} ${slow} ${words.join()}`;
}

/** Gets an update before its first workflow task. */
export async function beforehand(): Promise<number> {
  let sum = 0;
  setHandler(put, (value) => {
    sum += value;
    return sum;
  });
  await greet('beforehand');
  await condition(() => sum > 0);
  return sum;
}

/** An activity that goes on where its heartbeat says, and one whose heartbeats end. */
export async function beating(): Promise<string> {
  const resumed = await resume();
  const stalled = await stall().catch((error: Error) => (error.cause as Error).message);
  return `${resumed} ${stalled}`;
}
