/** What the tests of this room say about errors and processes. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type ErrorCode, isMissionError, type MissionError } from '../../../src/shared/errors.ts';

/** Expects a rejection with a MissionError of this code that tells what to do, and returns it. */
export async function expectMissionError(code: ErrorCode, promise: Promise<unknown>): Promise<MissionError> {
  const error: unknown = await promise.then(
    () => 'it did not fail',
    (reason: unknown) => reason,
  );
  if (!isMissionError(error)) throw new Error(`Expected ${code}, got: ${String(error)}`, { cause: error });
  expect(error.code).toBe(code);
  expect(error.remedy).toBeTruthy();
  return error;
}

/** Whether a process runs; one that only waits to be reaped has ended. */
export function stateOfProcess(pid: number): 'running' | 'ended' {
  try {
    process.kill(pid, 0);
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) ? 'ended' : 'running';
  } catch {
    return 'ended';
  }
}
