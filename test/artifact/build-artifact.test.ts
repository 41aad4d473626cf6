import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
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

const build = async (edits: Edits = {}) => buildArtifact({ root: await copyProject(edits), mission: MISSION });
const original = await buildArtifact({ root: FIXTURE, mission: MISSION });

describe('the digest of an artifact', () => {
  const cwd = process.cwd();
  afterEach(() => process.chdir(cwd));

  it('is the same in another folder, from another working directory, and through a symbolic link', async () => {
    const root = await copyProject();
    process.chdir(tmpdir());
    const folder = await mkdtemp(join(tmpdir(), 'mission-test-link-'));
    await symlink(root, join(folder, 'project'));
    const copied = await buildArtifact({ root, mission: MISSION });
    const linked = await buildArtifact({ root: join(folder, 'project'), mission: MISSION });
    await rm(folder, { recursive: true });
    expect(copied).toEqual(original);
    expect(linked).toEqual(original);
  });

  it.each<[string, Edits]>([
    ['a comment', { [WORKFLOW_FILE]: replace('/** The mission. */', '/*! Another word. */ // and more') }],
    ['formatting', { [QUEUE_FILE]: (text) => text.replaceAll('  ', '\t').replaceAll('\n', '\n\n') }],
    ['a type', { [QUEUE_FILE]: replace("'billing' | 'technical'", 'never') }],
    ['a file that takes no part', { 'workflows/ticket-triage/notes.ts': () => 'export const unused = 1;' }],
  ])('does not change with %s', async (_, edits) => {
    expect((await build(edits)).digest).toBe(original.digest);
  });

  it.each<[string, Edits]>([
    ['the prompt', { [MISSION_FILE]: replace('Which queue', 'Whose queue') }],
    ['the code', { [QUEUE_FILE]: replace('invoice', 'invoices') }],
    ['the activities', { 'activities/index.ts': replace('/\\s+/', "' '") }],
  ])('changes with %s', async (_, edits) => {
    expect((await build(edits)).digest).not.toBe(original.digest);
  });
});

describe('an artifact', () => {
  it('holds the definition that the source declares', () => {
    expect(original.definition).toMatchObject({
      name: MISSION,
      prompts: { route: { model: 'default' } },
      rules: { longTicketWords: 5 },
      tools: { countWords: { effect: 'read', input: { type: 'object', required: ['text'] } } },
    });
  });

  it("holds the author's files and no others", () => {
    expect(Object.keys(original.sources)).toEqual(['activities/index.ts', MISSION_FILE, QUEUE_FILE, WORKFLOW_FILE]);
  });

  it('prefers the activities of its own mission', async () => {
    const built = await build({ 'activities/ticket-triage.ts': () => 'export default { own: async () => 1 };' });
    expect(Object.keys(built.sources)).toContain('activities/ticket-triage.ts');
    expect(Object.keys(built.sources)).not.toContain('activities/index.ts');
  });

  it('names no machine path anywhere', async () => {
    const root = await copyProject();
    const text = JSON.stringify(await buildArtifact({ root, mission: MISSION }));
    expect(text).not.toContain(root);
    expect(text).not.toContain(process.cwd());
  });
});

describe('source that cannot be built', () => {
  const importing = (specifier: string): Edits => ({
    [QUEUE_FILE]: (text) => `import * as it from '${specifier}';\n${text}\nexport const used = it;`,
  });
  const prepended = (line: string): Edits => ({ [MISSION_FILE]: (text) => `${line}\n${text}` });

  it.each<[string, Edits, { code: string; message: string; remedy?: string }]>([
    [
      'a Node module',
      importing('node:crypto'),
      {
        code: 'MISSION_BUNDLE_FAILED',
        message: `${QUEUE_FILE}:1:21: node:crypto is part of Node`,
        remedy: 'activities/',
      },
    ],
    [
      'a Node module without its prefix',
      importing('fs/promises'),
      { code: 'MISSION_BUNDLE_FAILED', message: 'fs/promises is part of Node' },
    ],
    [
      'the way to the import',
      importing('node:fs'),
      { code: 'MISSION_BUNDLE_FAILED', message: `${WORKFLOW_FILE} → ${QUEUE_FILE} → node:fs` },
    ],
    [
      'the client',
      importing('@temporalio/client'),
      { code: 'MISSION_BUNDLE_FAILED', message: '@temporalio/client is for Node' },
    ],
    [
      'the activity kit',
      importing('mission-runtime/activity'),
      { code: 'MISSION_BUNDLE_FAILED', message: 'mission-runtime/activity is for Node' },
    ],
    [
      'the inside of the SDK',
      importing('@temporalio/workflow/lib/internals'),
      { code: 'MISSION_BUNDLE_FAILED', message: 'reaches into the SDK', remedy: 'Import from @temporalio/workflow.' },
    ],
    [
      'a package that is not there',
      importing('left-out'),
      { code: 'MISSION_BUNDLE_FAILED', message: 'Could not resolve "left-out"', remedy: 'npm install' },
    ],
    [
      'a syntax error',
      { [QUEUE_FILE]: () => 'export const a = ;' },
      { code: 'MISSION_BUNDLE_FAILED', message: `${QUEUE_FILE}:1:18: Unexpected ";"` },
    ],
    [
      'an import that is not exported',
      { [QUEUE_FILE]: () => 'export const other = 1;' },
      { code: 'MISSION_BUNDLE_FAILED', message: 'No matching export' },
    ],
    ['no workflow', { [WORKFLOW_FILE]: null }, { code: 'MISSION_SOURCE_MISSING', message: WORKFLOW_FILE }],
    [
      'no activities',
      { 'activities/index.ts': null },
      { code: 'MISSION_SOURCE_MISSING', message: 'activities/ticket-triage.ts' },
    ],
    [
      'no mission',
      { [WORKFLOW_FILE]: () => 'export async function plain() {}' },
      { code: 'MISSION_BUNDLE_FAILED', message: 'exports no mission' },
    ],
    [
      'another name',
      { [MISSION_FILE]: replace("'ticket-triage'", "'other'") },
      { code: 'DEFINITION_INVALID', message: '"other", not "ticket-triage"' },
    ],
    [
      'a rule that is not JSON',
      { [MISSION_FILE]: replace('longTicketWords: 5', 'longTicketWords: 0 / 0') },
      { code: 'DEFINITION_INVALID', message: 'not valid at /rules/longTicketWords: there is NaN' },
    ],
    [
      'a model without a name',
      { [MISSION_FILE]: replace("'test/small'", "''") },
      { code: 'DEFINITION_INVALID', message: '/models/default/model' },
    ],
    [
      'code that throws',
      prepended('const home = process.env.HOME;'),
      { code: 'MISSION_BUNDLE_FAILED', message: `${MISSION_FILE}:1:14:` },
    ],
    [
      'code that configures what runs share',
      { [MISSION_FILE]: (text) => `${text}\nz.config({ jitless: true });` },
      { code: 'MISSION_BUNDLE_FAILED', message: 'throws while it is loaded' },
    ],
  ])('says what is wrong and where: %s', async (_, edits, { code, message, remedy }) => {
    const error: unknown = await build(edits).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'MissionError', code, message: expect.stringContaining(message) });
    expect(error).toMatchObject({ remedy: expect.stringContaining(remedy ?? '') });
  });

  it.each(['Ticket', 'ticket triage', '../ticket-triage', ''])('refuses the name "%s"', async (mission) => {
    await expect(buildArtifact({ root: FIXTURE, mission })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('names the project folder that is not there', async () => {
    const root = join(tmpdir(), 'mission-test-nowhere');
    await expect(buildArtifact({ root, mission: MISSION })).rejects.toMatchObject({
      code: 'MISSION_SOURCE_MISSING',
      message: expect.stringContaining(root),
    });
  });
});

describe('workflow code', () => {
  it('may import the portable part of url and util, and JSON', async () => {
    const built = await build({
      'workflows/ticket-triage/words.json': () => '["a"]',
      [QUEUE_FILE]: (text) =>
        `import { URL as Url } from 'node:url';\nimport { TextEncoder as Coder } from 'util';\nimport words from './words.json' with { type: 'json' };\n${text}\nexport const host = new Url('https://example.test').host + new Coder().encode(words[0]).length;`,
    });
    expect(Object.keys(built.sources)).toContain('workflows/ticket-triage/words.json');
  });
});
