/** Plain Temporal workflows that between them use what a history can hold. They know nothing of missions. */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  deprecatePatch,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';

export { cancelsActivity, cancelsChild, cancelsTimer } from './cancelling.ts';
export {
  beating,
  beforehand,
  lost,
  mended,
  patient,
  recurring,
  redone,
  struggling,
} from './interrupted.ts';

interface Activities {
  greet(name: string): Promise<string>;
  failTwice(key: string): Promise<string>;
  refuse(): Promise<string>;
  hang(): Promise<void>;
  timeOut(): Promise<void>;
}

const { greet, failTwice, refuse } = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: 10, maximumAttempts: 3 },
});
const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: 10, maximumAttempts: 3 },
});
const { hang } = proxyActivities<Activities>({ startToCloseTimeout: '60s', heartbeatTimeout: '10s' });
const waiting = proxyActivities<Activities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const { timeOut } = proxyActivities<Activities>({ startToCloseTimeout: '1s', retry: { maximumAttempts: 1 } });

export const poke = defineSignal<[string]>('poke');
export const add = defineUpdate<number, [number]>('add');
export const total = defineQuery<number>('total');

export async function sequential(name: string): Promise<string> {
  const first = await greet(name);
  const second = await greet(first);
  return `${second}!`;
}

export async function parallel(names: string[]): Promise<string[]> {
  return Promise.all(names.map((name) => greet(name)));
}

export async function retried(key: string): Promise<string> {
  return failTwice(key);
}

export async function refused(): Promise<string> {
  try {
    return await refuse();
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return `caught: ${error.message}; ${error.cause?.message}`;
  }
}

export async function fails(): Promise<void> {
  await greet('before');
  const cause = new Error('below');
  throw ApplicationFailure.create({
    message: 'no luck',
    type: 'NoLuck',
    nonRetryable: true,
    details: [{ a: 1 }],
    cause,
  });
}

export async function timers(): Promise<string> {
  await sleep(20);
  const winner = await Promise.race([sleep(10).then(() => 'short'), sleep(60_000).then(() => 'long')]);
  return `${winner} ${uuid4()} ${Math.random()} ${Date.now() > 0}`;
}

export async function cancelledTimers(): Promise<string> {
  const scope = new CancellationScope();
  const pending = scope
    .run(() => sleep(60_000).then(() => 'slept'))
    .catch((error: unknown) => (isCancellation(error) ? 'cancelled' : 'other'));
  await greet('in between');
  scope.cancel();
  const sameTask = new CancellationScope();
  const never = sameTask.run(() => sleep(50_000).then(() => 'slept')).catch(() => 'never started');
  sameTask.cancel();
  return `${await pending} ${await never}`;
}

export async function signalled(count: number): Promise<string[]> {
  const seen: string[] = [];
  setHandler(poke, (word) => void seen.push(word));
  await condition(() => seen.length >= count);
  await greet(seen.join());
  return seen;
}

export async function updated(): Promise<number> {
  let sum = 0;
  setHandler(total, () => sum);
  setHandler(
    add,
    async (value) => {
      await greet(`add ${value}`);
      sum += value;
      return sum;
    },
    {
      validator: (value) => {
        if (value < 0) throw new Error('negative');
      },
    },
  );
  await condition(() => sum >= 10);
  return sum;
}

export async function locals(): Promise<string> {
  const one = await local.greet('local');
  const two = await local.failTwice(`local-${workflowInfo().runId}`);
  const both = await Promise.all([local.greet('a'), greet('b'), local.greet('c')]);
  try {
    await local.refuse();
  } catch (error) {
    return `${one} ${two} ${both.join()} ${(error as Error).message}`;
  }
  return 'unreachable';
}

export async function patchedFlow(): Promise<string> {
  const first = patched('first') ? await greet('new') : await greet('old');
  deprecatePatch('gone');
  const again = patched('first') ? 'again' : 'not again';
  return `${first} ${again} ${await greet('end')}`;
}

export async function activityCancelled(): Promise<string> {
  try {
    await CancellationScope.cancellable(async () => {
      const work = hang();
      await greet('meanwhile');
      CancellationScope.current().cancel();
      await work;
    });
  } catch (error) {
    return isCancellation(error)
      ? `cancelled ${await CancellationScope.nonCancellable(() => greet('cleanup'))}`
      : 'other';
  }
  return 'unreachable';
}

export async function activityCancelledAndWaited(): Promise<string> {
  try {
    await CancellationScope.cancellable(async () => {
      const work = waiting.hang();
      await greet('meanwhile');
      CancellationScope.current().cancel();
      await work;
    });
  } catch (error) {
    return isCancellation(error) ? 'cancelled in the end' : 'other';
  }
  return 'unreachable';
}

export async function activityTimesOut(): Promise<string> {
  try {
    await timeOut();
  } catch (error) {
    return (error as ActivityFailure).cause?.message ?? 'no cause';
  }
  return 'unreachable';
}

export async function awaitsCancellation(): Promise<string> {
  try {
    await sleep(60_000);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => greet('cleanup'));
    throw error;
  }
  return 'unreachable';
}

export async function child(name: string): Promise<string> {
  if (name === 'fail') throw ApplicationFailure.nonRetryable('child failed');
  if (name === 'wait') await sleep(60_000);
  return greet(name);
}

export async function parent(): Promise<string[]> {
  const id = workflowInfo().workflowId;
  const good = await executeChild(child, { args: ['kid'], workflowId: `${id}/good` });
  const bad = await executeChild(child, { args: ['fail'], workflowId: `${id}/bad` }).catch(
    (error: Error) => error.message,
  );
  const handle = await startChild(signalled, { args: [1], workflowId: `${id}/signalled` });
  await handle.signal(poke, 'from parent');
  const seen = await handle.result();
  const cancelled = await CancellationScope.cancellable(async () => {
    const waits = await startChild(child, {
      args: ['wait'],
      workflowId: `${id}/waits`,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    CancellationScope.current().cancel();
    return waits.result();
  }).catch((error: unknown) => (isCancellation(error) ? 'child cancelled' : 'other'));
  return [good, bad, ...seen, cancelled];
}

export async function external(target: string): Promise<string> {
  const handle = getExternalWorkflowHandle(target);
  await handle.signal(poke, 'hello');
  await handle.cancel();
  const missing = getExternalWorkflowHandle('no-such-workflow').signal(poke, 'nobody');
  return missing.then(() => 'signalled').catch((error: Error) => error.message);
}

export async function attributes(): Promise<string> {
  upsertMemo({ note: { deep: true } });
  upsertSearchAttributes({ Topic: ['plain'] });
  await greet('x');
  upsertMemo({ note: null });
  return 'done';
}

export async function chain(left: number): Promise<number> {
  await greet(`link ${left}`);
  if (left > 0) await continueAsNew<typeof chain>(left - 1);
  return left;
}

export async function raced(): Promise<string> {
  const outcomes: unknown[] = [];
  const work = [greet('one'), sleep(5).then(() => 'timer'), local.greet('two')];
  await Promise.all(work.map((promise) => promise.then((value) => outcomes.push(value))));
  await Promise.any([greet('three'), sleep(1)]);
  return outcomes.join();
}
