/** Whether the registry answers a router: told once whenever that changes. */
import type { RouterEvent } from './router-event.ts';

export interface ReachOptions {
  /** How long routes may be served that the registry no longer confirms, in milliseconds. */
  readonly staleMs: number;
  /** A clock that only goes forward, in milliseconds. */
  readonly now: () => number;
  readonly emit: (event: RouterEvent) => void;
}

export class RegistryReach {
  readonly #options: ReachOptions;
  #reach: 'answers' | 'silent' | 'expired' = 'answers';
  #answeredAtMs: number;

  constructor(options: ReachOptions) {
    this.#options = options;
    this.#answeredAtMs = options.now();
  }

  /** @param askedAtMs - when the question was put that is answered now */
  answered(askedAtMs: number): void {
    const { now, emit } = this.#options;
    if (this.#reach !== 'answers') emit({ kind: 'fresh', ageMs: now() - this.#answeredAtMs });
    this.#reach = 'answers';
    this.#answeredAtMs = Math.max(this.#answeredAtMs, askedAtMs);
  }

  unanswered(error: Error): void {
    const { now, emit, staleMs } = this.#options;
    const ageMs = now() - this.#answeredAtMs;
    const servedForMs = staleMs - ageMs;
    if (this.#reach === 'answers') {
      this.#reach = 'silent';
      emit({ kind: 'stale', servedForMs: Math.max(servedForMs, 0), error });
    }
    if (this.#reach === 'silent' && servedForMs < 0) {
      this.#reach = 'expired';
      emit({ kind: 'expired', ageMs });
    }
  }
}
