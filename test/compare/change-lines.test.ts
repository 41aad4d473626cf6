/** Texts that hold JSON are shown by the places that differ: agents keep their state, and say what tools told them, in such texts. */
import { describe, expect, it } from 'vitest';
import { WHOLE_REQUEST } from '../../src/compare/describe.ts';
import { diffJson } from '../../src/compare/diff-json.ts';
import type { Divergence, StepCommand } from '../../src/compare/outcome.ts';
import { differenceLines } from '../../src/compare/render/change-lines.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import { buildReport } from '../../src/compare/report-builder.ts';
import type { Json } from '../../src/shared/json.ts';
import { sampleEnding, sampleResult, sampleSubject } from '../support/sample-report.ts';

const shown = (baseline: Json, candidate: Json): string[] =>
  differenceLines(diffJson(baseline, candidate), WHOLE_REQUEST).map(({ parts }) =>
    parts.map(({ text }) => text).join(''),
  );

const state = (agent: string, spoken: string): string =>
  JSON.stringify({ currentAgent: { name: agent }, items: [{ type: 'message', text: spoken }], usage: { requests: 1 } });

it('shows the places within, and texts within as texts', () => {
  const before = { saved: state('Till', 'One line.\nAnother line.') };
  const after = { saved: state('Cash desk', 'One line.\nA third line.') };
  expect(shown(before, after)).toEqual([
    '/saved, JSON in a text:',
    '  /currentAgent/name  "Till" → "Cash desk"',
    '  /items/0/text',
    '  One line.',
    '  Another line.',
    '  A third line.',
  ]);
});

it('names the whole of a request that is nothing but such a text', () => {
  expect(shown(state('Till', 'hello'), state('Till', 'good bye'))).toEqual([
    `${WHOLE_REQUEST}, JSON in a text:`,
    '  /items/0/text  "hello" → "good bye"',
  ]);
});

it('shows texts where one is no JSON, or both say the same', () => {
  const text = state('Till', 'hello');
  expect(shown({ saved: text }, { saved: `${text} and more` })[0]).toBe('/saved');
  expect(shown({ saved: text }, { saved: `${text}\n` })[0]).toBe('/saved');
  expect(shown({ saved: '{"a":1}' }, { saved: '{"a":2}' })).toEqual(['/saved  "{\\"a\\":1}" → "{\\"a\\":2}"']);
});

it('shows texts where the JSON in one is deeper than anybody can walk down', () => {
  const deep = (inmost: string) => `${'['.repeat(100_000)}${inmost}${']'.repeat(100_000)}`;
  const lines = shown({ saved: deep('1') }, { saved: deep('2') });
  expect(lines[0]).toBe('/saved');
  expect(lines.slice(1)).toEqual([deep('1'), deep('2')]);
});

describe('of plain workflows', () => {
  const command = (kind: StepCommand['kind'], name: string, request: Json): StepCommand => ({
    step: kind === 'end' ? 'end' : `${name}#1`,
    kind,
    name,
    request,
  });

  function reportOf(kind: Divergence['kind'], baseline: StepCommand, candidate: StepCommand) {
    const differences = diffJson(baseline.request, candidate.request);
    const divergence: Divergence = { kind, step: candidate.step, index: 0, baseline, candidate, differences };
    const result = { ...sampleResult(60), outcome: 'diverged' as const, divergence };
    const cohort = { ...sampleEnding.cohort, recordings: 1, kind: 'histories' as const };
    const report = buildReport({ ...sampleSubject, changes: [] }, [result], [], { ...sampleEnding, cohort });
    return { terminal: renderTerminal(report, { palette: PLAIN, width: 120 }), markdown: renderMarkdown(report) };
  }

  it('a request that is another as a whole is no end', () => {
    const { terminal, markdown } = reportOf(
      'request',
      command('activity', 'list-tools', null),
      command('activity', 'list-tools', { region: 'north' }),
    );
    for (const shown of [terminal, markdown]) {
      expect(shown).toContain(WHOLE_REQUEST);
      expect(shown).toContain('null → {"region":"north"}');
    }
  });

  it('what a run hands on as it continues is shown, the end of a run only where ends are', () => {
    const handsOn = (said: string) => command('end', 'continued-as-new', { input: [said] });
    expect(reportOf('end', handsOn('one'), handsOn('two')).terminal).toContain('/input/0  "one" → "two"');
    const ends = (said: string) => command('end', 'completed', { said });
    expect(reportOf('end', ends('one'), ends('two')).terminal).not.toContain('/said  "one" → "two"');
  });
});
