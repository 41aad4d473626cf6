/** A player whose workflow code runs in a thread of its own, which is ended when the code hangs. */
import type { Worker } from 'node:worker_threads';
import { encodeRecordingContent } from '../recording/content.ts';
import { startThread } from '../registry/source-thread.ts';
import type { ReplayInput } from '../replay/departure.ts';
import { MissionError } from '../shared/errors.ts';
import type { Player, PlayOptions } from './player.ts';
import type { FromPlayer, PlayerThreadOptions, ToPlayer } from './player-protocol.ts';
import type { Program } from './program.ts';

interface Waiting {
  readonly resolve: (message: FromPlayer) => void;
  readonly reject: (error: Error) => void;
}

/** Real time beyond the limit of one replay after which the code counts as hung: loading it included. */
const GRACE_MS = 30_000;

/** @throws MissionError `DEBUG_FAILED` from its methods, when the code hangs, breaks its memory limit, or cannot be loaded. */
export function startPlayer(program: Program, input: ReplayInput, options: PlayOptions): Player {
  const { histories, ...rest } = input;
  const { bundle, definition } = program;
  const worker = startThread('player-thread', import.meta.url, {
    workerData: {
      answers: options.answers,
      limits: options.limits,
      code: bundle.code,
      definition,
      input: rest,
      content: encodeRecordingContent(histories),
    } satisfies PlayerThreadOptions,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: options.limits.memoryMb },
  });
  return new ThreadPlayer(worker, options.limits.perRecordingMs + GRACE_MS);
}

class ThreadPlayer implements Player {
  readonly #worker: Worker;
  readonly #limitMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  #death: string | undefined;

  constructor(worker: Worker, limitMs: number) {
    this.#worker = worker;
    this.#limitMs = limitMs;
    worker.on('message', (message: FromPlayer) => this.#waiting.get(message.id)?.resolve(message));
    worker.on('error', (error) => this.#die(`its thread failed: ${error.message}`));
    worker.on('exit', () => this.#die('its thread ended'));
  }

  async play(edits: ToPlayer['edits']) {
    const answer = await this.#ask({ edits });
    if ('play' in answer) return answer.play;
    throw failed('failed' in answer ? answer.failed : 'no way was given');
  }

  async inspect(edits: ToPlayer['edits'], index: number) {
    const answer = await this.#ask({ edits, inspect: index });
    if ('state' in answer) return answer.state;
    throw failed('failed' in answer ? answer.failed : 'no state was given');
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #ask(question: Omit<ToPlayer, 'id'>): Promise<FromPlayer> {
    if (this.#death !== undefined) throw failed(this.#death);
    this.#count += 1;
    const id = this.#count;
    const timer = setTimeout(() => {
      this.#die('its code hangs: it used up its time (perRecordingMs)');
      void this.#worker.terminate();
    }, this.#limitMs);
    try {
      return await new Promise<FromPlayer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#worker.postMessage({ id, ...question } satisfies ToPlayer);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #die(reason: string): void {
    this.#death ??= reason;
    for (const { reject } of this.#waiting.values()) reject(failed(this.#death));
  }
}

function failed(reason: string): MissionError {
  return new MissionError('DEBUG_FAILED', `The run cannot be debugged: ${reason}.`, {
    remedy: 'mission trace shows what was recorded; mission replay says whether the version reproduces it.',
    details: { reason },
  });
}
