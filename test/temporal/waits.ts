/** A workflow that waits in many ways at once. */
import { condition, defineQuery, setHandler, sleep } from '@temporalio/workflow';

let stands = false;

async function both(): Promise<void> {
  await Promise.all([sleep('1 hour'), sleep('2 hours')]);
}

async function eitherOf(): Promise<void> {
  await Promise.race([condition(() => false), Promise.allSettled([sleep('3 hours')])]);
}

async function untilTold(): Promise<void> {
  await condition(() => false);
}

export async function waits(): Promise<void> {
  setHandler(defineQuery<boolean>('stands'), () => stands);
  const all = [both(), eitherOf(), untilTold()];
  await Promise.resolve();
  stands = true;
  await Promise.any(all);
}
