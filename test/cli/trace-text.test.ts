/** A trace is read by people: nothing of it is lost, and what is long is shortened only until `--full`. */
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { traceText } from '../../src/cli/trace-text.ts';
import type { Recording } from '../../src/recording/recording.ts';
import type { TraceStep } from '../../src/recording/trace.ts';
import type { Json } from '../../src/shared/json.ts';
import { sampleRecording } from '../registry/samples.ts';
import { QUIET_IO } from './quiet-io.ts';

function step(over: Partial<TraceStep>): TraceStep {
  return {
    id: 'getOrder#1',
    kind: 'tool',
    name: 'getOrder',
    status: 'completed',
    request: { id: 'o-1' },
    result: { total: 42 },
    atMs: 0,
    durationMs: 12,
    eventId: 5,
    link: 0,
    ...over,
  };
}

function textOf(steps: readonly TraceStep[], over: Partial<Recording> = {}, full = false): string {
  const recording: Recording = {
    ...sampleRecording(1).summary,
    input: { orderId: 'o-1' },
    end: { status: 'completed', result: { approve: true } },
    trace: { steps },
    histories: [],
    ...over,
  };
  return traceText(recording, createOutput(QUIET_IO, false), full);
}

const PROMPT = Array.from({ length: 30 }, (_, line) => `Line ${line} of the prompt.`).join('\n');

const judged = step({
  id: 'judge#1',
  kind: 'model',
  name: 'judge',
  request: { model: 'local/judge', parameters: { temperature: 0 }, messages: [{ role: 'user', content: PROMPT }] },
  result: { text: '{}', object: { approve: false }, usage: {} },
  reasoning: 'It was a bargain.',
  usage: { inputTokens: 12, outputTokens: 3 },
});

describe('the text of a trace', () => {
  it('has who ran it, each step with question and answer, and the end', () => {
    const text = textOf([step({}), step({ id: 'issueRefund#1', effect: 'write', attempts: 3 })]);
    for (const part of [
      'refund-eligibility@2',
      'tool getOrder#1',
      '{"id":"o-1"}',
      '{"total":42}',
      'writes',
      '3 attempts',
      '■ completed',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('shows of a model what it was told, what it said, and why', () => {
    const text = textOf([judged]);
    for (const part of ['local/judge', 'Line 0 of', '{"approve":false}', 'It was a bargain.', '12 → 3 tokens'])
      expect(text).toContain(part);
  });

  it('shortens long texts and says so; --full shows all', () => {
    expect(textOf([judged])).not.toContain('Line 29');
    expect(textOf([judged])).toContain('22 more lines, --full shows them');
    expect(textOf([judged], {}, true)).toContain('Line 29');
  });

  it('loses nothing of long values, and keeps to the width', () => {
    const token = 'x'.repeat(300);
    const text = textOf([step({ result: { token, nested: { list: [1, 2] } } as Json })], {}, true);
    expect(text.replaceAll(/\s/g, '')).toContain(token);
    expect(text).toContain('"list"');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each<[Partial<TraceStep>, string]>([
    [{ status: 'failed', failure: 'no such order', result: null }, 'no such order'],
    [{ status: 'open', result: null }, 'open'],
    [{ kind: 'decision', by: 'grace', comment: 'too much' }, 'grace: too much'],
  ])('tells %j', (over, words) => {
    expect(textOf([step(over)])).toContain(words);
  });

  it('tells an end without a result', () => {
    expect(textOf([], { end: { status: 'failed', failure: { message: 'no', type: 'Refused' } } })).toContain(
      'Refused: no',
    );
    expect(textOf([], { end: { status: 'open' } })).toContain('still open');
  });

  it('shows control characters of a run as something harmless', () => {
    expect(textOf([step({ result: '\u001B[31mred' })])).not.toContain('\u001B');
  });
});
