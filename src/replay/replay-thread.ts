/** A thread of the pool: loads targets, replays tasks one after another, and has no way out but its port. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../shared/errors.ts';
import type { LiveAnswer, LiveAnswers } from './live-answers.ts';
import { type HeldSandbox, LoadedSandboxes } from './loaded-sandboxes.ts';
import { lockDown } from './lockdown.ts';
import { runTask } from './replay-task.ts';
import type { FromThread, ReplayEvent, ReplayTask, ThreadOptions, ToThread } from './thread-protocol.ts';

const port = parentPort;
if (port === null) throw new Error('replay-thread runs in a worker thread only');
const { answers, limits, waits } = workerData as ThreadOptions;
lockDown();

const sandboxes = new LoadedSandboxes();
const asked = new Map<number, (answer: LiveAnswer) => void>();
let askCount = 0;

function send(message: FromThread): void {
  port?.postMessage(message);
}

function liveFor(id: number): LiveAnswers {
  return {
    ask: (view) =>
      new Promise((resolve) => {
        askCount += 1;
        asked.set(askCount, resolve);
        send({ kind: 'live-ask', id, askId: askCount, view });
      }),
  };
}

async function replay(task: ReplayTask, candidate: HeldSandbox, baseline?: HeldSandbox): Promise<ReplayEvent> {
  const { sampling } = task;
  const options = { answers, limits, live: liveFor(task.id) };
  const targets = [await candidate.candidate, await baseline?.candidate] as const;
  if (sampling === undefined) return runTask(task, ...targets, options);
  const baselineDefinition = sandboxes.target(sampling.comparedWith)?.definition;
  const drawn = { ...options, anew: new Set(sampling.steps), baselineDefinition, judgesDeterminism: false };
  return runTask(task, ...targets, drawn);
}

/** What a task leads to, whatever happens. */
async function eventOf(task: ReplayTask): Promise<ReplayEvent> {
  const candidate = sandboxes.hold(task.candidate);
  const baseline = task.baseline === undefined ? undefined : sandboxes.hold(task.baseline);
  const event = await replay(task, candidate, baseline).catch((error: unknown): ReplayEvent => {
    const { id, workflowId, runId } = task.summary;
    const detail = `the replay itself failed: ${messageOf(error)}`;
    return { kind: 'excluded', excluded: { recording: { id, workflowId, runId }, reason: 'unreadable', detail } };
  });
  // Code that failed may have left its context in any state, and some leave traces; the next recording gets a fresh one.
  const hasFailed = event.kind === 'result' && event.result.outcome === 'failed';
  sandboxes.letGo(candidate, hasFailed || (await isSpoiled(candidate)));
  if (baseline !== undefined) sandboxes.letGo(baseline, await isSpoiled(baseline));
  return event;
}

async function isSpoiled({ candidate }: HeldSandbox): Promise<boolean> {
  const loaded = await candidate.catch(() => undefined);
  return loaded?.sandbox.isSpoiled === true;
}

const queue: ReplayTask[] = [];
let isWorking = false;

/** Performs what is in the queue: one after another, so that a task that never ends is the only one begun. */
async function work(): Promise<void> {
  isWorking = true;
  let task = queue.shift();
  if (task !== undefined) send({ kind: 'begun', id: task.id });
  while (task !== undefined) {
    const event = await eventOf(task);
    const next = queue.shift();
    send({ kind: 'done', id: task.id, event, next: next?.id });
    task = next;
  }
  isWorking = false;
}

/** Beside others, which wait for their answers. */
async function perform(task: ReplayTask): Promise<void> {
  send({ kind: 'begun', id: task.id });
  send({ kind: 'done', id: task.id, event: await eventOf(task), next: undefined });
}

function accept(task: ReplayTask): void {
  if (waits) {
    void perform(task);
    return;
  }
  queue.push(task);
  if (!isWorking) void work();
}

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'load':
      sandboxes.add(message.key, message.target);
      return;
    case 'forget':
      sandboxes.forget(message.key);
      return;
    case 'live-answer':
      asked.get(message.askId)?.(message.answer);
      asked.delete(message.askId);
      return;
    default:
      accept(message.task);
  }
});
