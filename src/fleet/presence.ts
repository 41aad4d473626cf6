/**
 * Tells the registry what this process hosts: at once when something changes, and again and again as long as it lives. When
 * the registry is away, what was said runs out there, and is said anew when it is back.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Registry } from '../registry/registry.ts';
import type { HostedArtifactState, HostedState, WorkerProcess } from '../registry/workers.ts';
import type { Berth } from './berth.ts';

/** A process on one main thread may be busy for seconds; this is several heartbeats. */
export const LEASE_MS = 20_000;

export class Presence {
  readonly #workers: Registry['workers'];
  readonly #process: WorkerProcess;
  readonly #states = new Map<string, HostedArtifactState>();
  #timer: NodeJS.Timeout | undefined;
  #saying: Promise<void> = Promise.resolve();
  #isStale = true;
  #isOver = false;

  constructor(workers: Registry['workers'], identity: string, leaseMs: number) {
    this.#workers = workers;
    this.#process = { id: randomUUID(), identity, host: hostname(), pid: process.pid, leaseMs };
    this.#timer = setInterval(() => void this.say(), leaseMs / 4);
    this.#timer.unref();
  }

  /** Takes over how far the berths are, and tells it when anything is new. */
  follow(berths: Iterable<Berth>): Promise<void> {
    const seen = new Set<string>();
    for (const { target, state, lastError } of berths) {
      const told = TOLD[state];
      if (told === undefined) continue;
      seen.add(target.artifact);
      this.#note(target.mission, target.artifact, told, told === 'failed' ? (lastError?.message ?? null) : null);
    }
    for (const artifact of this.#states.keys()) {
      if (!seen.has(artifact)) this.#isStale = this.#states.delete(artifact);
    }
    return this.#isStale ? this.say() : this.#saying;
  }

  /** Never rejects. One report at a time, with the newest state. */
  say(): Promise<void> {
    this.#isStale = false;
    this.#saying = this.#saying.then(async () => {
      if (this.#isOver) return;
      await this.#workers.report(this.#process, [...this.#states.values()]).catch(() => undefined);
    });
    return this.#saying;
  }

  async leave(): Promise<void> {
    clearInterval(this.#timer);
    this.#isOver = true;
    await this.#saying;
    await this.#workers.leave(this.#process.id).catch(() => undefined);
  }

  #note(mission: string, artifact: string, state: HostedState, error: string | null): void {
    const before = this.#states.get(artifact);
    if (before?.state === state && before.error === error) return;
    this.#states.set(artifact, { mission, artifact, state, since: new Date().toISOString(), error });
    this.#isStale = true;
  }
}

const TOLD: Readonly<Record<Berth['state'], HostedState | undefined>> = {
  starting: 'starting',
  running: 'starting',
  ready: 'ready',
  failed: 'failed',
  stopping: 'stopping',
  stopped: undefined,
};
