import fc from 'fast-check';
import pc from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { renderJson } from '../../src/compare/render/json.ts';
import { escapeXml, renderJUnit } from '../../src/compare/render/junit.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { inlineCode } from '../../src/compare/render/markdown-pieces.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderSideBySide } from '../../src/compare/render/side-by-side.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import { headline } from '../../src/compare/render/words.ts';
import type { Report, ReportCounts, Verdict } from '../../src/compare/report.ts';
import { buildReport } from '../../src/compare/report-builder.ts';
import {
  sampleEnding,
  samplePassedReport,
  sampleReport,
  sampleResult,
  sampleResults,
  sampleSubject,
  sampleTrace,
} from '../support/sample-report.ts';

const failed = sampleReport();
const passed = samplePassedReport();
const inconclusive = buildReport(sampleSubject, sampleResults().slice(0, 40), [], sampleEnding);
const reports: [string, Report][] = [
  ['failed', failed],
  ['passed', passed],
  ['inconclusive', inconclusive],
];

/** Text that a model could write to break a renderer. */
const NASTY = 'a|b `c` ``d`` <b>&\u0000\u001b[31mred\u0007\n@team "q\' ]]> \u202eevil 你好 👩‍👩‍👧';

function nastyReport(text: string): Report {
  const result: ReplayResult = {
    ...sampleResult(60),
    endDifferences: [{ pointer: `/${text.replaceAll('/', '')}`, kind: 'changed', baseline: text, candidate: [text] }],
    unanswered: { step: text, kind: 'model', reason: text, remedy: text },
    failure: { message: text, step: text },
  };
  const change = {
    component: 'prompt' as const,
    name: text,
    change: 'changed' as const,
    baseline: { text },
    candidate: { text: `x${text}` },
  };
  const cohort = { ...sampleEnding.cohort, recordings: 1, selection: text };
  return buildReport({ ...sampleSubject, changes: [change] }, [result], [], { ...sampleEnding, cohort });
}

describe('golden renderings of the sample report', () => {
  it.each(reports)('%s, on a terminal of 100 columns', async (name, report) => {
    await expect(renderTerminal(report, { palette: PLAIN, width: 100 })).toMatchFileSnapshot(
      `goldens/${name}.terminal.txt`,
    );
  });
  it.each(reports)('%s, as Markdown', async (name, report) => {
    await expect(renderMarkdown(report)).toMatchFileSnapshot(`goldens/${name}.md.txt`);
  });
  it('inconclusive, as JUnit XML', async () => {
    await expect(renderJUnit(inconclusive)).toMatchFileSnapshot('goldens/inconclusive.junit.xml');
  });
  it('in colour', async () => {
    const text = renderTerminal(failed, { palette: pc.createColors(true), width: 100 });
    await expect(text).toMatchFileSnapshot('goldens/failed.terminal.ansi');
  });
  it('the traces of one flipped run side by side', async () => {
    const text = renderSideBySide(sampleTrace(60), sampleResult(60), { palette: PLAIN, width: 100 });
    await expect(text).toMatchFileSnapshot('goldens/side-by-side.txt');
  });
});

describe('the headline', () => {
  const NONE = { matched: 0, changed: 0, diverged: 0, unanswered: 0, failed: 0 };
  it.each<[Verdict['verdict'], number, Partial<ReportCounts['outcomes']>, string]>([
    ['passed', 1, { matched: 1 }, 'The one recorded run comes out under @3 as it did under @2.'],
    ['passed', 1, { diverged: 1 }, 'The one recorded run comes out under @3 as it did under @2, by other steps.'],
    [
      'passed',
      2,
      { matched: 1, diverged: 1 },
      'All 2 recorded runs come out under @3 as they did under @2; 1 gets there by other steps.',
    ],
    [
      'passed',
      3,
      { diverged: 3 },
      'All 3 recorded runs come out under @3 as they did under @2; 3 get there by other steps.',
    ],
    ['failed', 1, { changed: 1 }, 'The one recorded run would come out differently under @3.'],
    ['failed', 2, { changed: 1 }, '1 of 2 recorded runs would come out differently under @3.'],
    [
      'passed',
      2,
      { changed: 2 },
      '2 of 2 recorded runs would come out differently under @3, within what the policy allows.',
    ],
    ['failed', 1, { failed: 1 }, '@3 fails in the one recorded run.'],
    ['failed', 9, { failed: 4 }, '@3 fails in 4 of 9 recorded runs.'],
    ['failed', 1, { diverged: 1 }, '@3 takes other steps in the one recorded run.'],
  ])('of a verdict %s on %d runs is a sentence (%#)', (verdict, faithful, outcomes, words) => {
    const report: Report = {
      ...passed,
      baseline: { ...passed.baseline, name: '@2' },
      candidate: { ...passed.candidate, name: '@3' },
      verdict: { verdict, reasons: [] },
      counts: { ...passed.counts, faithful, determinismDisagreements: 0, outcomes: { ...NONE, ...outcomes } },
    };
    expect(headline(report)).toBe(words);
  });
});

describe('the terminal rendering', () => {
  it.each([60, 80, 100, 140])('fits %d columns', (width) => {
    for (const report of [failed, passed, inconclusive, nastyReport(NASTY)]) {
      const texts = [renderTerminal(report, { palette: PLAIN, width })];
      texts.push(renderSideBySide(sampleTrace(60), sampleResult(60), { palette: PLAIN, width }));
      const lines = texts
        .join('\n')
        .split('\n')
        .filter((line) => !line.startsWith('  mission '));
      expect(lines.filter((line) => stringWidth(line) > width)).toEqual([]);
    }
  });

  it('holds no escape sequence when plain, whatever a run or an author wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const drawn = renderTerminal(nastyReport(NASTY + text), { palette: PLAIN, width: 100 });
        expect(/[^\P{Cc}\n]/u.test(drawn)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('names the changed prompt at the step where runs part', () => {
    expect(renderTerminal(failed, { palette: PLAIN, width: 100 })).toMatch(
      /assess#1 .*\n +prompt assess is what changed/,
    );
  });
});

describe('the Markdown rendering', () => {
  it('keeps what runs and authors wrote within code', () => {
    const text = renderMarkdown(nastyReport(NASTY));
    const outside = text
      .replaceAll(/^(`{3,}).*\n[\s\S]*?^\1$/gm, '')
      .replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '');
    expect(outside).not.toContain('@team');
    expect(outside).not.toContain('<b>');
  });
  it('keeps the rows of its tables whole', () => {
    const rows = renderMarkdown(nastyReport(NASTY))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const columns = rows.map((row) => row.replaceAll('\\|', '').split('|').length);
    expect(new Set(columns).size).toBeLessThanOrEqual(3);
    expect(rows.every((row) => row.endsWith('|'))).toBe(true);
  });
  it.each([
    ['a', '`a`'],
    ['a|b', '`a\\|b`'],
    ['`a`', '`` `a` ``'],
    ['a``b', '```a``b```'],
    ['a\nb', '`a b`'],
    [' ', ''],
  ])('writes %j as %j', (text, code) => expect(inlineCode(text)).toBe(code));

  it('stays under the limit of a comment', () => {
    expect(renderMarkdown(nastyReport(`${'long line '.repeat(500)}\n`.repeat(300))).length).toBeLessThan(65_536);
  });
});

describe('the JUnit rendering', () => {
  it('is well-formed for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        expect(xmlProblem(renderJUnit(nastyReport(NASTY + text)))).toBeUndefined();
      }),
      { numRuns: 100 },
    );
    expect(xmlProblem(renderJUnit(failed))).toBeUndefined();
  });
  it('replaces what XML cannot hold', () => {
    expect(escapeXml('a\u0000\u001b\uffff\ud800<&>"\'\t\r\n')).toBe(
      'a\u{fffd}\u{fffd}\u{fffd}\u{fffd}&lt;&amp;&gt;&quot;&apos;\t\n',
    );
  });
  it('is as red as the gate, and counts failures, errors and skipped apart', () => {
    expect(renderJUnit(failed)).toContain('<testsuites tests="218" failures="35" errors="4" skipped="3">');
    expect(renderJUnit(passed)).toContain('<testsuites tests="215" failures="0" errors="0" skipped="0">');
    expect(renderJUnit(inconclusive)).toContain('<testsuites tests="41" failures="0" errors="1" skipped="0">');
  });
  it('fails no recording that a passed gate allowed to differ', () => {
    const allowed: Report = { ...failed, verdict: { verdict: 'passed', reasons: ['changed 34 of 214 ≤ allowed 40'] } };
    expect(renderJUnit(allowed)).toContain('failures="0" errors="0" skipped="3"');
  });
});

describe('the JSON rendering', () => {
  it('is canonical and holds the whole report', () => {
    expect(JSON.parse(renderJson(failed))).toEqual(JSON.parse(JSON.stringify(failed)));
    expect(renderJson(structuredClone(failed))).toBe(renderJson(failed));
  });
});

/** What is not well-formed in a document without comments, CDATA and doctype (XML 1.0, sections 2.2, 2.4 and 3.1). */
function xmlProblem(xml: string): string | undefined {
  const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.exec(xml);
  if (forbidden !== null) return `character ${forbidden[0].codePointAt(0)}`;
  const open: string[] = [];
  const body = xml.replace(/^<\?xml [^>]*\?>/, '');
  const tag = /<(\/?)([\w-]+)((?: [\w-]+="[^"<>]*")*)(\/?)>/g;
  const text = body.replaceAll(tag, (_, closing: string, name: string, attributes: string, empty: string) => {
    if (closing === '/' && open.pop() !== name) open.push(`!${name}`);
    else if (closing === '' && empty === '') open.push(name);
    return attributes;
  });
  if (open.length > 0) return `open: ${open.join(' ')}`;
  const left = text.replaceAll(/&(?:amp|lt|gt|quot|apos|#10|#9);/g, '');
  return /[<&]/.test(left) || left.includes(']]>') ? 'markup in text' : undefined;
}
