/** What a person reads of noise and of what live answers took. */
import { describe, expect, it } from 'vitest';
import { type DrawnRecording, judgeNoise } from '../../src/compare/noise.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { nextSteps } from '../../src/compare/render/next-steps.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import type { LiveUse, Report } from '../../src/compare/report.ts';
import { buildReport } from '../../src/compare/report-builder.ts';
import { isReportIntact } from '../../src/compare/report-digest.ts';
import { sampleEnding, sampleResults, sampleSubject } from '../support/sample-report.ts';

const live: LiveUse = { calls: 12, cached: 40, inputTokens: 3_000, outputTokens: 400, cost: 0.02, unpriced: 1 };

function drawn(baseline: number, candidate: number): DrawnRecording {
  return {
    baselineDraws: 5,
    candidateDraws: 5,
    baseline: new Map([['end /approve', baseline]]),
    candidate: new Map([['end /approve', candidate]]),
    outcome: 'changed',
    fields: ['end /approve'],
  };
}

function report(recordings: readonly DrawnRecording[] | undefined, use: LiveUse = live): Report {
  const noise = recordings && judgeNoise(recordings, { samples: 5, falseDiscovery: 0.05 });
  return buildReport(sampleSubject, sampleResults().slice(50, 70), [], { ...sampleEnding, noise, live: use });
}

describe('a report with noise', () => {
  const measured = report([drawn(0, 5), drawn(1, 5), drawn(0, 5), drawn(0, 4)]);

  it.each([60, 100])('shows each field with both shares and its class on %d columns', (width) => {
    const text = renderTerminal(measured, { palette: PLAIN, width });
    // Commands are never cut: they are for copying.
    const prose = text.split('\n').filter((line) => !line.startsWith('  mission '));
    expect(text).toMatch(/\/approve +5\.0 % +95\.0 % +\S+ +\S+ +real/);
    expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  it('shows it in Markdown, and what was spent', () => {
    const text = renderMarkdown(measured);
    expect(text).toContain('| `end /approve` | 5.0 % | 95.0 % |');
    expect(text).toContain('12 calls, 3,400 tokens, 0.02 by the prices of the policy, 1 without a price, 40 answers');
  });

  it('says that there was nothing to measure', () => {
    expect(renderTerminal(report([]), { palette: PLAIN, width: 100 })).toContain('Nothing was asked anew');
  });

  it('recommends to measure it where live answers changed runs, and not where it was measured', () => {
    const commands = (of: Report) => nextSteps(of).map(({ command }) => command);
    expect(commands(report(undefined))).toContainEqual(expect.stringContaining('--noise 5'));
    expect(commands(measured)).not.toContainEqual(expect.stringMatching(/--noise \d+$/));
  });

  it('has the same digest whatever the answers cost, and another when the noise is another', () => {
    expect(report([drawn(0, 5)], { ...live, calls: 0 }).digest).toBe(report([drawn(0, 5)]).digest);
    expect(report([drawn(1, 5)]).digest).not.toBe(report([drawn(0, 5)]).digest);
    expect(isReportIntact(measured)).toBe(true);
  });
});
