import { describe, expect, it } from 'vitest';
import { createOutputMeter, OutputExceeded, RUN_BYTES_MAX, TASK_BYTES_MAX } from '../../src/replay/output-limit.ts';
import { copyOutOf } from '../../src/replay/realm-copies.ts';

const payload = (bytes: number) => ({ completeWorkflowExecution: { result: { data: new Uint8Array(bytes) } } });

/** What is wrong with one task's commands. */
function problemOf(commands: readonly object[]): string | undefined {
  return problemIn(() => copyOutOf(commands, createOutputMeter().count));
}

function problemIn(copy: () => unknown): string | undefined {
  try {
    copy();
  } catch (error) {
    if (error instanceof OutputExceeded) return error.message;
    throw error;
  }
  return undefined;
}

describe('what a candidate gives back', () => {
  it('is counted in payloads and texts, wherever they are', () => {
    const half = TASK_BYTES_MAX / 2;
    const text = { failWorkflowExecution: { failure: { message: 'x'.repeat(half) } } };
    expect(problemOf([payload(half - 1_000), payload(10)])).toBeUndefined();
    expect(problemOf([payload(half), text])).toMatch(/more than 16 MB in one workflow task/);
  });

  it('adds up over a run', () => {
    const meter = createOutputMeter();
    const task = () => {
      meter.nextTask();
      copyOutOf([payload(TASK_BYTES_MAX - 1_000)], meter.count);
    };
    const tasks = Math.floor(RUN_BYTES_MAX / TASK_BYTES_MAX);
    for (let count = 0; count < tasks; count += 1) task();
    expect(problemIn(task)).toMatch(/more than 64 MB in one run/);
  });

  it('in very many pieces, is counted piece by piece', () => {
    const pieces = Array.from({ length: 300_000 }, () => ({ data: new Uint8Array(100) }));
    expect(problemOf([{ scheduleActivity: { arguments: pieces } }])).toMatch(/more than 16 MB/);
  });

  it('that leads back to itself, is counted to an end', () => {
    const own: Record<string, unknown> = {};
    own['own'] = own;
    expect(problemOf([own])).toMatch(/more than 16 MB/);
  });
});
