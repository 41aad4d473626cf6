/** What changed in the author's code is told line by line, and found again in the bundle. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { type AuthorCode, readAuthorCode } from '../../src/artifact/author-code.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { changedLines } from '../../src/artifact/changed-code.ts';
import { copyProject, MISSION, MISSION_FILE, QUEUE_FILE, replace, WORKFLOW_FILE } from './project.ts';

let artifact: Artifact;
let code: AuthorCode;

beforeAll(async () => {
  artifact = await buildArtifact({ root: await copyProject(), mission: MISSION });
  code = readAuthorCode(artifact);
});

const LINE = 'export const limit = (n: number): number => (n > 3 ? n : 0);\n';

async function edited(before: string | undefined, after: string | undefined, file = QUEUE_FILE) {
  const side = (text: string | undefined) => ({
    definition: artifact.definition,
    sources: text === undefined ? {} : { [file]: text },
  });
  const lines = await changedLines(file, side(before), side(after));
  return lines?.map(({ line, side: which }) => `${which} ${line}`);
}

describe('changed lines', () => {
  it.each<[name: string, before: string | undefined, after: string | undefined, lines: readonly string[]]>([
    ['nothing', LINE, LINE, []],
    ['a comment and formatting', LINE, `// more\n${LINE.replace('(n > 3', '(\n  n > 3')}`, []],
    ['a type', LINE, LINE.replace(': number =>', ': 0 | number =>'), []],
    ['a constant', LINE, `\n${LINE.replace('3', '4')}`, ['candidate 2']],
    ['an operator', LINE, LINE.replace(' > ', ' >= '), ['candidate 1']],
    ['a line more', LINE, `${LINE}export const more = 1;\n`, ['candidate 2']],
    ['a line less', `${LINE}export const more = 1;\n`, LINE, ['baseline 2']],
    ['a new file', undefined, LINE, ['candidate 1']],
    ['a file that is gone', LINE, undefined, ['baseline 1']],
  ])('%s', async (_, before, after, lines) => {
    expect(await edited(before, after)).toEqual(lines);
  });

  it('leaves out what the definition holds', async () => {
    const before = artifact.sources[MISSION_FILE] ?? '';
    const [prompt] = Object.values(artifact.definition.prompts);
    const after = replace(prompt?.text.split('\n')[0] ?? '', 'Another question')(before);
    expect(after).not.toBe(before);
    expect(await edited(before, after, MISSION_FILE)).toEqual([]);
  });

  it('does not read what is no code', async () => {
    expect(await edited('{}', '{ }', 'workflows/x/table.json')).toBeUndefined();
    expect(await edited('const', LINE)).toBeUndefined();
  });
});

describe("the author's code in the bundle", () => {
  const textAt = (at: number) => artifact.code.workflow.slice(at, at + 12);

  it('is found from a line, and gives the line', async () => {
    const before = { definition: artifact.definition, sources: {} };
    const lines = (await changedLines(WORKFLOW_FILE, before, artifact)) ?? [];
    const found = lines.flatMap(({ places }) => places.flatMap((place) => code.charactersOf(place) ?? []));
    expect(found.length).toBeGreaterThan(10);
    for (const at of found) expect(code.placeOf(at)).toBeDefined();
    const places = found.map((at) => code.placeOf(at)?.file);
    expect(new Set(places)).toContain(WORKFLOW_FILE);
  });

  it('knows nothing of the kit', () => {
    const kit = artifact.code.workflow.indexOf('InputInvalid');
    expect(textAt(kit)).toBe('InputInvalid');
    expect(code.placeOf(kit)).toBeUndefined();
  });
});
