/**
 * What Temporal's own replayer says of the same histories. It decides nothing here; it must agree.
 *
 * It is asked in a process of its own: the candidate runs there as it would in a process of ours, with the same limits and as
 * little within its reach.
 */
import type { ChildProcess } from 'node:child_process';
import type { Determinism } from '../compare/outcome.ts';
import { MissionError } from '../shared/errors.ts';
import type { ReplayLimits } from './answer-policy.ts';
import type { FromOfficial, ToOfficial } from './official-protocol.ts';
import {
  endConfined,
  isEndedByOthers,
  START_LIMIT_MS,
  silenceLimitMs,
  startConfined,
  whyEnded,
} from './start-confined.ts';

/** Beside the heap, in megabytes: Temporal's core holds a history several times over while it replays it. */
const CORE_MB = 1_024;

export class OfficialReplayer {
  readonly #code: string;
  readonly #limits: ReplayLimits;
  #process: ChildProcess | undefined;
  #isClosed = false;

  constructor(code: string, limits: ReplayLimits) {
    this.#code = code;
    this.#limits = limits;
  }

  /**
   * Asks about every link of a chain; one question after another. A candidate that exceeds its limits here is called not deterministic.
   *
   * @param content as `encodeRecordingContent` writes it
   * @param isAgain - not the first time
   * @throws MissionError `INTERNAL` when the process does not start
   */
  async ask(content: Uint8Array, workflowId: string, isAgain = false): Promise<Determinism> {
    const before = this.#process !== undefined && isThere(this.#process) ? this.#process : undefined;
    const child = before ?? (await this.#start());
    tell(child, { kind: 'ask', content, workflowId });
    const said = await nextMessage(child, silenceLimitMs(this.#limits));
    if (typeof said === 'object' && said.kind === 'answer') return said.determinism;
    const reason = said === 'late' ? 'it exceeded its time limit' : this.#whyEnded(child);
    const isOthers = said === 'ended' && isEndedByOthers(child) && !isAgain;
    await this.#end();
    // Something that came earlier may have ended it, or somebody else.
    if ((before !== undefined || isOthers) && !this.#isClosed) return this.ask(content, workflowId, true);
    return { deterministic: false, reason };
  }

  #whyEnded(child: ChildProcess): string {
    return this.#isClosed ? 'its process ended' : whyEnded(child, this.#limits);
  }

  async #start(): Promise<ChildProcess> {
    const child = startConfined('official-process', import.meta.url, this.#limits, CORE_MB);
    this.#process = child;
    const said = await nextMessage(child, START_LIMIT_MS);
    if (typeof said === 'object') {
      tell(child, { kind: 'load', code: this.#code });
      return child;
    }
    await this.#end();
    throw new MissionError('INTERNAL', "The process of Temporal's own replayer did not start.", {
      remedy: 'To go on without a second opinion: --policy second-opinion=0.',
      details: { exitCode: child.exitCode, signal: child.signalCode },
    });
  }

  /** Ends its process, whatever it is at. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child !== undefined) await endConfined(child);
  }
}

function isThere({ connected, exitCode, signalCode }: ChildProcess): boolean {
  return connected && exitCode === null && signalCode === null;
}

/** A process that has ended says so itself. */
function tell(child: ChildProcess, message: ToOfficial): void {
  child.send(message, () => undefined);
}

/** The limit is that of each link. */
function nextMessage(child: ChildProcess, timeLimitMs: number): Promise<FromOfficial | 'late' | 'ended'> {
  return new Promise((resolve) => {
    let timer = setTimeout(() => settle('late'), timeLimitMs);
    const onMessage = (message: FromOfficial) => {
      if (message.kind !== 'link') return settle(message);
      clearTimeout(timer);
      timer = setTimeout(() => settle('late'), timeLimitMs);
    };
    const onEnd = () => settle('ended');
    child.on('message', onMessage).once('exit', onEnd).once('error', onEnd);
    function settle(said: FromOfficial | 'late' | 'ended'): void {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onEnd).off('error', onEnd);
      resolve(said);
    }
  });
}
