/** Plain workflows that send messages which do not arrive, and get some at odd moments. */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import { explain } from './explain.ts';

const { greet } = proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: '10s' });

const word = defineSignal<[string]>('word');
const goOn = defineSignal('goOn');
const put = defineUpdate<string, [string]>('put');

/** Is signalled with its start, before anything handles signals, and by a name that nothing ever handles. */
export async function listensLate(): Promise<string> {
  const words: string[] = [];
  const greeting = await greet('late');
  setHandler(word, (one) => void words.push(one));
  await condition(() => words.length === 2);
  return `${greeting} ${words.join()}`;
}

export async function writesToNobody(): Promise<string[]> {
  const nobody = getExternalWorkflowHandle('nobody-of-this-name');
  const signalled = await nobody.signal(word, 'hello').then(() => 'signalled', explain);
  const cancelled = await nobody.cancel().then(() => 'cancelled', explain);
  const [one, other] = await Promise.all(
    [nobody.signal(word, 'again'), nobody.cancel()].map((sent) => sent.then(() => 'sent', explain)),
  );
  return [signalled, cancelled, one ?? '', other ?? ''];
}

/** Takes back a signal in the task that sends it, and another one when it is on its way. */
export async function takesBack(target: string): Promise<string[]> {
  const unsent = new CancellationScope();
  const never = unsent.run(() => getExternalWorkflowHandle(target).signal(word, 'never')).then(() => 'sent', explain);
  unsent.cancel();
  const scope = new CancellationScope();
  const late = scope.run(() => getExternalWorkflowHandle(target).signal(word, 'late')).then(() => 'sent', explain);
  const found = await late;
  scope.cancel();
  return [await never, found];
}

/** Answers some updates, fails at one, and ends with one under way. */
export async function answers(): Promise<string> {
  let isOver = false;
  setHandler(goOn, () => {
    isOver = true;
  });
  setHandler(
    put,
    async (value) => {
      if (value === 'fail') throw ApplicationFailure.create({ message: 'put failed', type: 'PutFailed', details: [7] });
      if (value === 'wait') await condition(() => false);
      return greet(value);
    },
    { unfinishedPolicy: 'ABANDON' },
  );
  await condition(() => isOver);
  return 'over';
}

/** Is asked to end, and goes on. */
export async function refusesToEnd(): Promise<string> {
  let isOver = false;
  setHandler(goOn, () => {
    isOver = true;
  });
  const asked = await condition(() => false).then(() => 'never', explain);
  await CancellationScope.nonCancellable(() => condition(() => isOver));
  return `${asked} ${await CancellationScope.nonCancellable(() => greet('still here'))}`;
}

/** Is interfered with by an operator, who leaves events of their own. */
export async function interferedWith(): Promise<string> {
  const words: string[] = [];
  setHandler(word, (one) => void words.push(one));
  const first = await greet('before');
  await condition(() => words.length > 0);
  return `${first} ${await greet(words.join())}`;
}
