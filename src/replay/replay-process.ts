/** A process of the pool: loads targets, replays tasks one after another, and has no way out but its channel. */
import { messageOf } from '../shared/errors.ts';
import { confine } from './confine.ts';
import type { LiveAnswer, LiveAnswers } from './live-answers.ts';
import { type HeldSandbox, LoadedSandboxes } from './loaded-sandboxes.ts';
import type { FromProcess, ProcessOptions, ReplayEvent, ReplayTask, ToProcess } from './process-protocol.ts';
import { runTask } from './replay-task.ts';

/** Characters. */
const REASON_MAX = 4_000;
let given: ProcessOptions | undefined;
const send = confine<FromProcess, ToProcess>({
  hear: (message) => {
    if (message.kind === 'options') given = message.options;
    else if (given === undefined) throw new Error('The options come first.');
    else receive(given, message);
  },
  onUncaught: (error) => void send({ kind: 'broken', reason: messageOf(error).slice(0, REASON_MAX) }),
});

const sandboxes = new LoadedSandboxes();
const asked = new Map<number, (answer: LiveAnswer) => void>();
let askCount = 0;

function liveFor(id: number): LiveAnswers {
  return {
    ask: (view) =>
      new Promise((resolve) => {
        askCount += 1;
        asked.set(askCount, resolve);
        void send({ kind: 'live-ask', id, askId: askCount, view });
      }),
  };
}

async function replay(
  { answers, limits, reads }: ProcessOptions,
  task: ReplayTask,
  candidate: HeldSandbox,
  baseline?: HeldSandbox,
): Promise<ReplayEvent> {
  const { sampling } = task;
  const options = { answers, limits, reads, live: liveFor(task.id) };
  const targets = [await candidate.candidate, await baseline?.candidate] as const;
  if (sampling === undefined) return runTask(task, ...targets, options);
  const baselineDefinition = sandboxes.target(sampling.comparedWith)?.definition;
  const drawn = { ...options, anew: new Set(sampling.steps), baselineDefinition, judgesDeterminism: false };
  return runTask(task, ...targets, drawn);
}

interface Attempt {
  readonly event: ReplayEvent;
  /** Whether another recording, at its turn in the same context, did what nobody can take back. */
  readonly mayBeHarmed: boolean;
}

/** What a task leads to, whatever happens. */
async function eventOf(options: ProcessOptions, task: ReplayTask): Promise<ReplayEvent> {
  const { event, mayBeHarmed } = await attempt(options, task, options.limits.recordingsPerContext);
  return mayBeHarmed ? (await attempt(options, task, 1)).event : event;
}

async function attempt(
  options: ProcessOptions,
  task: ReplayTask,
  recordingsPerContext: number | undefined,
): Promise<Attempt> {
  const candidate = sandboxes.hold(task.candidate, recordingsPerContext);
  const baseline = task.baseline === undefined ? undefined : sandboxes.hold(task.baseline, recordingsPerContext);
  const event = await replay(options, task, candidate, baseline).catch((error: unknown): ReplayEvent => {
    const { id, workflowId, runId } = task.summary;
    const detail = `the replay itself failed: ${messageOf(error)}`;
    return { kind: 'excluded', excluded: { recording: { id, workflowId, runId }, reason: 'unreadable', detail } };
  });
  // Code that failed may have left its context in any state, and some leave traces; the next recording gets a fresh one.
  const hasFailed = event.kind === 'result' && event.result.outcome === 'failed';
  const spoiled = await isSpoiled(candidate);
  const isBaselineSpoiled = baseline !== undefined && (await isSpoiled(baseline));
  sandboxes.letGo(candidate, hasFailed || spoiled);
  if (baseline !== undefined) sandboxes.letGo(baseline, isBaselineSpoiled);
  const mayBeHarmed = (spoiled && candidate.isShared) || (isBaselineSpoiled && baseline.isShared);
  return { event, mayBeHarmed };
}

async function isSpoiled({ candidate }: HeldSandbox): Promise<boolean> {
  const loaded = await candidate.catch(() => undefined);
  return loaded?.sandbox.isSpoiled === true;
}

const queue: ReplayTask[] = [];
let isWorking = false;

/**
 * Performs what is in the queue: one after another, so that a task that never ends is the only one begun. What was said is on its way before the
 * next one begins, which may never give the channel another turn.
 */
async function work(options: ProcessOptions): Promise<void> {
  isWorking = true;
  let task = queue.shift();
  if (task !== undefined) await send({ kind: 'begun', id: task.id });
  while (task !== undefined) {
    const event = await eventOf(options, task);
    const next = queue.shift();
    await send({ kind: 'done', id: task.id, event, next: next?.id });
    task = next;
  }
  isWorking = false;
}

/** Beside others, which wait for their answers. */
async function perform(options: ProcessOptions, task: ReplayTask): Promise<void> {
  await send({ kind: 'begun', id: task.id });
  await send({ kind: 'done', id: task.id, event: await eventOf(options, task), next: undefined });
}

function accept(options: ProcessOptions, task: ReplayTask): void {
  if (options.waits) {
    void perform(options, task);
    return;
  }
  queue.push(task);
  if (!isWorking) void work(options);
}

function receive(options: ProcessOptions, message: Exclude<ToProcess, { readonly kind: 'options' }>): void {
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
    case 'task':
      accept(options, message.task);
      return;
  }
}

void send({ kind: 'ready' });
