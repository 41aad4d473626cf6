/** Which code recordings make run: each replayed once more, on a thread that counts. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { WalkedFunction } from '../compare/code-coverage.ts';
import { startThread } from '../registry/source-thread.ts';
import type { CoverageTask, CoverageThreadOptions, FromCoverageThread } from './coverage-protocol.ts';

/** Real time beyond a recording's own limit after which the thread counts as hung. */
const GRACE_MS = 30_000;

/** What one recording made run. */
export interface CodeWalk {
  /** Of the recording. */
  readonly id: string;
  readonly functions: readonly WalkedFunction[];
}

/**
 * Gives the functions that each recording made run, in the order of the recordings; one that cannot be replayed is left out. It ends
 * early when one of them hangs or kills the thread, and when it is interrupted.
 */
export async function* codeWalks(
  options: CoverageThreadOptions,
  tasks: Iterable<CoverageTask> | AsyncIterable<CoverageTask>,
  signal?: AbortSignal,
): AsyncGenerator<CodeWalk> {
  const { limits } = options;
  const worker = startThread('coverage-thread', import.meta.url, {
    workerData: options,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb },
  });
  const over = new AbortController();
  // Out of memory is an error event, and then an exit: without a listener it would end this process too.
  worker.on('error', () => over.abort()).on('exit', () => over.abort());
  const signals = [over.signal, ...(signal === undefined ? [] : [signal])];
  try {
    for await (const task of tasks) {
      const answer = await answerOf(worker, task, [...signals, AbortSignal.timeout(limits.perRecordingMs + GRACE_MS)]);
      if (answer === undefined) return;
      if ('functions' in answer) yield { id: task.summary.id, functions: answer.functions };
    }
  } finally {
    await worker.terminate();
  }
}

/** `undefined` when none came. */
async function answerOf(
  worker: Worker,
  task: CoverageTask,
  ends: readonly AbortSignal[],
): Promise<FromCoverageThread | undefined> {
  try {
    worker.postMessage(task);
    const [message] = (await once(worker, 'message', { signal: AbortSignal.any([...ends]) })) as [FromCoverageThread];
    return message;
  } catch {
    return undefined;
  }
}
