/**
 * The sandboxes of a process, one for each target. Several tasks may be at one at a time, where they wait for live answers: what
 * is replaced meanwhile is destroyed by the last of them.
 */
import type { ReplayCandidate } from './departure.ts';
import type { ProcessTarget } from './process-protocol.ts';
import { createSandbox } from './sandbox.ts';

export interface HeldSandbox {
  readonly key: string;
  readonly candidate: Promise<ReplayCandidate>;
  /** How many are at it. */
  tasks: number;
  /** How many it was given to. */
  taken: number;
  /** Whether several were at it at a time. */
  isShared: boolean;
  /** Nobody gets it any more. */
  isReplaced: boolean;
}

export class LoadedSandboxes {
  readonly #targets = new Map<string, ProcessTarget>();
  readonly #loaded = new Map<string, HeldSandbox>();

  add(key: string, target: ProcessTarget): void {
    this.#targets.set(key, target);
  }

  forget(key: string): void {
    this.#targets.delete(key);
    const loaded = this.#loaded.get(key);
    if (loaded !== undefined) this.#replace(loaded);
  }

  target(key: string): ProcessTarget | undefined {
    return this.#targets.get(key);
  }

  /**
   * Whoever holds one lets it go. One whose target is not there, or cannot be loaded, says so when it is waited for.
   *
   * @param tasksPerContext how many may be given the same one; with one, nobody else ever has it
   */
  hold(key: string, tasksPerContext = Number.POSITIVE_INFINITY): HeldSandbox {
    const known = tasksPerContext > 1 ? this.#loaded.get(key) : undefined;
    const isUsedUp = known !== undefined && known.taken >= tasksPerContext;
    if (isUsedUp) this.#replace(known);
    const held = known === undefined || isUsedUp ? this.#load(key, tasksPerContext > 1) : known;
    held.tasks += 1;
    held.taken += 1;
    held.isShared ||= held.tasks > 1;
    return held;
  }

  /** @param isSpent whether the next task is to get another */
  letGo(held: HeldSandbox, isSpent: boolean): void {
    held.tasks -= 1;
    if (isSpent && !held.isReplaced) this.#replace(held);
    else this.#destroyUnused(held);
  }

  #load(key: string, isForOthers: boolean): HeldSandbox {
    const candidate = this.#open(key);
    // Whoever waits for it is told.
    candidate.catch(() => undefined);
    const isReplaced = !isForOthers || !this.#targets.has(key);
    const loaded = { key, candidate, tasks: 0, taken: 0, isShared: false, isReplaced };
    if (!isReplaced) this.#loaded.set(key, loaded);
    return loaded;
  }

  async #open(key: string): Promise<ReplayCandidate> {
    const target = this.#targets.get(key);
    if (target === undefined) throw new Error(`Target ${key} was not loaded.`);
    const { code, definition, rulesOf } = target;
    return { sandbox: await createSandbox({ code }), definition, rulesOf };
  }

  #replace(loaded: HeldSandbox): void {
    this.#loaded.delete(loaded.key);
    loaded.isReplaced = true;
    this.#destroyUnused(loaded);
  }

  /** Its source map and its context are the SDK's until it is told that they are done with. */
  #destroyUnused({ candidate, tasks, isReplaced }: HeldSandbox): void {
    if (isReplaced && tasks === 0) void candidate.then(({ sandbox }) => sandbox.destroy()).catch(() => undefined);
  }
}
