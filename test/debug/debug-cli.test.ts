/** `mission debug` as it is used: typed at, scripted, as JSON, offline, beside a process that has the registry, and on plain workflows. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import { serveCommands } from '../../src/cli/command-server.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { buildRecording, toStoredRecording } from '../../src/recording/build-recording.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { exportFixture } from '../../src/recording/fixtures.ts';
import type { Recording } from '../../src/recording/recording.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { type Ran, run } from '../cli/run.ts';
import { CLERK, CLERK_WORKFLOW, clerk } from '../replay/missions/clerk.ts';
import { answerQuestions, record, recordMission } from '../replay/missions/lab.ts';

let project: string;
let registry: Registry;
let recording: Recording;

const PLAIN = `
import { proxyActivities, defineQuery, setHandler } from '@temporalio/workflow';
const { greet } = proxyActivities({ startToCloseTimeout: 10_000 });
export async function hello(name) {
  let said = 'nothing';
  setHandler(defineQuery('said'), () => said);
  said = await greet(name);
  const growing = [];
  while (said === 'flood') growing.push(growing);
  return { said };
}
`;

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'mission-test-debug-')));
  const files = { 'package.json': '{ "private": true, "type": "module" }', 'plain/hello.js': PLAIN, ...clerk };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, file)), { recursive: true });
    await writeFile(join(project, file), text);
  }
  registry = await openRegistry({ directory: join(project, '.mission', 'registry'), actor: 'ada' });
  expect(await mission('publish', CLERK, '-m', 'first')).toMatchObject({ code: 0 });
  const artifact = await buildArtifact({ root: project, mission: CLERK });
  const drive = answerQuestions('yes', ({ name }) => name === 'fine');
  const [input] = await recordMission(inject('temporalAddress'), artifact, [{ input: { text: 'letter' }, drive }]);
  const built = buildRecording(input?.histories ?? []);
  recording = { ...built, mission: CLERK, version: 1, artifact: artifact.digest };
  await registry.recordings.put(toStoredRecording(recording));
});

afterAll(async () => {
  await registry.close();
  await rm(project, { recursive: true, force: true });
});

function mission(...argv: string[]): Promise<Ran> {
  return run(argv, { cwd: project, shared: registry });
}

/** Types lines, one after the other, and then has enough. */
async function typed(...lines: string[]): Promise<Ran> {
  const queue = [...lines];
  return run(['debug', recording.workflowId], { cwd: project, shared: registry, ask: async () => queue.shift() });
}

describe('mission debug', () => {
  it('lists the moments of a run where nothing else is wanted', async () => {
    const { code, out } = await mission('debug', recording.workflowId);
    expect(code).toBe(0);
    expect(out).toContain(`${recording.workflowId}  clerk@1`);
    expect(out).toMatch(/▸ {3}0 {3}start → read#1/);
    expect(out).toContain('save#1');
  });

  it('goes where it is told, and says what was asked, answered and decided', async () => {
    const { out } = await mission('debug', recording.workflowId, '--to', 'read', '--command', 'p; n; g end');
    expect(out).toContain('→ model read#1');
    expect(out).toContain('will be answered "answer to Read letter"');
    expect(out).toContain('← read#1 completed');
    expect(out).toContain('■ completed {"done":"no timeout yes reviewer');
  });

  it('tells what another answer would have led to', async () => {
    const { code, out } = await mission('debug', recording.workflowId, '--edit', 'fine#1="no"');
    expect(code).toBe(0);
    expect(out).toContain('changed');
    expect(out).toMatch(/recorded {2}completed .*yes reviewer/);
    expect(out).toMatch(/now {7}completed .*no reviewer/);
    expect(out).toContain('edited   fine#1');
  });

  it('takes an answer from a file, and a failure', async () => {
    await writeFile(join(project, 'answer.json'), '{"id":"from a file"}');
    const ofFile = await mission('debug', recording.workflowId, '--edit', 'save#1=@answer.json');
    expect(ofFile.out).toContain('from a file');
    const failed = await mission('debug', recording.workflowId, '--edit', 'save#1=!no space left');
    expect(failed.out).toMatch(/now {7}failed Edited: no space left/);
  });

  it('is one JSON document for programs', async () => {
    const { out } = await mission('debug', recording.workflowId, '--json', '--to', 'fine#1', '--edit', 'fine#1="no"');
    expect(JSON.parse(out)).toMatchObject({
      run: { workflowId: recording.workflowId },
      with: 'clerk@1',
      moment: { asked: expect.arrayContaining([expect.objectContaining({ step: 'fine#1' })]) },
      state: { queries: [{ name: 'mission.decisions', result: { 'fine#1': { options: ['yes', 'no'] } } }] },
      difference: { outcome: 'changed', steps: expect.arrayContaining([{ step: 'fine#1', change: 'edited' }]) },
    });
  });

  it.each([
    [['nobody'], 'RECORDING_UNKNOWN'],
    [['run', '--history', 'nowhere.json'], 'USAGE'],
    [[], 'USAGE'],
  ])('says what is wrong with %j', async (args, error) => {
    const { code, err } = await mission('debug', ...args);
    expect(code).toBe(2);
    expect(err).toContain(error);
  });

  it('refuses to edit what tells the run nothing', async () => {
    const { code, err } = await mission('debug', recording.workflowId, '--edit', 'event:2="x"');
    expect(code).toBe(2);
    expect(err).toContain('event:2 is WorkflowTaskScheduled');
    expect(err).toContain('(the answer of read#1)');
  });

  it('says which commands and places there are', async () => {
    expect((await mission('debug', recording.workflowId, '--command', 'fly')).err).toContain('g <place>');
    expect((await mission('debug', recording.workflowId, '--to', 'fly')).err).toContain('read#1');
    expect((await mission('debug', recording.workflowId, '--edit', 'read#1')).err).toContain('--edit');
  });
});

describe('typing', () => {
  it('goes on with the last step on an empty line, tells mistakes, and ends when the person has enough', async () => {
    const { code, out, err } = await typed('', '', 'b', '', 'fly', 'g nowhere', 'q', 'n');
    expect(code).toBe(0);
    expect(out.match(/moment \d+ of/g)).toEqual(['0', '1', '2', '1', '0'].map((index) => `moment ${index} of`));
    expect(err).toContain('no command "fly"');
    expect(err).toContain('no "nowhere"');
  });

  it('edits, compares and forgets', async () => {
    const { out } = await typed('e fine#1 "no"', 's', 'r', 'd');
    expect(out).toContain('(edited)');
    expect(out).toContain('mission.decisions');
    expect(out).toContain('✓ the same: completed');
  });
});

describe('a run from elsewhere', () => {
  it('is debugged from one saved file, without a registry', async () => {
    const file = join(project, 'saved.json');
    expect((await mission('debug', recording.workflowId, '--save', file)).code).toBe(0);
    const elsewhere = await mkdtemp(join(tmpdir(), 'mission-test-elsewhere-'));
    const { code, out } = await run(['debug', file, '--edit', 'fine#1="no"'], { cwd: elsewhere });
    await rm(elsewhere, { recursive: true, force: true });
    expect(code).toBe(0);
    expect(out).toContain('now       completed');
    expect((await run(['debug', join(project, 'package.json')], { cwd: project })).err).toContain('--save');
  });

  it('comes from the process that has the registry open, and is debugged here', async () => {
    const server = await serveCommands(join(project, '.mission'), registry, {}, runCli);
    try {
      const lines = ['g end', 'q'];
      const { code, out } = await run(['debug', recording.workflowId], {
        cwd: project,
        ask: async () => lines.shift(),
      });
      expect(code).toBe(0);
      expect(out).toContain('■ completed');
      const unknown = await run(['debug', 'nobody'], { cwd: project });
      expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('nobody') });
    } finally {
      await server?.close();
    }
  });

  it('may be a regression case, with the working tree', async () => {
    const folder = join(project, 'replay-fixtures', CLERK, 'kept');
    await exportFixture(recording, folder, { why: 'a test', addedBy: 'ada', addedAt: new Date(0) });
    expect((await mission('debug', folder)).out).toContain('clerk@1');
    const file = join(project, CLERK_WORKFLOW);
    await writeFile(file, (clerk[CLERK_WORKFLOW] ?? '').replace('soon.by, fine.option', "soon.by, 'and', fine.option"));
    const { out } = await mission('debug', folder, '--source');
    await writeFile(file, clerk[CLERK_WORKFLOW] ?? '');
    expect(out).toContain('the working tree');
    expect(out).toMatch(/now {7}completed .*timeout and yes/);
  });

  it('may be a history file of plain workflows, with their queries', async () => {
    const path = join(project, 'plain', 'hello.js');
    const bundle = await bundleWorkflows({ workflowsPath: path, root: project });
    const activities = { greet: async (name: string) => `Hello, ${name}` };
    const [input] = await record(inject('temporalAddress'), { bundle, activities, type: 'hello' }, [{ input: 'you' }]);
    const [history] = input?.histories ?? [];
    await writeFile(join(project, 'hello.json'), encodeHistory(history ?? {}));
    const plain = (...argv: string[]) =>
      mission('debug', '--history', 'hello.json', '--workflows', 'plain/hello.js', ...argv);
    const { out } = await plain('--command', 'g greet; s; n; s; e greet "Bye"');
    expect(out).toContain('said "nothing"');
    expect(out).toContain('said "Hello, you"');
    expect(out).toMatch(/now {7}completed \{"said":"Bye"\}/);
    expect(out).toMatch(/hello .*hello\.js:7/);
    const lines = ['e greet "flood"', 'e greet "Bye"', 'd'];
    const argv = ['debug', '--history', 'hello.json', '--workflows', 'plain/hello.js'];
    const typed = await run(argv, { cwd: project, shared: registry, ask: async () => lines.shift() });
    expect(typed.err).toContain('it exceeded its memory limit');
    expect(typed.out).toMatch(/now {7}completed \{"said":"Bye"\}/);
  });
});
