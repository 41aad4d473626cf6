/** One measurement: what is asked of a process of its own, and what it says. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Series } from './make-histories.ts';

/** `official`: Temporal's replayer. `ours`: one replay of the candidate. `checked`: the self-check before it, as `mission replay` does. */
export type Way = 'official' | 'ours' | 'checked';

export interface Asked {
  readonly way: Way;
  readonly series: Pick<Series, 'kind' | 'folder'>;
  /** Recordings, each under an id of its own. */
  readonly total: number;
  /** Processes in which ours replays. */
  readonly workers: number;
  /** Whether stored recordings are read anew each time, as a hundred thousand distinct ones would be, or kept once they were read. */
  readonly fromDisk: boolean;
  /** This process takes every so manieth, beginning with this one. */
  readonly share: { readonly of: number; readonly index: number };
}

/** All of one process, or of several at a time. */
export interface Measured {
  readonly total: number;
  readonly matched: number;
  /** From before the code and the first history are loaded until the last result, on the clock of the machine. */
  readonly beganMs: number;
  readonly endedMs: number;
  /** Of all processes and threads, per history; loading included. */
  readonly cpuMs: number;
  /** From the beginning. */
  readonly firstMs: number;
  /** Histories per second over the last three quarters of the results: what is left when everything is warm. */
  readonly warmPerSecond: number;
  /** CPU per history of those. */
  readonly warmCpuMs: number;
  /** Of all processes; the highest that was sampled, and the median of the second half. What they share is counted in each. */
  readonly rssMb: { readonly peak: number; readonly late: number };
}

export function perSecond({ total, beganMs, endedMs }: Measured): number {
  return (total * 1_000) / (endedMs - beganMs);
}

/** A hundred thousand on a busy machine take their time. */
const TIMEOUT_MS = 2 * 3_600_000;

/**
 * Runs one measurement in as many processes at a time.
 *
 * @param script `measure.ts`, built
 */
export async function measure(script: string, asked: Omit<Asked, 'share'>, processes = 1): Promise<Measured> {
  const parts = Array.from({ length: processes }, (_, index) =>
    inProcess(script, { ...asked, share: { of: processes, index } }),
  );
  return joined(await Promise.all(parts));
}

async function inProcess(script: string, asked: Asked): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(asked)], {
    maxBuffer: 1 << 26,
    timeout: TIMEOUT_MS,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
}

function joined(parts: readonly Measured[]): Measured {
  const sum = (of: (part: Measured) => number) => parts.reduce((total, part) => total + of(part), 0);
  const total = sum((part) => part.total);
  return {
    total,
    matched: sum(({ matched }) => matched),
    beganMs: Math.min(...parts.map(({ beganMs }) => beganMs)),
    endedMs: Math.max(...parts.map(({ endedMs }) => endedMs)),
    cpuMs: sum((part) => part.cpuMs * part.total) / total,
    firstMs: Math.min(...parts.map(({ firstMs }) => firstMs)),
    warmPerSecond: sum(({ warmPerSecond }) => warmPerSecond),
    warmCpuMs: sum((part) => part.warmCpuMs * part.total) / total,
    rssMb: { peak: sum(({ rssMb }) => rssMb.peak), late: sum(({ rssMb }) => rssMb.late) },
  };
}
