/** The berths of a fleet: one for each artifact that this process hosts, opened and closed as a plan says. */
import { MissionError } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import type { Berth, BerthState } from './berth.ts';
import type { FleetPlan, WantedArtifact } from './plan-fleet.ts';

/** One artifact of a fleet. */
export interface FleetMember extends WantedArtifact {
  readonly state: BerthState;
  /** The last failure's message. */
  readonly error?: string;
}

const LOOK_AGAIN_MS = 50;

export class Berths {
  readonly #berths = new Map<string, Berth>();
  readonly #open: (target: WantedArtifact) => Berth;
  readonly #onClosed: () => void;

  /** @param onClosed - told when an artifact may be hosted anew that was to be stopped */
  constructor(open: (target: WantedArtifact) => Berth, onClosed: () => void) {
    this.#open = open;
    this.#onClosed = onClosed;
  }

  /** Digests of the artifacts that have one. */
  artifacts(): ReadonlySet<string> {
    return new Set(this.#berths.keys());
  }

  [Symbol.iterator](): IterableIterator<Berth> {
    return this.#berths.values();
  }

  members(): FleetMember[] {
    return [...this].map(({ target, state, lastError }) => ({
      ...target,
      state,
      ...(state === 'failed' && lastError !== undefined ? { error: lastError.message } : {}),
    }));
  }

  carryOut(plan: FleetPlan): void {
    for (const target of plan.wanted) this.#berths.get(target.artifact)?.retarget(target);
    for (const target of plan.start) this.#berths.set(target.artifact, this.#open(target));
    for (const artifact of plan.stop) this.#close(artifact);
  }

  /** @throws MissionError `VERSION_NOT_HOSTED` naming what is not ready when the time is over, or `closing` is given. */
  async ready(timeoutMs: number, closing: AbortSignal): Promise<void> {
    const tooLate = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const waiting = this.members().filter(({ state }) => state !== 'ready' && state !== 'stopping');
      if (waiting.length === 0) return;
      if (tooLate.aborted || closing.aborted) throw notReady(waiting, timeoutMs);
      await pause(LOOK_AGAIN_MS, tooLate);
    }
  }

  /** Drains all. */
  async stop(): Promise<void> {
    await Promise.all([...this].map((berth) => berth.stop()));
    this.#berths.clear();
  }

  /** Draining takes its time; when the artifact is wanted again meanwhile, it is started anew once it is through. */
  #close(artifact: string): void {
    const berth = this.#berths.get(artifact);
    if (berth === undefined || berth.state === 'stopping') return;
    void berth.stop().then(() => {
      if (this.#berths.get(artifact) === berth) this.#berths.delete(artifact);
      this.#onClosed();
    });
  }
}

function notReady(waiting: readonly FleetMember[], timeoutMs: number): MissionError {
  const list = waiting.map(({ mission, versions, state, error }) => {
    const why = error === undefined ? state : `${state}: ${error}`;
    return `${versions.map((number) => `${mission}@${number}`).join(', ')} (${why})`;
  });
  return new MissionError('VERSION_NOT_HOSTED', `Not ready after ${timeoutMs} ms: ${list.join('; ')}.`, {
    remedy: 'Correct what failed; failed workers are tried again by themselves.',
    details: { waiting: list },
  });
}
