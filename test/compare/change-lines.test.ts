/** Texts that hold JSON are shown by the places that differ: agents keep their state, and say what tools told them, in such texts. */
import { expect, it } from 'vitest';
import { WHOLE_REQUEST } from '../../src/compare/describe.ts';
import { diffJson } from '../../src/compare/diff-json.ts';
import { differenceLines } from '../../src/compare/render/change-lines.ts';
import type { Json } from '../../src/shared/json.ts';

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
    '/currentAgent/name  "Till" → "Cash desk"',
    '/items/0/text',
    'One line.',
    'Another line.',
    'A third line.',
  ]);
});

it('names the whole of a request that is nothing but such a text', () => {
  expect(shown(state('Till', 'hello'), state('Till', 'good bye'))).toEqual([
    `${WHOLE_REQUEST}, JSON in a text:`,
    '/items/0/text  "hello" → "good bye"',
  ]);
});

it('shows texts where one is no JSON, or both say the same', () => {
  const text = state('Till', 'hello');
  expect(shown({ saved: text }, { saved: `${text} and more` })[0]).toBe('/saved');
  expect(shown({ saved: text }, { saved: `${text}\n` })[0]).toBe('/saved');
  expect(shown({ saved: '{"a":1}' }, { saved: '{"a":2}' })).toEqual(['/saved  "{\\"a\\":1}" → "{\\"a\\":2}"']);
});
