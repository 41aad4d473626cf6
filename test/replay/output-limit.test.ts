import { describe, expect, it } from 'vitest';
import { createOutputMeter, RUN_BYTES_MAX, TASK_BYTES_MAX } from '../../src/replay/output-limit.ts';

const payload = (bytes: number) => ({ completeWorkflowExecution: { result: { data: new Uint8Array(bytes) } } });

describe('what a candidate gives back', () => {
  it('is counted in payloads and texts, wherever they are', () => {
    const half = TASK_BYTES_MAX / 2;
    const text = { failWorkflowExecution: { failure: { message: 'x'.repeat(half) } } };
    expect(createOutputMeter().take([payload(half - 1_000), payload(10)])).toBeUndefined();
    expect(createOutputMeter().take([payload(half), text])).toMatch(/more than 16 MB in one workflow task/);
  });

  it('adds up over a run', () => {
    const meter = createOutputMeter();
    const task = [payload(TASK_BYTES_MAX - 1_000)];
    const tasks = Math.floor(RUN_BYTES_MAX / TASK_BYTES_MAX);
    for (let count = 0; count < tasks; count += 1) expect(meter.take(task)).toBeUndefined();
    expect(meter.take(task)).toMatch(/more than 64 MB in one run/);
  });

  it('in very many pieces, is counted piece by piece', () => {
    const pieces = Array.from({ length: 300_000 }, () => ({ data: new Uint8Array(100) }));
    expect(createOutputMeter().take([{ scheduleActivity: { arguments: pieces } }])).toMatch(/more than 16 MB/);
  });

  it('that leads back to itself, is counted to an end', () => {
    const own: Record<string, unknown> = {};
    own['own'] = own;
    expect(createOutputMeter().take([own])).toMatch(/more than 16 MB/);
  });
});
