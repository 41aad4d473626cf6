/**
 * One question at a time to a process where candidates run (`answer-questions.ts`). It is started for the first one, and anew after one that
 * ended it.
 *
 * Invariants
 * 1. Every question comes to an end, whatever becomes of the process: with its answer, or with the reason why there is none.
 * 2. A question has ended its process only where nothing else can have: no question before it, and nobody else. Otherwise it
 *    is asked once more, of a fresh one; but not where it hangs and the asker said that this is enough.
 */
import type { ChildProcess } from 'node:child_process';
import { messageOf } from '../shared/errors.ts';
import type { ReplayLimits } from './answer-policy.ts';
import type { FromAnswerer, ToAnswerer } from './question-protocol.ts';
import { endConfined, HANGS, hangsAfterMs, isEndedByOthers, START_LIMIT_MS, whyEnded } from './start-confined.ts';

export type Heard<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** The process ended under it. */
  | { readonly kind: 'ended'; readonly reason: string }
  /** No process came to take it. */
  | { readonly kind: 'unstarted'; readonly reason: string };

export interface QuestionerOptions<Options> {
  /** Starts a process on a module that calls `answerQuestions`. */
  readonly start: () => ChildProcess;
  /** What each process is told first. */
  readonly options: Options;
  readonly limits: ReplayLimits;
  /** Whether a question that hangs is never asked again: for somebody who waits for it, and can ask it himself. @default false */
  readonly endsAtHang?: boolean;
}

export class Questioner<Options, Question, Answer> {
  readonly #given: QuestionerOptions<Options>;
  #process: ChildProcess | undefined;
  #isClosed = false;

  constructor(given: QuestionerOptions<Options>) {
    this.#given = given;
  }

  /** One question after another: the next when this one has come to its end. */
  ask(question: Question): Promise<Heard<Answer>> {
    return this.#ask(question, false);
  }

  async #ask(question: Question, isAgain: boolean): Promise<Heard<Answer>> {
    const before = this.#process !== undefined && isThere(this.#process) ? this.#process : undefined;
    const child = before ?? (await this.#started());
    if (typeof child === 'string') return { kind: this.#isClosed ? 'ended' : 'unstarted', reason: child };
    this.#tell(child, { kind: 'question', question });
    const said = await nextWord<Answer>(child, hangsAfterMs(this.#given.limits));
    if (typeof said === 'object' && said.kind === 'answer') return said;
    const reason = this.#whyEnded(child, said);
    const isEnough = said === 'late' && this.#given.endsAtHang === true;
    const isUnsure = (before !== undefined && !isEnough) || (said === 'ended' && isEndedByOthers(child));
    await this.#end();
    return isUnsure && !isAgain && !this.#isClosed ? this.#ask(question, true) : { kind: 'ended', reason };
  }

  /** A machine that is busy may be out of something for a moment. */
  async #started(): Promise<ChildProcess | string> {
    let child = await this.#start();
    for (let tries = 1; typeof child === 'string' && tries < STARTS_MAX && !this.#isClosed; tries += 1) {
      child = await this.#start();
    }
    return child;
  }

  /** @returns the process, or the reason why there is none */
  async #start(): Promise<ChildProcess | string> {
    await this.#end();
    if (this.#isClosed) return CLOSED;
    const child = this.#spawned();
    if (typeof child === 'string') return child;
    this.#process = child;
    const said = await nextWord(child, START_LIMIT_MS);
    if (typeof said === 'object') {
      this.#tell(child, { kind: 'options', options: this.#given.options });
      return child;
    }
    const reason = said === 'late' ? 'its process did not start in time' : this.#whyEnded(child, said);
    await this.#end();
    return reason;
  }

  #spawned(): ChildProcess | string {
    try {
      return this.#given.start();
    } catch (error) {
      return `its process did not start: ${messageOf(error)}`;
    }
  }

  /** One that has ended says so itself. */
  #tell(child: ChildProcess, message: ToAnswerer<Options, Question>): void {
    child.send(message, () => undefined);
  }

  #whyEnded(child: ChildProcess, said: 'late' | 'ended' | object): string {
    if (this.#isClosed) return CLOSED;
    return said === 'late' ? HANGS : whyEnded(child, this.#given.limits);
  }

  /** Ends its process, whatever it is at; what is asked comes to its end. */
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

const CLOSED = 'its process ended';
const STARTS_MAX = 3;

function isThere({ connected, exitCode, signalCode }: ChildProcess): boolean {
  return connected && exitCode === null && signalCode === null;
}

type Word<Answer> = Exclude<FromAnswerer<Answer>, { readonly kind: 'part' }> | 'late' | 'ended';

/** The limit is that of each part. */
function nextWord<Answer>(child: ChildProcess, timeLimitMs: number): Promise<Word<Answer>> {
  return new Promise((resolve) => {
    let timer = setTimeout(() => settle('late'), timeLimitMs);
    const onMessage = (message: FromAnswerer<Answer>) => {
      if (message.kind !== 'part') return settle(message);
      clearTimeout(timer);
      timer = setTimeout(() => settle('late'), timeLimitMs);
    };
    // By then everything that it said has been heard.
    const onClose = () => settle('ended');
    const onError = () => {
      if (child.pid === undefined) settle('ended');
    };
    child.on('message', onMessage).once('close', onClose).on('error', onError);
    function settle(said: Word<Answer>): void {
      clearTimeout(timer);
      child.off('message', onMessage).off('close', onClose).off('error', onError);
      resolve(said);
    }
  });
}
