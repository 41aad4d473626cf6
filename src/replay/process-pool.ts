/**
 * Replays tasks in processes, and keeps one bad recording from harming another.
 *
 * Invariants
 * 1. Every task ends exactly once, whatever happens to its process.
 * 2. A task has failed when it was under way too long, or when its process ended under it and under nothing else, before or beside it. Where
 *    others may have been the cause, it is tried again alone. Tasks that were not begun are tried again.
 */
import { availableParallelism } from 'node:os';
import { MissionError, messageOf } from '../shared/errors.ts';
import { failedEvent } from './failed-event.ts';
import type { LiveAnswers } from './live-answers.ts';
import { ProcessHost, type TaskEnd } from './process-host.ts';
import type { ProcessOptions, ProcessTarget, ReplayEvent, ReplayTask } from './process-protocol.ts';

export interface ProcessPoolOptions extends ProcessOptions {
  readonly live: LiveAnswers;
  /** @default one per processor */
  readonly workers: number | undefined;
}

/** Tasks sent ahead, so that a process never waits for its next one, though the command that sends them has to wait for a processor itself. */
const SENT_AHEAD = 8;
/** Of large recordings fewer are sent to a process, but always as many as keep it at work. */
const SENT_AT_LEAST = 3;
const SENT_BYTES_MAX = 8 * 2 ** 20;
/** Processes that end before they take a task, until no more are started for it. */
const STARTS_MAX = 3;
/** Processes that end under others before they come to a task, until it is tried alone: the task itself may be too large to be received. */
const TURNS_MAX = 10;

export class ProcessPool {
  readonly #options: ProcessPoolOptions;
  readonly #hosts: (ProcessHost | undefined)[];
  readonly #targets = new Map<string, ProcessTarget>();
  readonly #perProcess: number;
  /** Where tasks are tried again. */
  readonly #apart = new Set<ProcessHost>();
  /** One at a time: what ends a process may have taken a lot of memory. */
  #alone: Promise<unknown> = Promise.resolve();
  #lastId = 0;
  #isClosed = false;

  /** The first process starts at once, the others as tasks come. */
  constructor(options: ProcessPoolOptions) {
    this.#options = options;
    const count = Math.max(1, options.workers ?? availableParallelism());
    this.#hosts = Array.from({ length: count }, () => undefined);
    this.#hosts[0] = this.#start();
    this.#perProcess = options.waits
      ? Math.max(SENT_AHEAD, Math.ceil(options.limits.liveConcurrency / count))
      : SENT_AHEAD;
  }

  /**
   * Whether it takes one more task.
   *
   * @param count of tasks that it has now
   * @param bytes of their recordings
   */
  hasRoom(count: number, bytes: number): boolean {
    const { length } = this.#hosts;
    const isMuch = !this.#options.waits && bytes >= length * SENT_BYTES_MAX;
    return count < length * (isMuch ? SENT_AT_LEAST : this.#perProcess);
  }

  addTarget(key: string, target: ProcessTarget): void {
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

  /**
   * Never resolves once the pool is closed.
   *
   * @throws MissionError `INTERNAL` when its processes cannot be started.
   */
  async run(task: ReplayTask): Promise<ReplayEvent> {
    for (let unstarted = 0, turns = 0; turns < TURNS_MAX; turns += 1) {
      if (this.#isClosed) return nobodyWaits();
      const end = await this.#runOn(this.#leastLoaded(), task);
      if (end.kind === 'event') return end.event;
      if (end.culprit === 'yes') return failedEvent(task, { message: end.reason, isFatal: true });
      if (end.culprit === 'maybe') break;
      if (end.culprit === 'unstarted') unstarted += 1;
      if (unstarted === STARTS_MAX) throw this.#cannotStart(end.reason);
    }
    const again = await this.#runAlone(task);
    return again.kind === 'event' ? again.event : failedEvent(task, { message: again.reason, isFatal: true });
  }

  #start(): ProcessHost {
    const { answers, limits, reads, waits, live } = this.#options;
    try {
      return new ProcessHost({ answers, limits, reads, waits }, live);
    } catch (error) {
      throw this.#cannotStart(messageOf(error));
    }
  }

  #leastLoaded(): ProcessHost {
    const loads = this.#hosts.map((host) => (host?.alive ? host.load : 0.5));
    const index = loads.indexOf(Math.min(...loads));
    const host = this.#hosts[index];
    if (host?.alive) return host;
    const fresh = this.#start();
    this.#hosts[index] = fresh;
    return fresh;
  }

  #runOn(host: ProcessHost, task: ReplayTask): Promise<TaskEnd> {
    for (const key of [task.candidate, task.baseline, task.sampling?.comparedWith]) {
      const target = key === undefined ? undefined : this.#targets.get(key);
      if (key !== undefined && target !== undefined) host.ensureLoaded(key, target);
    }
    return host.run(task);
  }

  #runAlone(task: ReplayTask): Promise<TaskEnd> {
    const mine = this.#alone.then(() => this.#runApart(task));
    this.#alone = mine.catch(() => undefined);
    return mine;
  }

  async #runApart(task: ReplayTask): Promise<TaskEnd> {
    if (this.#isClosed) return nobodyWaits();
    const host = this.#start();
    this.#apart.add(host);
    try {
      return await this.#runOn(host, task);
    } finally {
      this.#apart.delete(host);
      await host.close();
    }
  }

  #cannotStart(reason: string): MissionError {
    const { memoryMb } = this.#options.limits;
    return new MissionError('INTERNAL', `Processes for replays do not start: ${reason}.`, {
      remedy: 'Give them more memory by the limits of the policy (docs/policy.md), and see that this machine has it.',
      details: { memoryMb, starts: STARTS_MAX },
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#hosts, ...this.#apart].map(async (host) => host?.close()));
  }
}

function nobodyWaits(): Promise<never> {
  return new Promise(() => undefined);
}
