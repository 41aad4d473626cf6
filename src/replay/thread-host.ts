/** The pool's side of one thread: what it is doing, and what becomes of that when it dies. */
import type { Worker } from 'node:worker_threads';
import { startThread } from '../registry/source-thread.ts';
import { messageOf } from '../shared/errors.ts';
import type { ReplayLimits } from './answer-policy.ts';
import type { Asker, LiveAnswers } from './live-answers.ts';
import type { FromThread, ReplayEvent, ReplayTask, ThreadOptions, ThreadTarget } from './thread-protocol.ts';

/** How a task ended: reported, or its thread died under it. */
export type TaskEnd =
  | { readonly kind: 'event'; readonly event: ReplayEvent }
  | { readonly kind: 'died'; readonly reason: string; readonly culprit: 'yes' | 'maybe' | 'no' };

interface Running {
  readonly asker: Asker;
  readonly settle: (end: TaskEnd) => void;
  begun: boolean;
  /** Live answers that it waits for. */
  asks: number;
  settled: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Real time beyond the recording's own limit after which a thread counts as hung. */
const GRACE_MS = 5_000;

export class ThreadHost {
  readonly #worker: Worker;
  readonly #running = new Map<number, Running>();
  readonly #loaded = new Set<string>();
  readonly #live: LiveAnswers;
  readonly #timeLimitMs: number;
  alive = true;

  constructor({ answers, limits, waits }: ThreadOptions, live: LiveAnswers) {
    this.#live = live;
    // Twice the limit: the self-check and the replay, each with their own.
    this.#timeLimitMs = 2 * limits.perRecordingMs + GRACE_MS;
    this.#worker = startThread('replay-thread', import.meta.url, {
      workerData: { answers, limits, waits } satisfies ThreadOptions,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb },
    });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.on('error', (error) => this.#die(reasonOf(error, limits)));
    this.#worker.on('exit', () => this.#die('its thread ended'));
  }

  get load(): number {
    return this.#running.size;
  }

  ensureLoaded(key: string, target: ThreadTarget): void {
    if (this.#loaded.has(key)) return;
    this.#loaded.add(key);
    this.#worker.postMessage({ kind: 'load', key, target });
  }

  /** Frees what a target takes; another of the same key may be loaded afterwards. */
  forget(key: string): void {
    if (!this.#loaded.delete(key) || !this.alive) return;
    this.#worker.postMessage({ kind: 'forget', key });
  }

  run(task: ReplayTask): Promise<TaskEnd> {
    if (!this.alive) return Promise.resolve({ kind: 'died', reason: 'its thread ended', culprit: 'no' });
    return new Promise((settle) => {
      const asker = { recording: task.summary.id, draw: task.sampling?.draw };
      this.#running.set(task.id, { asker, settle, begun: false, asks: 0, settled: false, timer: undefined });
      this.#worker.postMessage({ kind: 'task', task });
    });
  }

  #receive(message: FromThread): void {
    const running = this.#running.get(message.id);
    if (running === undefined) return;
    switch (message.kind) {
      case 'begun':
        this.#begin(running);
        return;
      case 'live-ask':
        void this.#askLive(message.askId, message.view, running);
        return;
      default:
        this.#settle(message.id, { kind: 'event', event: message.event });
        this.#begin(message.next === undefined ? undefined : this.#running.get(message.next));
    }
  }

  #begin(running: Running | undefined): void {
    if (running === undefined) return;
    running.begun = true;
    this.#watch(running);
  }

  #watch(running: Running): void {
    clearTimeout(running.timer);
    running.timer = setTimeout(() => this.#hang(), this.#timeLimitMs);
  }

  /** Waiting for the answer is not the candidate's time; its clock starts anew with the last answer. */
  async #askLive(askId: number, view: Parameters<LiveAnswers['ask']>[0], running: Running): Promise<void> {
    clearTimeout(running.timer);
    running.asks += 1;
    const answer = await this.#live
      .ask(view, running.asker)
      .catch((error: unknown) => ({ refused: `asking again failed: ${messageOf(error)}` }));
    running.asks -= 1;
    if (running.asks === 0 && !running.settled) this.#watch(running);
    this.#worker.postMessage({ kind: 'live-answer', askId, answer });
  }

  #settle(id: number, end: TaskEnd): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    clearTimeout(running.timer);
    running.settled = true;
    this.#running.delete(id);
    running.settle(end);
  }

  #hang(): void {
    this.#die('it exceeded its time limit (perRecordingMs)');
    void this.#worker.terminate();
  }

  #die(reason: string): void {
    if (!this.alive) return;
    this.alive = false;
    const begun = [...this.#running.values()].filter((running) => running.begun).length;
    const blame = begun === 1 ? 'yes' : 'maybe';
    for (const [id, running] of this.#running) {
      this.#settle(id, { kind: 'died', reason, culprit: running.begun ? blame : 'no' });
    }
  }

  async close(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }
}

function reasonOf(error: Error, limits: ReplayLimits): string {
  const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return outOfMemory
    ? `it exceeded its memory limit (memoryMb: ${limits.memoryMb})`
    : `its thread failed: ${error.message}`;
}
