import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { renderJson } from '../../src/compare/render/json.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { answersOf } from '../../src/compare/render/next-steps.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import { buildReport, createReportBuilder } from '../../src/compare/report-builder.ts';
import { isReportIntact, reportDigest } from '../../src/compare/report-digest.ts';
import type { Json } from '../../src/shared/json.ts';
import {
  recordingSummary,
  sampleEnding,
  sampleExcluded,
  sampleReport,
  sampleResult,
  sampleResults,
  sampleSubject,
} from '../support/sample-report.ts';

const report = sampleReport();
const ending = (recordings: number) => ({ ...sampleEnding, cohort: { ...sampleEnding.cohort, recordings } });

function changed(number: number, from: Json, to: Json): ReplayResult {
  const endDifferences = [{ pointer: '/reason', kind: 'changed' as const, baseline: from, candidate: to }];
  return { ...sampleResult(60), recording: recordingSummary(number), outcome: 'changed', endDifferences };
}

describe('the report builder counts', () => {
  it('recordings, outcomes, effects and second opinions', () => {
    expect(report.counts).toEqual({
      recordings: 217,
      faithful: 214,
      excluded: 3,
      outcomes: { matched: 58, changed: 34, diverged: 118, unanswered: 3, failed: 1 },
      effectsChanged: 34,
      determinismChecked: 22,
      determinismDisagreements: 0,
    });
  });

  it('flips, writes, divergences, missing answers and failures in groups with the first run as example', () => {
    const example = recordingSummary(58).id;
    expect(report.flips[0]).toEqual({ pointer: '/approve', from: true, to: false, count: 34, example });
    expect(report.effects).toEqual([
      { tool: 'issueRefund', kind: 'dropped', count: 34, example, pointers: [] },
      { tool: 'sendLetter', kind: 'added', count: 34, example, pointers: [] },
    ]);
    const pointers = ['/messages/0/content', '/parameters/maxOutputTokens'];
    expect(report.divergences).toEqual([{ step: 'assess#1', kind: 'request', count: 156, example, pointers }]);
    expect(report.unanswered).toMatchObject([{ step: 'getHistory#1', kind: 'tool', count: 3 }]);
    expect(report.failures).toMatchObject([{ step: 'assess#1', count: 1 }]);
    expect(report.excluded.map((one) => one.reason)).toEqual(['unfaithful', 'unfaithful', 'still-open']);
  });

  it('in how many recordings what the policy declares to be a read was of use, in the order of the policy', () => {
    const policy = { digest: 'x', value: { reads: ['quote', 'price'] } };
    const results = [0, 1, 2].map((number) => ({ ...sampleResult(number), readsUsed: number < 2 ? ['price'] : [] }));
    const built = buildReport({ ...sampleSubject, policy }, results, [], ending(3));
    expect(built.reads).toEqual([
      { name: 'quote', runs: 0 },
      { name: 'price', runs: 2 },
    ]);
    const told = 'Reads of the policy that no run asked for: quote';
    expect(renderTerminal(built, { palette: PLAIN, width: 100 })).toContain(told);
    expect(renderMarkdown(built)).toContain(told);
    const nothing = buildReport({ ...sampleSubject, policy }, [], [], ending(0));
    expect(renderTerminal(nothing, { palette: PLAIN, width: 100 })).not.toContain(told);
    expect(report.reads).toBeUndefined();
  });

  it('nothing that a command needs to find the same: it names the reads, too', () => {
    const commandWith = (...reads: string[]) => answersOf({ policy: { digest: 'x', value: { reads } } });
    expect(commandWith('price', 'stock.lookUp')).toBe(' --policy reads=price,stock.lookUp');
    expect(commandWith('get*')).toBe(" --policy 'reads=get*'");
    expect(commandWith('price', 'of two words')).toBe('');
  });

  it('disagreements with the official replayer, and names them', () => {
    const one: ReplayResult = { ...sampleResult(0), official: { deterministic: false, reason: 'nondeterminism' } };
    const built = buildReport(sampleSubject, [one], [], ending(1));
    expect(built.counts).toMatchObject({ determinismChecked: 1, determinismDisagreements: 1 });
    expect(built.disagreements).toMatchObject([
      { recording: one.recording.id, official: 'not deterministic: nondeterminism' },
    ]);
    expect(built.verdict.verdict).toBe('failed');
  });
});

describe('the report builder keeps', () => {
  it('the same bytes, whatever the order of arrival', () => {
    const text = renderJson(report);
    const everything = [...sampleResults(), ...sampleExcluded];
    const shuffled = fc.shuffledSubarray(everything, { minLength: everything.length });
    fc.assert(
      fc.property(shuffled, (order) => {
        const builder = createReportBuilder(sampleSubject);
        for (const one of order) {
          if ('reason' in one) builder.exclude(one);
          else builder.add(one);
        }
        expect(renderJson(builder.finish(sampleEnding)) === text).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('matched results short, of every other kind the first 50 whole, and says so', () => {
    const whole = report.results.filter((result) => result.detail !== undefined);
    const kept = (outcome: string) =>
      whole.filter((result) => result.outcome === outcome).map((result) => result.recording.id);
    expect(report.detailPerGroup).toBe(50);
    expect(report.results).toHaveLength(214);
    expect(kept('matched')).toEqual([]);
    expect(kept('changed')).toHaveLength(34);
    const diverged = report.results
      .filter((result) => result.outcome === 'diverged')
      .map((result) => result.recording.id);
    expect(kept('diverged')).toEqual(diverged.slice(0, 50));
    expect(report.results.at(-1)?.summary).toMatch(/^assess#1 asks something else/);
  });

  it('a field with many flips short: the rest is folded into one group that says for how many it stands', () => {
    const results = Array.from({ length: 40 }, (_, number) => changed(number, `long ${'x'.repeat(500)}`, number));
    const { flips } = buildReport(sampleSubject, results, [], ending(40));
    expect(flips).toHaveLength(12);
    expect(flips.at(-1)).toMatchObject({ pointer: '/reason', folded: 29, count: 29 });
    expect(flips[0]?.from).toHaveLength(240);
    expect(flips.reduce((sum, flip) => sum + flip.count, 0)).toBe(40);
  });

  it('a field that appears apart from one that becomes null', () => {
    const absent = {
      ...changed(1, null, 1),
      endDifferences: [{ pointer: '/a', kind: 'added' as const, candidate: 1 }],
    };
    const nulled = {
      ...changed(2, null, 1),
      endDifferences: [{ pointer: '/a', kind: 'type-changed' as const, baseline: null, candidate: 1 }],
    };
    expect(buildReport(sampleSubject, [absent, nulled], [], ending(2)).flips).toHaveLength(2);
  });

  it('no recording twice', () => {
    const builder = createReportBuilder(sampleSubject);
    builder.add(sampleResult(0));
    expect(() => builder.add(sampleResult(0))).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    const excluded = { recording: recordingSummary(0), reason: 'unreadable' as const, detail: '' };
    expect(() => builder.exclude(excluded)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  it('the memory of 20,000 results small', () => {
    const builder = createReportBuilder(sampleSubject);
    const before = process.memoryUsage().heapUsed;
    for (let number = 0; number < 20_000; number += 1) {
      builder.add({ ...sampleResult(60 + (number % 30)), recording: recordingSummary(number) });
    }
    const perResult = (process.memoryUsage().heapUsed - before) / 20_000;
    expect(builder.counts().faithful).toBe(20_000);
    expect(perResult).toBeLessThan(8_000);
  });
});

describe('a report is evidence', () => {
  it('its digest holds everything but the time it was made and how long it took', () => {
    expect(isReportIntact(report)).toBe(true);
    expect(reportDigest({ ...report, createdAt: '2030-01-01T00:00:00.000Z' })).toBe(report.digest);
    const slower = sampleResults().map((result) => ({ ...result, durationMs: result.durationMs + 7 }));
    const again = buildReport(sampleSubject, slower, sampleExcluded, sampleEnding);
    expect(renderJson(again)).toBe(renderJson(report));
    const { results } = report;
    const timed = results.map((result) =>
      result.detail ? { ...result, detail: { ...result.detail, durationMs: 7 } } : result,
    );
    expect(isReportIntact({ ...report, results: timed })).toBe(true);
  });

  it.each<[string, object]>([
    ['another verdict', { verdict: { verdict: 'passed', reasons: [] } }],
    ['one flip less', { flips: report.flips.slice(1) }],
    ['another cohort', { cohort: { ...report.cohort, digest: 'sha256:0' } }],
    ['one excluded recording less', { excluded: [] }],
    ['one result less', { results: report.results.slice(1) }],
  ])('%s is seen', (_, edit) => {
    expect(isReportIntact({ ...report, ...edit })).toBe(false);
  });

  it('is partial when fewer recordings were seen than the cohort has, or when it was stopped', () => {
    expect(report.partial).toBe(false);
    expect(buildReport(sampleSubject, [sampleResult(0)], [], ending(2)).partial).toBe(true);
    expect(buildReport(sampleSubject, [sampleResult(0)], [], { ...ending(1), partial: true }).partial).toBe(true);
  });
});
