/** Which code recordings make run: each replayed once more, in a process that counts. */
import type { WalkedFunction } from '../compare/code-coverage.ts';
import type { CoverageAnswer, CoverageOptions, CoverageTask } from './coverage-protocol.ts';
import { Questioner } from './questioner.ts';
import { startConfined } from './start-confined.ts';

/** Recordings that end their process until the others are given up: each may have taken its whole time. */
const DEATHS_MAX = 3;

/** What one recording made run. */
export interface CodeWalk {
  /** Of the recording. */
  readonly id: string;
  readonly functions: readonly WalkedFunction[];
}

/**
 * Gives the functions that each recording made run, in the order of the recordings. One that cannot be replayed is left out, and so is one
 * that hangs or takes its process with it: those after it are counted in another process, until {@link DEATHS_MAX} have ended theirs. It ends
 * early when it is interrupted, and when no process starts.
 */
export async function* codeWalks(
  options: CoverageOptions,
  tasks: Iterable<CoverageTask> | AsyncIterable<CoverageTask>,
  signal?: AbortSignal,
): AsyncGenerator<CodeWalk> {
  const { limits } = options;
  const start = () => startConfined('coverage-process', import.meta.url, limits);
  const asked = new Questioner<CoverageOptions, CoverageTask, CoverageAnswer>({ start, options, limits });
  const interrupt = () => void asked.close();
  signal?.addEventListener('abort', interrupt);
  let deaths = 0;
  try {
    for await (const task of tasks) {
      if (isAborted(signal)) return;
      const heard = await asked.ask(task);
      if (heard.kind === 'ended') deaths += 1;
      if (heard.kind === 'unstarted' || deaths === DEATHS_MAX || isAborted(signal)) return;
      if (heard.kind === 'answer' && heard.answer !== undefined) yield { id: task.summary.id, functions: heard.answer };
    }
  } finally {
    signal?.removeEventListener('abort', interrupt);
    await asked.close();
  }
}

/** Asked anew each time: it changes meanwhile. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
