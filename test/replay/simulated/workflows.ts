/** Plain workflows that begin alike, so that a change of the beginning sends all the rest into the simulation. */
import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';

interface Activities {
  note(text: string): Promise<string>;
  slow(text: string): Promise<string>;
  hang(): Promise<void>;
  stamp(text: string): Promise<string>;
}

const { note, slow } = proxyActivities<Activities>({ startToCloseTimeout: '10s', retry: { maximumAttempts: 2 } });
const { hang } = proxyActivities<Activities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '10s' });

const poke = defineSignal<[string]>('poke');
const put = defineUpdate<number, [number]>('put');

/** A timer, and signals before and after it. */
export async function timed(): Promise<string[]> {
  const seen: string[] = [];
  setHandler(poke, (word) => void seen.push(word));
  await note('begin');
  await condition(() => seen.length > 0);
  await sleep(1_000);
  seen.push('timer');
  await condition(() => seen.length === 3);
  return seen;
}

/** A timer that the answer cancels. */
export async function approval(): Promise<string> {
  let approved = false;
  setHandler(poke, (word) => {
    approved = word === 'yes';
  });
  return (await condition(() => approved, '2 hours')) ? 'approved' : 'too late';
}

export async function kid(word: string): Promise<string> {
  if (word === 'fail') throw ApplicationFailure.nonRetryable('kid failed');
  return `kid ${word}`;
}

export async function parent(): Promise<string[]> {
  const { workflowId } = workflowInfo();
  await note('begin');
  const good = await executeChild(kid, { args: ['good'], workflowId: `${workflowId}/good` });
  const bad = await executeChild(kid, { args: ['fail'], workflowId: `${workflowId}/bad` }).catch(
    (error: Error) => (error.cause as Error).message,
  );
  return [good, bad];
}

interface Relay {
  readonly left: number;
  readonly words: string[];
}

/** Every link waits for one more word. */
export async function relay({ left, words }: Relay): Promise<string[]> {
  setHandler(poke, (word) => void words.push(word));
  await note(`relay ${left}`);
  await condition(() => words.length >= 3 - left);
  if (left > 0) await continueAsNew<typeof relay>({ left: left - 1, words });
  return words;
}

export async function cancelledOutside(): Promise<string> {
  await note('begin');
  try {
    await sleep('1 hour');
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => note('cleanup'));
    throw error;
  }
  return 'slept';
}

export async function failing(): Promise<string> {
  await note('begin');
  throw ApplicationFailure.create({ message: 'no luck', type: 'NoLuck', nonRetryable: true });
}

/** Waits until the run is ended by force. */
export async function waiting(): Promise<string> {
  await note('begin');
  await sleep('1 hour');
  return 'slept';
}

export async function working(): Promise<string> {
  await note('begin');
  await hang();
  return 'done';
}

export async function raced(): Promise<string[]> {
  await note('begin');
  const order: string[] = [];
  await Promise.all([slow('first'), note('second'), note('third')].map(async (one) => order.push(await one)));
  return order.sort();
}

export async function inOrder(): Promise<string[]> {
  await note('begin');
  const order: string[] = [];
  await Promise.all([slow('slow'), note('quick')].map(async (one) => order.push(await one)));
  return order;
}

export async function locals(): Promise<string> {
  await note('begin');
  return `${await local.note('one')} ${await local.note('two')}`;
}

export async function cancelsWork(): Promise<string> {
  await note('begin');
  try {
    await CancellationScope.cancellable(async () => {
      const work = hang();
      await note('meanwhile');
      CancellationScope.current().cancel();
      await work;
    });
  } catch (error) {
    return isCancellation(error) ? 'cancelled' : 'other';
  }
  return 'done';
}

/** Takes numbers below ten. */
export async function tally(): Promise<number> {
  let sum = 0;
  setHandler(
    put,
    (value) => {
      sum += value;
      return sum;
    },
    {
      validator: (value) => {
        if (value > 9) throw new Error('too much');
      },
    },
  );
  await note('begin');
  await condition(() => sum >= 10);
  return sum;
}

/** Has a patch of its own, recorded as applied. */
export async function patchedOnce(): Promise<string> {
  const first = patched('old-patch') ? await note('new') : await note('old');
  return `${first} ${await note('end')}`;
}

/** Ends when it is poked. */
export async function listener(): Promise<string> {
  let heard = '';
  setHandler(poke, (word) => {
    heard = word;
  });
  await condition(() => heard !== '');
  return heard;
}

/** Reaches the world in every way but Nexus; its end depends on nothing of it. */
export async function deeds(): Promise<string> {
  const { workflowId } = workflowInfo();
  await sleep(1);
  const listening = await startChild(listener, { workflowId: `${workflowId}/listener` });
  await getExternalWorkflowHandle(`${workflowId}/listener`).signal(poke, 'a word');
  await listening.result();
  await executeChild(kid, { args: ['without a name'] });
  await note('first deed');
  await slow('second deed');
  await local.stamp('third deed');
  await getExternalWorkflowHandle('no-such-run')
    .cancel()
    .catch(() => undefined);
  return 'done';
}
