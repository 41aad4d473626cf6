/**
 * The place of one artifact in a fleet, from the first attempt to host it until it is stopped for good. A worker that
 * fails is started again, after a pause that doubles; nothing that happens here reaches the other berths.
 */
import { asError } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import type { FleetEvent } from './fleet-event.ts';
import type { HostedArtifact } from './host-artifact.ts';
import type { WantedArtifact } from './plan-fleet.ts';

export type BerthState = 'starting' | 'running' | 'ready' | 'failed' | 'stopping' | 'stopped';

export interface BerthOptions {
  /** Starts a worker for the artifact. */
  readonly host: () => Promise<HostedArtifact>;
  /** Resolves when the server knows that the worker is there; rejects when the signal is given first. */
  readonly awaitReady: (signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: FleetEvent) => void;
}

const RETRY_MS_FIRST = 500;
const RETRY_MS_MAX = 60_000;

export class Berth {
  readonly #options: BerthOptions;
  readonly #closing = new AbortController();
  readonly #over: Promise<void>;
  #target: WantedArtifact;
  #state: BerthState = 'starting';
  #lastError: Error | undefined;

  constructor(target: WantedArtifact, options: BerthOptions) {
    this.#target = target;
    this.#options = options;
    this.#over = this.#live();
  }

  get target(): WantedArtifact {
    return this.#target;
  }

  get state(): BerthState {
    return this.#state;
  }

  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** A version more or less may hold the same artifact, for other reasons. */
  retarget(target: WantedArtifact): void {
    this.#target = target;
  }

  /** Resolves when the worker has drained. */
  async stop(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#enter('stopping');
      this.#closing.abort();
    }
    await this.#over;
  }

  async #live(): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted; failures += 1) {
      try {
        if (await this.#attempt()) failures = -1;
      } catch (error) {
        await this.#pause(error, Math.min(RETRY_MS_FIRST * 2 ** failures, RETRY_MS_MAX));
      }
    }
    this.#enter('stopped');
  }

  /** One worker, from its start to its end. */
  async #attempt(): Promise<boolean> {
    this.#enter('starting');
    const hosted = await this.#options.host();
    const gone = new AbortController();
    const stopping = onAbort(this.#closing.signal, () => hosted.stop());
    const ready = this.#options
      .awaitReady(AbortSignal.any([this.#closing.signal, gone.signal]))
      .then(() => this.#enter('ready'))
      .catch(() => undefined);
    this.#state = this.#closing.signal.aborted ? 'stopping' : 'running';
    try {
      await hosted.ended;
      return true;
    } finally {
      gone.abort();
      await Promise.all([ready, stopping()]);
    }
  }

  async #pause(error: unknown, retryInMs: number): Promise<void> {
    this.#lastError = asError(error);
    if (this.#closing.signal.aborted) return;
    this.#state = 'failed';
    this.#options.onEvent({ kind: 'failed', target: this.#target, error: this.#lastError, retryInMs });
    await pause(retryInMs, this.#closing.signal);
  }

  #enter(state: 'starting' | 'ready' | 'stopping' | 'stopped'): void {
    if (this.#closing.signal.aborted && state !== 'stopped') return;
    this.#state = state;
    this.#options.onEvent({ kind: state, target: this.#target });
  }
}

/** Runs `action` once the signal is given; the returned function resolves when that is done, or not needed any more. */
function onAbort(signal: AbortSignal, action: () => Promise<void>): () => Promise<void> {
  let done = Promise.resolve();
  const listener = () => {
    done = action();
  };
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
  return () => {
    signal.removeEventListener('abort', listener);
    return done;
  };
}
