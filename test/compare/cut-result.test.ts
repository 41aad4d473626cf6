/** However much a candidate gave back, what is kept of it is small, says so, and still tells all that differs apart. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutJudged, cutShown, isEndlesslyDeep } from '../../src/compare/cut-result.ts';
import { createCutter } from '../../src/compare/cut-value.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import { createReportBuilder } from '../../src/compare/report-builder.ts';
import { digestOfJson } from '../../src/shared/digest.ts';
import { canonicalJson, type Json } from '../../src/shared/json.ts';
import {
  recordingSummary,
  sampleEnding,
  sampleResult,
  sampleResults,
  sampleSubject,
} from '../support/sample-report.ts';

const cut = (result: ReplayResult) => cutJudged(cutShown(result));
const ending = (recordings: number) => ({ ...sampleEnding, cohort: { ...sampleEnding.cohort, recordings } });

/** A run whose end, writes, steps and differences are all made of one value. */
function resultOf(number: number, value: Json, steps = 20): ReplayResult {
  const plain = sampleResult(60);
  const request = { value };
  const effect = { step: 'send#1', tool: 'send', request };
  const step = {
    id: 'send#1',
    kind: 'tool' as const,
    name: 'send',
    status: 'completed' as const,
    evidence: 'exact' as const,
  };
  const command = { step: 'send#1', kind: 'tool' as const, name: 'send', request };
  const difference = { pointer: '/value', kind: 'changed' as const, baseline: 1, candidate: value };
  return {
    ...plain,
    recording: recordingSummary(number),
    outcome: 'changed',
    candidateEnd: { status: 'completed', result: value },
    endDifferences: [difference],
    effectDifferences: [{ ...difference, pointer: '/0/request/value' }],
    candidateEffects: [effect],
    divergence: {
      kind: 'request',
      step: 'send#1',
      index: 1,
      baseline: null,
      candidate: command,
      differences: [difference],
    },
    steps: Array.from({ length: steps }, () => ({ ...step, request, result: value })),
  };
}

describe('a result that is', () => {
  it('of usual size is left as it is', () => {
    for (const result of sampleResults()) expect(cut(result)).toBe(cutShown(result));
    for (const result of sampleResults()) expect(cut(result).cut).toBeUndefined();
  });

  it('a failure with long details, or hands on much, is kept small, and tells what differs', () => {
    const value = 'x'.repeat(3_000_000);
    const told = expect.stringContaining(digestOfJson(value)) as string;
    const failure = { type: 'T', message: 'm', details: [value], cause: { type: 'C', message: value } };
    const failed = cut({ ...resultOf(1, 1), candidateEnd: { status: 'failed', failure } });
    expect(JSON.stringify(failed).length).toBeLessThan(400_000);
    expect(failed.candidateEnd).toMatchObject({ failure: { details: [expect.stringContaining('(cut: 3000004')] } });
    expect(failed.cut).toMatchObject({ values: 2 });
    const handedOn = { workflowType: 'poll', input: value };
    const continued = cut({ ...resultOf(1, 1), candidateEnd: { status: 'continued-as-new', handedOn } });
    expect(continued.candidateEnd).toEqual({ status: 'continued-as-new', handedOn: { ...handedOn, input: told } });
  });

  it.each<[what: string, value: Json]>([
    ['one long text', 'x'.repeat(3_000_000)],
    ['very many small things', Array.from({ length: 30_000 }, (_, number) => ({ number }))],
    [
      'of very many members',
      Object.fromEntries(Array.from({ length: 20_000 }, (_, number) => [`key ${number}`, number])),
    ],
  ])('%s is kept small, and says so', (_, value) => {
    const kept = cut(resultOf(1, value, 5_000));
    expect(JSON.stringify(kept).length).toBeLessThan(400_000);
    expect(kept.cut).toEqual({ values: expect.any(Number), steps: 4_500 });
    expect(kept.candidateEnd).toEqual({
      status: 'completed',
      result: expect.stringContaining(`(cut: ${canonicalJson(value).length} characters, ${digestOfJson(value)})`),
    });
  });

  it('nested without end is found, and cut where it is shown', () => {
    const deep = JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`) as Json;
    expect(isEndlesslyDeep(resultOf(1, deep))).toBe(true);
    expect(isEndlesslyDeep(resultOf(1, [[[]]]))).toBe(false);
    expect(cutShown(resultOf(1, deep)).endDifferences[0]?.candidate).toMatch(/^\[\[\[.*… \(cut: 2000 characters/s);
  });

  it('made of long names keeps them short', () => {
    const name = 'n'.repeat(100_000);
    const step = { ...resultOf(1, 1).steps[0], id: name, name } as ReplayResult['steps'][number];
    const kept = cut({ ...resultOf(1, 1), steps: [step], failure: { message: name }, outcome: 'failed' });
    expect(JSON.stringify(kept).length).toBeLessThan(10_000);
    expect(kept.failure?.message).toContain('(cut: 100002 characters, sha256:');
  });

  it('cut before it is judged keeps its end, its writes and every place that differs', () => {
    const value = 'x'.repeat(100_000);
    const differences = Array.from({ length: 900 }, (_, number) => ({
      pointer: `/fields/${number}`,
      kind: 'changed' as const,
      baseline: 0,
      candidate: value,
    }));
    const result = { ...resultOf(1, value), endDifferences: differences };
    const shown = cutShown(result);
    expect(shown).toMatchObject({ candidateEnd: result.candidateEnd, candidateEffects: result.candidateEffects });
    expect(shown.endDifferences.map(({ pointer }) => pointer)).toEqual(differences.map(({ pointer }) => pointer));
    expect(JSON.stringify(cut(result)).length).toBeLessThan(600_000);
  });
});

describe('what is cut', () => {
  it('stays different from what is different, and equal to what is equal', () => {
    const long = fc.tuple(fc.constant('x'.repeat(100)), fc.array(fc.jsonValue(), { minLength: 1 }));
    const cutter = () => createCutter(10);
    fc.assert(
      fc.property(long, long, (one, other) => {
        const [left, right] = [one as Json, other as Json];
        expect(cutter().value(left) === cutter().value(right)).toBe(canonicalJson(left) === canonicalJson(right));
      }),
    );
  });

  it('is told by the report, in text, Markdown and JSON; what long values differ in are still two groups', () => {
    const builder = createReportBuilder(sampleSubject);
    const values = ['a', 'b', 'a'].map((end) => `${'x'.repeat(200_000)}${end}`);
    for (const [number, value] of values.entries()) builder.add(cut(resultOf(number, value)));
    builder.add({ ...sampleResult(0), recording: recordingSummary(9) });
    const report = builder.finish(ending(4));
    const example = recordingSummary(0).id;
    expect(report.cut).toEqual({ recordings: 3, example });
    expect(report.flips.map(({ count }) => count)).toEqual([2, 1]);
    expect(JSON.stringify(report).length).toBeLessThan(1_000_000);
    const terminal = renderTerminal(report, { palette: PLAIN, width: 100 });
    expect(terminal).toMatch(/Cut +3 runs gave back more than a report keeps/);
    expect(renderMarkdown(report)).toContain('3 runs gave back more than a report keeps');
  });
});
