/** Processes where candidates run, from outside: how they are started and ended, when, and why one ended. What they do inside is in `confine.ts`. */
import type { ChildProcess } from 'node:child_process';
import { startProcess } from '../registry/source-process.ts';
import type { ReplayLimits } from './answer-policy.ts';
import { bundleConfined } from './confined-bundle.ts';

/** What Node, the SDK and loaded code take besides the heap of a candidate, in megabytes, with room to spare. */
const BESIDE_HEAP_MB = 256;

/** Why nothing that runs in a process ends it: a system that runs out of memory does, or a person. */
export function isEndedByOthers({ signalCode }: Pick<ChildProcess, 'signalCode'>): boolean {
  return signalCode === 'SIGKILL';
}

/** Of a process that loads the SDK on a busy machine. */
export const START_LIMIT_MS = 60_000;

/** Real time beyond the limits of a recording after which a process counts as hung. */
const GRACE_MS = 5_000;

/** Real time of one recording after which its process counts as hung: its self-check and its replay have each their own limit. */
export function hangsAfterMs({ perRecordingMs }: ReplayLimits): number {
  return 2 * perRecordingMs + GRACE_MS;
}

/** Why a process ended that is ended from here, because it hangs. */
export const HANGS = 'it exceeded its time limit (perRecordingMs)';

/** By this a process ends itself that takes more; nobody else sends it. */
const EXCESS_SIGNAL = 'SIGUSR2';

/** How V8 ends a process whose heap is full, or that asks for more than any heap has: on most systems, and by the codes of shells. */
const ABORTS: ReadonlySet<unknown> = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL', 132, 133, 134]);

/**
 * Starts a process on a module that calls `confine`. Its heap is bounded by `memoryMb`, and all that is resident by {@link BESIDE_HEAP_MB}
 * more.
 *
 * @param name of the module beside `importer`, without extension
 * @param coreMb what Temporal's core takes, of a module that needs it; others do not load it
 */
export function startConfined(
  name: string,
  importer: string,
  { memoryMb }: ReplayLimits,
  coreMb?: number,
): ChildProcess {
  return startProcess(name, importer, {
    execArgv: [`--max-old-space-size=${memoryMb}`],
    args: [String((memoryMb + (coreMb ?? BESIDE_HEAP_MB)) * 2 ** 20), EXCESS_SIGNAL],
    env: placeOf(process.env),
    bundle: coreMb === undefined ? bundleConfined : undefined,
  });
}

/** Dates are to be written as in this process; nothing else of its environment is given away. */
function placeOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^(TZ|LANG|LC_.*)$/.test(name)));
}

/** Why a process that was not ended from here has ended. */
export function whyEnded(
  { exitCode, signalCode }: Pick<ChildProcess, 'exitCode' | 'signalCode'>,
  { memoryMb }: ReplayLimits,
): string {
  const isExcess = signalCode === EXCESS_SIGNAL || ABORTS.has(signalCode ?? exitCode);
  if (isExcess) return `it exceeded its memory limit (memoryMb: ${memoryMb})`;
  return `its process ended (${signalCode ?? `exit code ${exitCode}`})`;
}

/** Ends a process whatever it is at; resolves when it is gone. */
export async function endConfined(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
