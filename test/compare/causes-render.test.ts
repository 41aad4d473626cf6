/** Causes as reports show them: by outcome, with how much was looked into. */
import { describe, expect, it } from 'vitest';
import type { CauseGroup } from '../../src/compare/attribution.ts';
import { renderJUnit } from '../../src/compare/render/junit.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import type { Report } from '../../src/compare/report.ts';
import { sampleReport } from '../support/sample-report.ts';

const failed = sampleReport();

describe('causes', () => {
  const causes = [['prompt assess']];
  const groups: readonly CauseGroup[] = [
    { outcome: 'changed', causes, count: 30, example: 'refund-1058/a' },
    { outcome: 'failed', causes: [['code: step letter', 'rule windowDays']], count: 1, example: 'refund-1095/b' },
    { outcome: 'diverged', causes: [], count: 50, example: 'refund-1000/c' },
  ];
  const sampled: Report = { ...failed, attribution: { examined: 81, groups } };
  const told = (report: Report) => {
    const text = renderTerminal(report, { palette: PLAIN, width: 120 });
    const part = /\nWhy {2}.*\n((?: {2}.*\n)+)/.exec(text)?.[1] ?? '';
    return part.split('\n').flatMap((line) => (line === '' ? [] : [line.trim().replaceAll(/ {2,}/g, ' | ')]));
  };

  it('are told by outcome, with how many of its runs were looked into', () => {
    expect(told(sampled)).toEqual([
      'prompt assess | 30 of 30 changed runs | e.g. refund-1058',
      'code: step letter together with rule windowDays | 1 of 1 failed runs | e.g. refund-1095',
      expect.stringMatching(/^no single change.* \| 50 of 50 diverged runs \| e\.g\. refund-1000$/),
      '30 of 34 changed runs were looked into',
      '0 of 3 unanswered runs were looked into',
      '50 of 118 diverged runs were looked into',
    ]);
  });

  it('are told so in Markdown and JUnit, too', () => {
    const markdown = renderMarkdown(sampled);
    expect(markdown).toContain('- 30 of 30 changed runs: prompt assess (e.g. `refund-1058`)\n');
    expect(markdown).toContain('- 0 of 3 unanswered runs were looked into\n');
    const junit = renderJUnit(sampled);
    expect(junit).toContain('why: 1 of 1 failed runs: code: step letter together with rule windowDays\n');
    expect(junit).toContain('why: 50 of 118 diverged runs were looked into<');
  });

  it('are the first of many, and the others are counted', () => {
    const many = Array.from({ length: 30 }, (_, number) => ({
      outcome: 'changed' as const,
      causes: [[`rule r${number}`]],
      count: 1,
      example: `run-${number}`,
    }));
    const report: Report = { ...failed, attribution: { examined: 30, groups: many } };
    expect(told(report).slice(20, 22)).toEqual([
      'and 10 more causes of changed runs',
      '30 of 34 changed runs were looked into',
    ]);
    expect(renderMarkdown(report)).toContain('- and 10 more causes of changed runs\n');
  });

  it('of a report of an earlier release are those of changed runs, and of plain workflows of all that differ', () => {
    const earlier: Report = {
      ...failed,
      attribution: { examined: 20, groups: [{ causes, count: 20, example: 'refund-1058/a' }] },
    };
    expect(told(earlier)).toEqual([
      'prompt assess | 20 of 20 changed runs | e.g. refund-1058',
      '20 of 34 changed runs were looked into',
    ]);
    const plain: Report = { ...earlier, cohort: { ...failed.cohort, kind: 'histories' } };
    expect(told(plain)).toEqual([
      'prompt assess',
      '20 of 20 runs that differ | e.g. refund-1058',
      '20 of 156 runs that differ were looked into',
    ]);
  });
});
