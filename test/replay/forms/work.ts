/** Plain workflows whose activities and local activities end, run out of time, and are cancelled in every way in which one can. */
import {
  type ActivityCancellationType,
  type ActivityOptions,
  CancellationScope,
  condition,
  defineSignal,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import { explain } from './explain.ts';

interface Activities {
  greet(name: string): Promise<string>;
  /** Is ended from outside. */
  later(): Promise<string>;
  fail(): Promise<string>;
  dawdle(ms: number): Promise<string>;
  finish(ms: number): Promise<string>;
}

const giveUp = defineSignal('giveUp');
const goOn = defineSignal('goOn');

/** Waits for both words, whenever they come. */
function words() {
  const said = { giveUp: false, goOn: false };
  setHandler(giveUp, () => {
    said.giveUp = true;
  });
  setHandler(goOn, () => {
    said.goOn = true;
  });
  return { giveUp: () => condition(() => said.giveUp), goOn: () => condition(() => said.goOn) };
}

/** An activity that ends as its options or somebody else make it end. */
export async function works(type: 'later' | 'fail', options: ActivityOptions): Promise<string> {
  return proxyActivities<Activities>(options)[type]().catch(explain);
}

/** Gives an activity up when it is told to, and waits for what comes of it later. */
export async function givesUp(
  cancellationType: ActivityCancellationType,
  options: ActivityOptions = {},
): Promise<string> {
  const { later } = proxyActivities<Activities>({
    startToCloseTimeout: '60s',
    retry: { maximumAttempts: 1 },
    cancellationType,
    ...options,
  });
  const { giveUp, goOn } = words();
  const scope = new CancellationScope();
  const end = scope.run(() => later()).catch(explain);
  await giveUp();
  scope.cancel();
  await goOn();
  return end;
}

export async function worksLocally(type: 'fail' | 'dawdle', options: LocalActivityOptions): Promise<string> {
  return proxyLocalActivities<Activities>(options)[type](1_000).catch(explain);
}

/** Gives a local activity up within the task that began it, or in a later one. */
export async function givesUpLocally(
  type: 'dawdle' | 'finish',
  cancellationType: ActivityCancellationType,
  when: 'at once' | 'when told',
): Promise<string> {
  const options = { startToCloseTimeout: '30s', cancellationType } as const;
  const local = proxyLocalActivities<Activities>(options);
  const { giveUp } = words();
  const scope = new CancellationScope();
  const end = scope.run(() => local[type](6_000)).catch(explain);
  const quick = await local.greet('quick');
  if (when === 'when told') await giveUp();
  scope.cancel();
  return `${quick} ${await end} ${await local.greet('after')}`;
}

/** Gives a local activity up while it waits for its next attempt. */
export async function givesUpBetween(): Promise<string> {
  const { fail } = proxyLocalActivities<Activities>({
    startToCloseTimeout: '10s',
    localRetryThreshold: 10,
    retry: { initialInterval: '60s', maximumInterval: '60s' },
  });
  const { giveUp } = words();
  const scope = new CancellationScope();
  const end = scope.run(() => fail()).catch(explain);
  await giveUp();
  scope.cancel();
  return end;
}
