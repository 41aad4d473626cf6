/** A thread of the pool: loads targets, replays tasks one after another, and has no way out but its port. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../shared/errors.ts';
import type { ReplayCandidate } from './departure.ts';
import type { LiveAnswer, LiveAnswers } from './live-answers.ts';
import { lockDown } from './lockdown.ts';
import { runTask } from './replay-task.ts';
import { createSandbox } from './sandbox.ts';
import type { FromThread, ReplayEvent, ReplayTask, ThreadOptions, ThreadTarget, ToThread } from './thread-protocol.ts';

const port = parentPort;
if (port === null) throw new Error('replay-thread runs in a worker thread only');
const { answers, limits, waits } = workerData as ThreadOptions;
lockDown();

const targets = new Map<string, ThreadTarget>();
const loaded = new Map<string, Promise<ReplayCandidate>>();
const asked = new Map<number, (answer: LiveAnswer) => void>();
let askCount = 0;

function send(message: FromThread): void {
  port?.postMessage(message);
}

function candidateOf(key: string): Promise<ReplayCandidate> {
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const target = targets.get(key);
  if (target === undefined) throw new Error(`Target ${key} was not loaded.`);
  const loading = createSandbox({ code: target.code }).then((sandbox) => ({
    sandbox,
    definition: target.definition,
  }));
  loaded.set(key, loading);
  return loading;
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

async function replay(task: ReplayTask): Promise<ReplayEvent> {
  const candidate = await candidateOf(task.candidate);
  const baseline = task.baseline === undefined ? undefined : await candidateOf(task.baseline);
  const { sampling } = task;
  const options = { answers, limits, live: liveFor(task.id) };
  if (sampling === undefined) return runTask(task, candidate, baseline, options);
  const baselineDefinition = targets.get(sampling.comparedWith)?.definition;
  const drawn = { ...options, anew: new Set(sampling.steps), baselineDefinition, judgesDeterminism: false };
  return runTask(task, candidate, baseline, drawn);
}

/** Its source map and its context are the SDK's until it is told that they are done with. */
function drop(key: string): void {
  void loaded
    .get(key)
    ?.then(({ sandbox }) => sandbox.destroy())
    .catch(() => undefined);
  loaded.delete(key);
}

/** Code that failed may have left its context in any state, and some leave traces; the next recording gets a fresh one. */
async function forgetSpoiled({ candidate, baseline }: ReplayTask, event: ReplayEvent): Promise<void> {
  if (event.kind === 'result' && event.result.outcome === 'failed') drop(candidate);
  for (const key of [candidate, baseline ?? candidate]) {
    const known = await loaded.get(key)?.catch(() => undefined);
    if (known?.sandbox.isSpoiled) drop(key);
  }
}

/** What a task leads to, whatever happens. */
async function eventOf(task: ReplayTask): Promise<ReplayEvent> {
  const event = await replay(task).catch((error: unknown): ReplayEvent => {
    const { id, workflowId, runId } = task.summary;
    const detail = `the replay itself failed: ${messageOf(error)}`;
    return { kind: 'excluded', excluded: { recording: { id, workflowId, runId }, reason: 'unreadable', detail } };
  });
  await forgetSpoiled(task, event);
  return event;
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
      targets.set(message.key, message.target);
      return;
    case 'forget':
      targets.delete(message.key);
      drop(message.key);
      return;
    case 'live-answer':
      asked.get(message.askId)?.(message.answer);
      asked.delete(message.askId);
      return;
    default:
      accept(message.task);
  }
});
