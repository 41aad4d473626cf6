/** Which code recordings make run: each replayed once more, in a process that counts. */
import type { WalkedFunction } from '../compare/code-coverage.ts';
import type { CoverageAnswer, CoverageOptions, CoverageTask } from './coverage-protocol.ts';
import { type Heard, Questioner } from './questioner.ts';
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
 *
 * @param onStopped told why, when it ends early and nobody interrupted it
 */
export async function* codeWalks(
  options: CoverageOptions,
  tasks: Iterable<CoverageTask> | AsyncIterable<CoverageTask>,
  signal?: AbortSignal,
  onStopped?: (reason: string) => void,
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
      if (isAborted(signal)) return;
      const stopped = whyStopped(heard, deaths);
      if (stopped !== undefined) return onStopped?.(stopped);
      if (heard.kind === 'answer' && heard.answer !== undefined) yield { id: task.summary.id, functions: heard.answer };
    }
  } finally {
    signal?.removeEventListener('abort', interrupt);
    await asked.close();
  }
}

function whyStopped(heard: Heard<CoverageAnswer>, deaths: number): string | undefined {
  if (heard.kind === 'unstarted') return `no process started (${heard.reason})`;
  const isOver = heard.kind === 'ended' && deaths === DEATHS_MAX;
  return isOver ? `${deaths} recordings ended their process (the last one: ${heard.reason})` : undefined;
}

/** Asked anew each time: it changes meanwhile. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
