/**
 * How much a candidate may give back: payloads and texts of its commands, in bytes.
 *
 * The limits lie far beyond what Temporal takes, so that no run that could be recorded meets them: a server refuses a message
 * of 4 MB and ends a run whose history has 50 MB. (https://docs.temporal.io/workflow-execution/limits)
 */

/** In one workflow task. */
export const TASK_BYTES_MAX = 16 * 1024 * 1024;

/** In one run; each link of a continue-as-new chain is one. */
export const RUN_BYTES_MAX = 64 * 1024 * 1024;

/** Counts what one run gives back. */
export interface OutputMeter {
  /** @returns what is wrong, when it is too much */
  take(commands: readonly object[]): string | undefined;
}

export function createOutputMeter(): OutputMeter {
  let run = 0;
  return {
    take(commands) {
      const task = bytesOf(commands, TASK_BYTES_MAX);
      run += task;
      if (task > TASK_BYTES_MAX) return `it gave back more than ${megabytes(TASK_BYTES_MAX)} in one workflow task`;
      return run > RUN_BYTES_MAX ? `it gave back more than ${megabytes(RUN_BYTES_MAX)} in one run` : undefined;
    },
  };
}

/** @param enough where to stop counting */
function bytesOf(commands: readonly object[], enough: number): number {
  const waiting: unknown[] = [...commands];
  let bytes = 0;
  while (waiting.length > 0 && bytes <= enough) {
    const value = waiting.pop();
    // One at least: what leads back to itself comes to an end, too.
    bytes += 1 + ownBytes(value);
    if (isHolder(value)) for (const member of Object.values(value)) waiting.push(member);
  }
  return bytes;
}

function ownBytes(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return isHolder(value) ? Object.keys(value).reduce((sum, { length }) => sum + length, 0) : 0;
}

/** Asked without classes: what comes from a sandbox is of another realm. */
function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

function megabytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MB`;
}
