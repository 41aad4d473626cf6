/**
 * Replays tasks on threads, and keeps one bad recording from harming another.
 *
 * Invariants
 * 1. Every task ends exactly once, whatever happens to its thread.
 * 2. The one task that was under way when its thread died has failed. Where several were, each is tried again alone, and
 *    only one that dies alone has failed. Tasks that were not begun are tried again.
 */
import { availableParallelism } from 'node:os';
import { failedEvent } from './failed-event.ts';
import type { LiveAnswers } from './live-answers.ts';
import { type TaskEnd, ThreadHost } from './thread-host.ts';
import type { ReplayEvent, ReplayTask, ThreadOptions, ThreadTarget } from './thread-protocol.ts';

export interface ThreadPoolOptions extends ThreadOptions {
  readonly live: LiveAnswers;
  /** @default one per processor */
  readonly workers: number | undefined;
}

/** Tasks sent ahead, so that a thread never waits for its next one. */
const SENT_AHEAD = 3;

export class ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #hosts: (ThreadHost | undefined)[];
  readonly #targets = new Map<string, ThreadTarget>();
  readonly perThread: number;
  #lastId = 0;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    const count = Math.max(1, options.workers ?? availableParallelism());
    this.#hosts = Array.from({ length: count }, () => undefined);
    this.perThread = options.waits
      ? Math.max(SENT_AHEAD, Math.ceil(options.limits.liveConcurrency / count))
      : SENT_AHEAD;
  }

  /** How many tasks it takes at a time without queueing. */
  get capacity(): number {
    return this.#hosts.length * this.perThread;
  }

  addTarget(key: string, target: ThreadTarget): void {
    this.#targets.set(key, target);
  }

  forgetTarget(key: string): void {
    this.#targets.delete(key);
    for (const host of this.#hosts) host?.forget(key);
  }

  /** Unique among the tasks of all replays that share the pool. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  async run(task: ReplayTask): Promise<ReplayEvent> {
    for (;;) {
      const end = await this.#runOn(this.#leastLoaded(), task);
      if (end.kind === 'event') return end.event;
      if (end.culprit === 'yes') return failedEvent(task, { message: end.reason, isFatal: true });
      if (end.culprit === 'maybe') break;
    }
    const again = await this.#runAlone(task);
    return again.kind === 'event' ? again.event : failedEvent(task, { message: again.reason, isFatal: true });
  }

  #leastLoaded(): ThreadHost {
    const loads = this.#hosts.map((host) => (host?.alive ? host.load : -1));
    const index = loads.indexOf(Math.min(...loads));
    const host = this.#hosts[index];
    if (host?.alive) return host;
    const fresh = new ThreadHost(this.#options, this.#options.live);
    this.#hosts[index] = fresh;
    return fresh;
  }

  #runOn(host: ThreadHost, task: ReplayTask): Promise<TaskEnd> {
    for (const key of [task.candidate, task.baseline, task.sampling?.comparedWith]) {
      const target = key === undefined ? undefined : this.#targets.get(key);
      if (key !== undefined && target !== undefined) host.ensureLoaded(key, target);
    }
    return host.run(task);
  }

  async #runAlone(task: ReplayTask): Promise<TaskEnd> {
    const host = new ThreadHost(this.#options, this.#options.live);
    try {
      return await this.#runOn(host, task);
    } finally {
      await host.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map(async (host) => host?.close()));
  }
}
