import { describe, expect, it } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { codeShape } from '../../src/artifact/code-shape.ts';
import { diffArtifacts } from '../../src/artifact/diff-artifacts.ts';
import {
  copyProject,
  type Edits,
  FIXTURE,
  MISSION,
  MISSION_FILE,
  QUEUE_FILE,
  replace,
  WORKFLOW_FILE,
} from './project.ts';

const baseline = await buildArtifact({ root: FIXTURE, mission: MISSION });

describe('the changes between two artifacts', () => {
  it.each<[string, Edits, string[]]>([
    ['nothing', {}, []],
    ['a prompt', { [MISSION_FILE]: replace('Which queue', 'What queue') }, ['prompt route changed']],
    ['a model parameter', { [MISSION_FILE]: replace('temperature: 0', 'temperature: 1') }, ['model default changed']],
    [
      'a rule',
      { [MISSION_FILE]: replace('longTicketWords: 5', 'longTicketWords: 50') },
      ['rule longTicketWords changed'],
    ],
    [
      'a new rule',
      { [MISSION_FILE]: replace('longTicketWords: 5', "longTicketWords: 5, words: ['a']") },
      ['rule words added'],
    ],
    ['a rule gone', { [MISSION_FILE]: replace('longTicketWords: 5', '') }, ['rule longTicketWords removed']],
    [
      'a tool description',
      { [MISSION_FILE]: replace('Counts the words', 'Tells the words') },
      ['tool countWords changed'],
    ],
    [
      'a decision',
      {
        [MISSION_FILE]: replace(
          'tools: {',
          "decisions: { send: { question: 'Send?', options: ['yes'] } },\n  tools: {",
        ),
      },
      ['decision send added'],
    ],
    [
      'a schema',
      { [MISSION_FILE]: replace("['low', 'high']", "['low', 'high', 'urgent']") },
      ['input  changed', `code ${MISSION_FILE} changed`],
    ],
    [
      'a check that JSON Schema cannot say',
      { [MISSION_FILE]: replace('z.string().min(1)', "z.string().min(1).refine((t) => t !== 'x')") },
      [`code ${MISSION_FILE} changed`],
    ],
    ['code', { [QUEUE_FILE]: replace('invoice', 'bill') }, [`code ${QUEUE_FILE} changed`]],
    ['a comment', { [WORKFLOW_FILE]: replace('/** The mission. */', '') }, []],
    ['formatting', { [MISSION_FILE]: (text) => text.replaceAll('\n', '\n\n') }, []],
    ['activity code', { 'activities/index.ts': replace('/\\s+/', "' '") }, ['code activities/index.ts changed']],
    [
      'a new file',
      {
        'workflows/ticket-triage/more.ts': () => 'export const more = 1;',
        [QUEUE_FILE]: (text) => `export { more } from './more.ts';\n${text}`,
      },
      [`code workflows/ticket-triage/more.ts added`, `code ${QUEUE_FILE} changed`],
    ],
  ])('%s', async (_, edits, expected) => {
    const candidate = await buildArtifact({ root: await copyProject(edits), mission: MISSION });
    const changes = await diffArtifacts(baseline, candidate);
    expect(changes.map(({ component, name, change }) => `${component} ${name} ${change}`)).toEqual(expected);
  });

  it('carry both sides, and read backwards as the opposite', async () => {
    const root = await copyProject({ [MISSION_FILE]: replace('longTicketWords: 5', 'longTicketWords: 7, cap: 1') });
    const candidate = await buildArtifact({ root, mission: MISSION });
    expect(await diffArtifacts(baseline, candidate)).toEqual([
      { component: 'rule', name: 'cap', change: 'added', candidate: 1 },
      { component: 'rule', name: 'longTicketWords', change: 'changed', baseline: 5, candidate: 7 },
    ]);
    expect(await diffArtifacts(candidate, baseline)).toEqual([
      { component: 'rule', name: 'cap', change: 'removed', baseline: 1 },
      { component: 'rule', name: 'longTicketWords', change: 'changed', baseline: 7, candidate: 5 },
    ]);
  });
});

describe('the shape of a file', () => {
  const mission = (body: string, head = "import { defineMission } from 'mission-runtime/mission';") =>
    codeShape('mission.ts', `${head}\nexport const m = defineMission({ ${body} });`);

  it.each([
    ['the order of data', "rules: { a: 1, b: 2 }, prompts: { p: 'x' }", "prompts: { p: 'y' }, rules: { b: 1 }"],
    ['negative numbers and templates without places', 'rules: { a: -1, b: `x` }', 'rules: { a: 1 }'],
    ['data between computed members', 'input: x, rules: { a: 1 }, output: y', 'input: x, output: y'],
    ['data after computed members', 'input: x, rules: { a: 1 }', 'input: x'],
  ])('leaves out %s', async (_, left, right) => {
    expect(await mission(left)).toBe(await mission(right));
  });

  it.each([
    ['an identifier', 'rules: { a: one }', 'rules: { a: two }'],
    ['a call', "input: z.string().regex('a')", "input: z.string().regex('b')"],
    ['a regular expression', 'rules: { a: /x/ }', 'rules: { a: /y/ }'],
    ['a spread', 'rules: { ...one }', 'rules: { ...two }'],
    ['a template with places', `rules: { a: \`x\${y}\` }`, `rules: { a: \`z\${y}\` }`],
    ['a function', 'run: () => 1', 'run: () => 2'],
  ])('keeps %s', async (_, left, right) => {
    expect(await mission(left)).not.toBe(await mission(right));
  });

  it('leaves out a prompt that stands in a file of its own, and nothing else of that file', async () => {
    const file = (text: string, rest = '') => `export const ask = \`${text}\`;${rest}`;
    const shape = (text: string, rest?: string) => codeShape('ask.ts', file(text, rest), new Set([text]));
    expect(await shape('Which queue?\n{{text}}')).toBe(await shape('What queue?\n{{text}}'));
    expect(await shape('Which queue?', 'export const other = 1;')).not.toBe(
      await shape('Which queue?', 'export const other = 2;'),
    );
    expect(await codeShape('ask.ts', file('one'), new Set())).not.toBe(
      await codeShape('ask.ts', file('two'), new Set()),
    );
    expect(await codeShape('ask.md', 'one', new Set(['one']))).toBe(await codeShape('ask.md', 'two', new Set(['two'])));
  });

  it("knows the kit's function by its import, not by its name", async () => {
    const renamed = "import { defineMission as define } from 'mission-runtime/mission';";
    const [one, two] = ['one', 'two'].map(
      (text) => `${renamed}\nexport const m = define({ rules: { a: '${text}' } });`,
    );
    expect(await codeShape('a.ts', one ?? '')).toBe(await codeShape('a.ts', two ?? ''));
    const foreign = "import { defineMission } from './mine.ts';";
    expect(await mission('rules: { a: 1 }', foreign)).not.toBe(await mission('rules: { a: 2 }', foreign));
  });
});
