/**
 * What a process where candidates run does about itself, before any of them is loaded.
 *
 * 1. It ends with the process that started it, however that ended, and when it takes more memory than it may: both also while
 *    a candidate holds its main thread, because another thread watches.
 * 2. It ignores what a terminal tells all processes at a time: what Ctrl-C means is decided by who started it.
 * 3. It is locked down (`lockdown.ts`), and its channel is in the closures of this module and nowhere else.
 * 4. Where V8 aborts it and the system keeps what aborted, none of its memory is kept: it may hold recordings.
 */
import { writeFileSync } from 'node:fs';
import { Worker as Thread } from 'node:worker_threads';
import { lockDown } from './lockdown.ts';

const WATCH = `
const { workerData: { asking, residentMax, excess } } = require('node:worker_threads');
const end = (signal) => process.kill(process.pid, signal);
const isThere = () => { try { return process.kill(asking, 0); } catch { return false; } };
setInterval(() => { if (process.ppid !== asking || !isThere()) end('SIGKILL'); }, 1_000);
setInterval(() => { if (process.memoryUsage.rss() > residentMax) end(excess); }, 50);
`;

/** Of the thread that watches: it holds next to nothing. */
const WATCH_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };

/** What such a process hears. */
export interface Hearing<Heard> {
  readonly hear: (message: Heard) => void;
  /** Something was thrown where nobody catches it. Left out, that ends the process. */
  readonly onUncaught?: (error: unknown) => void;
}

/**
 * Irrevocable. Call it after everything of ours is imported, in a process that `startConfined` started.
 *
 * @returns sends a message to who started the process; resolves when it is on its way whatever becomes of this process
 */
export function confine<Said, Heard>({ hear, onUncaught }: Hearing<Heard>): (message: Said) => Promise<void> {
  const send = keptSend();
  const [, , asking, residentMax, excess] = process.argv;
  const workerData = { asking: Number(asking), residentMax: Number(residentMax), excess };
  new Thread(WATCH, { eval: true, env: {}, workerData, resourceLimits: WATCH_LIMITS }).unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('message', hear);
  if (onUncaught !== undefined) process.on('uncaughtException', onUncaught);
  keepNoMemory();
  lockDown();
  return (message) => new Promise((resolve) => void send(message, () => resolve()));
}

/** A core file then says where it aborted, and nothing of what it held. Systems other than Linux keep none unless they are told to. */
function keepNoMemory(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // There is no such file on this system.
  }
}

/** `process` loses its own (`lockdown.ts`), by which a candidate could say what it likes. */
function keptSend(): (message: unknown, whenSent: () => void) => boolean {
  const members = Object.getOwnPropertyDescriptors(process) as Record<string, PropertyDescriptor>;
  const sender = Object.create(process, { _send: { value: members['_send']?.value } }) as NodeJS.Process;
  const send = process.send?.bind(sender);
  if (send === undefined) throw new Error('This module runs in a process with a channel only.');
  return send;
}
