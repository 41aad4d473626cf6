/** Plain workflows whose children begin, end and are cancelled in every way in which one can. */
import {
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowCancellationType,
  type ChildWorkflowOptions,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  isCancellation,
  proxyLocalActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { explain } from './explain.ts';

const { dawdle } = proxyLocalActivities<{ dawdle(ms: number): Promise<string> }>({ startToCloseTimeout: '10s' });

const goOn = defineSignal('goOn');

/** Lasts until it is cancelled, or until somebody else ends it. */
export async function kid(how: 'fails' | 'continues' | 'ends' | 'hangs' | 'finishes' | 'collapses'): Promise<string> {
  if (how === 'fails') throw ApplicationFailure.create({ message: 'kid failed', type: 'KidFailed', details: [how] });
  if (how === 'continues') await continueAsNew<typeof kid>('ends');
  if (how === 'ends') return 'kid ended';
  try {
    await condition(() => false);
  } catch (error) {
    if (how === 'hangs' || !isCancellation(error)) throw error;
    if (how === 'collapses') throw ApplicationFailure.nonRetryable('kid collapsed');
  }
  return 'kid finished anyway';
}

type Kid = typeof kid;
type Mode = Parameters<Kid>[0];

const nameOf = (kid: string) => `${workflowInfo().workflowId}/${kid}`;

/** Waits until it is told that all has come that it does not wait for. */
async function told(): Promise<void> {
  let isTold = false;
  setHandler(goOn, () => {
    isTold = true;
  });
  await condition(() => isTold);
}

/** A child that ends by itself, or by what its options say, or by force. */
export async function kidEnds(how: Mode, options: ChildWorkflowOptions = {}): Promise<string> {
  return executeChild<Kid>('kid', { args: [how], workflowId: nameOf('kid'), ...options }).catch(explain);
}

/** Two of one name: the second cannot begin. */
export async function kidIsThere(): Promise<string> {
  const workflowId = nameOf('kid');
  const first = await startChild<Kid>('kid', { args: ['hangs'], workflowId, parentClosePolicy: 'TERMINATE' });
  const second = await startChild<Kid>('kid', { args: ['hangs'], workflowId }).then(() => 'began', explain);
  return `${first.workflowId === workflowId} ${second}`;
}

/** Ends while its child goes on, or would. */
export async function leavesKid(parentClosePolicy: 'ABANDON' | 'TERMINATE' | 'REQUEST_CANCEL'): Promise<string> {
  await startChild<Kid>('kid', { args: ['hangs'], workflowId: nameOf('kid'), parentClosePolicy });
  return 'left';
}

export async function cancelsKid(how: Mode, cancellationType: ChildWorkflowCancellationType): Promise<string> {
  const scope = new CancellationScope();
  const kid = await scope.run(() =>
    startChild<Kid>('kid', { args: [how], workflowId: nameOf('kid'), cancellationType }),
  );
  const end = kid.result().catch(explain);
  scope.cancel();
  await told();
  return end;
}

export async function cancelsUnsentKid(): Promise<string> {
  const scope = new CancellationScope();
  const begun = scope.run(() => startChild<Kid>('kid', { args: ['hangs'], workflowId: nameOf('kid') }));
  scope.cancel();
  return begun.then(() => 'began', explain);
}

/** Its child ends while a workflow task is under way that then cancels it. */
export async function cancelsGoneKid(cancellationType: ChildWorkflowCancellationType): Promise<string> {
  const scope = new CancellationScope();
  const kid = await scope.run(() =>
    startChild<Kid>('kid', { args: ['hangs'], workflowId: nameOf('kid'), cancellationType }),
  );
  const end = kid.result().catch(explain);
  await dawdle(2_000);
  scope.cancel();
  await told();
  return end;
}

export async function signalsGoneKid(): Promise<string> {
  const kid = await startChild<Kid>('kid', { args: ['ends'], workflowId: nameOf('kid') });
  await kid.result();
  return kid.signal(goOn).then(() => 'signalled', explain);
}
