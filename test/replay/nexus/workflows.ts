/** Plain workflows that call Nexus operations in every way in which one can begin, end and be cancelled. */
import {
  CancellationScope,
  condition,
  createNexusServiceClient,
  isCancellation,
  type NexusOperationCancellationType,
  sleep,
} from '@temporalio/workflow';
import { desk } from './service.ts';

const at = (endpoint: string) => createNexusServiceClient({ endpoint, service: desk });

/** What an operation of the desk runs. */
export async function worker(name: string): Promise<string> {
  if (name === 'never') await condition(() => false);
  await sleep(10);
  return `${name} is done`;
}

export async function synchronous(endpoint: string, name: string): Promise<string> {
  return at(endpoint).executeOperation('greet', name);
}

export async function refused(endpoint: string): Promise<string> {
  return at(endpoint)
    .executeOperation('refuse', 'x')
    .catch((error: Error) => `${error.message}: ${(error.cause as Error).message}`);
}

export async function asynchronous(endpoint: string, name: string): Promise<string> {
  const handle = await at(endpoint).startOperation('work', name);
  return `${handle.token === undefined ? 'without' : 'with'} a token, ${await handle.result()}`;
}

export async function several(endpoint: string): Promise<string[]> {
  const [greeted, worked] = [at(endpoint).executeOperation('greet', 'a'), at(endpoint).executeOperation('work', 'b')];
  return [await worked, await greeted];
}

export async function timedOut(endpoint: string): Promise<string> {
  const options = { scheduleToCloseTimeout: 200 };
  return at(endpoint)
    .executeOperation('work', 'never', options)
    .catch((error: Error) => `${error.message}: ${(error.cause as Error).message}`);
}

export async function cancelled(endpoint: string, cancellationType: NexusOperationCancellationType): Promise<string> {
  try {
    await CancellationScope.cancellable(async () => {
      const handle = await at(endpoint).startOperation('work', 'never', { cancellationType });
      CancellationScope.current().cancel();
      await handle.result();
    });
  } catch (error) {
    return `${isCancellation(error)}: ${(error as Error).message}`;
  }
  return 'went on';
}

/** Two are under way. */
export async function cancelsOneOf(endpoint: string): Promise<string> {
  const [one, other] = [new CancellationScope(), new CancellationScope()];
  let started = 0;
  for (const scope of [one, other]) {
    const work = scope.run(async () => {
      const handle = await at(endpoint).startOperation('work', 'never');
      started += 1;
      await handle.result();
    });
    void work.catch(() => undefined);
  }
  await condition(() => started === 2);
  one.cancel();
  return 'done';
}

export async function cancelledBeforeSent(endpoint: string): Promise<string> {
  try {
    await CancellationScope.cancellable(async () => {
      const begun = at(endpoint).startOperation('work', 'never');
      CancellationScope.current().cancel();
      await begun;
    });
  } catch (error) {
    return `${isCancellation(error)}: ${(error as Error).message}`;
  }
  return 'went on';
}
