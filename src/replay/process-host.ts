/** The pool's side of one process: what it is doing, and what becomes of that when it ends. */
import type { ChildProcess } from 'node:child_process';
import { messageOf } from '../shared/errors.ts';
import type { Asker, LiveAnswers } from './live-answers.ts';
import type {
  FromProcess,
  ProcessOptions,
  ProcessTarget,
  ReplayEvent,
  ReplayTask,
  TaskMessage,
  ToProcess,
} from './process-protocol.ts';
import {
  endConfined,
  HANGS,
  hangsAfterMs,
  isEndedByOthers,
  START_LIMIT_MS,
  startConfined,
  whyEnded,
} from './start-confined.ts';

/** How a task ended: reported, or its process ended under it. */
export type TaskEnd =
  | { readonly kind: 'event'; readonly event: ReplayEvent }
  | { readonly kind: 'died'; readonly reason: string; readonly culprit: Culprit };

/** Whether the task ended its process. `unstarted`: no task did, for the process never came to take one. */
export type Culprit = 'yes' | 'maybe' | 'no' | 'unstarted';

interface Running {
  readonly asker: Asker;
  readonly settle: (end: TaskEnd) => void;
  begun: boolean;
  /** Live answers that it waits for. */
  asks: number;
  settled: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Why it was ended from here, and by which task. */
interface Stop {
  readonly reason: string;
  readonly task: number | undefined;
}

export class ProcessHost {
  readonly #child: ChildProcess;
  readonly #options: ProcessOptions;
  readonly #running = new Map<number, Running>();
  readonly #loaded = new Set<string>();
  readonly #live: LiveAnswers;
  /** It takes tasks. */
  alive = true;
  #isReady = false;
  readonly #starting: NodeJS.Timeout;
  #stop: Stop | undefined;
  /** Tasks that it reported. What they left behind may be what ends it later. */
  #done = 0;

  constructor(options: ProcessOptions, live: LiveAnswers) {
    this.#live = live;
    this.#options = options;
    this.#child = startConfined('replay-process', import.meta.url, options.limits);
    this.#child.on('message', (message: FromProcess) => this.#receive(message));
    this.#child.on('exit', () => {
      this.alive = false;
    });
    // By then everything that it said has been heard.
    this.#child.on('close', () => this.#die(whyEnded(this.#child, options.limits)));
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) this.#die(`its process did not start: ${error.message}`);
    });
    this.#starting = setTimeout(
      () => this.#end({ reason: 'its process did not start in time', task: undefined }),
      START_LIMIT_MS,
    );
    this.#send({ kind: 'options', options });
  }

  get load(): number {
    return this.#running.size;
  }

  ensureLoaded(key: string, target: ProcessTarget): void {
    if (this.#loaded.has(key)) return;
    this.#loaded.add(key);
    this.#send({ kind: 'load', key, target });
  }

  /** Frees what a target takes; another of the same key may be loaded afterwards. */
  forget(key: string): void {
    if (!this.#loaded.delete(key) || !this.alive) return;
    this.#send({ kind: 'forget', key });
  }

  run(task: ReplayTask): Promise<TaskEnd> {
    if (!this.alive) return Promise.resolve({ kind: 'died', reason: 'its process ended', culprit: 'no' });
    return new Promise((settle) => {
      const asker = { recording: task.summary.id, draw: task.sampling?.draw };
      this.#running.set(task.id, { asker, settle, begun: false, asks: 0, settled: false, timer: undefined });
      this.#send({ kind: 'task', task });
    });
  }

  /** One that has ended says so itself, and so does one that never began: it has no channel. */
  #send(message: ToProcess): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(message: FromProcess): void {
    // One that is broken may say anything.
    if (this.#stop !== undefined && this.#stop.task === undefined) return;
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        clearTimeout(this.#starting);
        return;
      case 'broken':
        this.#end({ reason: `its process failed: ${message.reason}`, task: undefined });
        return;
      default: {
        const running = this.#running.get(message.id);
        if (running !== undefined) this.#hear(message, running);
      }
    }
  }

  #hear(message: TaskMessage, running: Running): void {
    switch (message.kind) {
      case 'begun':
        this.#begin(message.id, running);
        return;
      case 'live-ask':
        void this.#askLive(message, running);
        return;
      default:
        this.#done += 1;
        this.#settle(message.id, { kind: 'event', event: message.event });
        if (message.next !== undefined) this.#begin(message.next, this.#running.get(message.next));
    }
  }

  #begin(id: number, running: Running | undefined): void {
    if (running === undefined) return;
    running.begun = true;
    this.#watch(id, running);
  }

  #watch(id: number, running: Running): void {
    clearTimeout(running.timer);
    const stop = { reason: HANGS, task: id };
    running.timer = setTimeout(() => this.#end(stop), hangsAfterMs(this.#options.limits));
  }

  /** Waiting for the answer is not the candidate's time; its clock starts anew with the last answer. */
  async #askLive(
    { id, askId, view }: Extract<TaskMessage, { readonly kind: 'live-ask' }>,
    running: Running,
  ): Promise<void> {
    clearTimeout(running.timer);
    running.asks += 1;
    const answer = await this.#live
      .ask(view, running.asker)
      .catch((error: unknown) => ({ refused: `asking again failed: ${messageOf(error)}` }));
    running.asks -= 1;
    if (running.asks === 0 && !running.settled) this.#watch(id, running);
    this.#send({ kind: 'live-answer', askId, answer });
  }

  #settle(id: number, end: TaskEnd): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    clearTimeout(running.timer);
    running.settled = true;
    this.#running.delete(id);
    running.settle(end);
  }

  /** What it said before it ends is still heard. */
  #end(stop: Stop): void {
    this.alive = false;
    this.#stop ??= stop;
    void endConfined(this.#child);
  }

  #die(whyItEnded: string): void {
    this.alive = false;
    clearTimeout(this.#starting);
    const reason = this.#stop?.reason ?? whyItEnded;
    const begun = [...this.#running.values()].filter((running) => running.begun).length;
    const blame = this.#blame(begun);
    const others = this.#isReady ? 'no' : 'unstarted';
    for (const [id, running] of this.#running) {
      this.#settle(id, { kind: 'died', reason, culprit: running.begun ? blame : others });
    }
  }

  /** On those that were begun. */
  #blame(begun: number): Culprit {
    if (this.#stop?.task === undefined)
      return begun === 1 && this.#done === 0 && !isEndedByOthers(this.#child) ? 'yes' : 'maybe';
    // One that was too slow to be heard in time has ended nothing.
    if (!this.#running.has(this.#stop.task)) return 'no';
    return begun === 1 ? 'yes' : 'maybe';
  }

  /** Ends it. Nobody waits any more for what it was doing. */
  async close(): Promise<void> {
    this.alive = false;
    clearTimeout(this.#starting);
    for (const { timer } of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
    await endConfined(this.#child);
  }
}
