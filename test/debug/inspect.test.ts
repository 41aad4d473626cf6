/** `mission debug --inspect-brk` as an editor meets it: a real process, its inspector, and breakpoints in the author's TypeScript. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { programOf, serialiseCase } from '../../src/debug/saved-case.ts';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { CLERK, CLERK_WORKFLOW, clerk } from '../replay/missions/clerk.ts';
import { answerQuestions, recordMission } from '../replay/missions/lab.ts';
import { InspectorClient } from './inspector-client.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let project: string;
let child: ChildProcess | undefined;
let client: InspectorClient | undefined;

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'mission-test-inspect-')));
  for (const [file, text] of Object.entries({ 'package.json': '{ "private": true, "type": "module" }', ...clerk })) {
    await mkdir(dirname(join(project, file)), { recursive: true });
    await writeFile(join(project, file), text);
  }
  const artifact = await buildArtifact({ root: project, mission: CLERK });
  const drive = answerQuestions('yes', ({ name }) => name === 'fine');
  const [input] = await recordMission(inject('temporalAddress'), artifact, [{ input: { text: 'letter' }, drive }]);
  const recording = buildRecording(input?.histories ?? []);
  await writeFile(
    join(project, 'run.debug.json'),
    serialiseCase({ recording, program: await programOf('clerk@1', artifact) }),
  );
});

afterEach(async () => {
  client?.close();
  if (child?.exitCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

afterAll(() => rm(project, { recursive: true, force: true }));

/** Starts the command, and attaches as an editor does. */
async function attach(...flags: string[]) {
  const main = join(repository, 'src', 'cli', 'main.ts');
  const argv = ['--import', 'tsx', main, 'debug', join(project, 'run.debug.json'), ...flags, '-C', project];
  const started = spawn(process.execPath, argv, { cwd: repository, env: { ...process.env, NO_COLOR: '1' } });
  child = started;
  const said = { out: '', err: '' };
  started.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  const url = await new Promise<string>((resolve, reject) => {
    started.stderr.on('data', (chunk: Buffer) => {
      said.err += chunk.toString();
      const [found] = /ws:\/\/\S+/.exec(said.err) ?? [];
      if (found !== undefined) resolve(found);
    });
    started.once('exit', () => reject(new Error(said.err)));
  });
  const attached = await InspectorClient.connect(url);
  client = attached;
  await attached.send('Runtime.enable');
  await attached.send('Debugger.enable');
  // So that breakpoints can be set before code of a script with a source map runs: editors do the same.
  await attached.send('Debugger.setInstrumentationBreakpoint', {
    instrumentation: 'beforeScriptWithSourceMapExecution',
  });
  return { attached, started, said };
}

type Attached = Awaited<ReturnType<typeof attach>>;

/** Lets the scripts pass that are no workflow's, and stands still where the workflow's bundle begins. */
async function untilBundle({ attached }: Attached, source: string, line: number): Promise<void> {
  await attached.send('Runtime.runIfWaitingForDebugger');
  for (;;) {
    await attached.paused();
    const isSet = await attached.breakAt(source, line).then(
      () => true,
      () => false,
    );
    if (isSet) return;
    await attached.send('Debugger.resume');
  }
}

function lineOf(text: string): number {
  const line = (clerk[CLERK_WORKFLOW] ?? '').split('\n').findIndex((one) => one.includes(text)) + 1;
  expect(line).toBeGreaterThan(0);
  return line;
}

describe('under an inspector', () => {
  it('stands still in the first line of the workflow, then at a breakpoint in its TypeScript, with its variables', async () => {
    const source = String(pathToFileURL(join(project, CLERK_WORKFLOW)));
    const attachment = await attach('--inspect-brk=0');
    const { attached, started, said } = attachment;
    await untilBundle(attachment, source, lineOf("step.decide('soon'"));
    await attached.send('Debugger.resume');
    const first = await attached.paused();
    expect(first).toMatchObject({ source, line: lineOf("step.model('read'") });
    expect(await attached.evaluate(first, 'text')).toBe('letter');
    await attached.send('Debugger.resume');
    const second = await attached.paused();
    expect(second).toMatchObject({ source, line: lineOf("step.decide('soon'") });
    expect(await attached.evaluate(second, 'words')).toBe('answer to Read letter');
    const ended = once(started, 'exit');
    await attached.send('Debugger.resume');
    attached.close();
    expect(await ended).toEqual([0, null]);
    expect(said.out).toContain('save#1');
  });

  it('has its breakpoints in the text of the version where the file was changed since', async () => {
    const file = join(project, CLERK_WORKFLOW);
    await writeFile(file, `\n\n${await readFile(file, 'utf8')}`);
    const copy = join(project, '.mission', 'debug', 'clerk@1', CLERK_WORKFLOW);
    const attachment = await attach('--inspect=0');
    const { attached, said } = attachment;
    await untilBundle(attachment, String(pathToFileURL(copy)), lineOf("step.tool('save'"));
    expect(await readFile(copy, 'utf8')).toBe(clerk[CLERK_WORKFLOW]);
    expect(said.err).toContain(copy);
    await attached.send('Debugger.resume');
    const there = await attached.paused();
    expect(there).toMatchObject({ source: String(pathToFileURL(copy)), line: lineOf("step.tool('save'") });
    expect(await attached.evaluate(there, 'fine.option')).toBe('yes');
  });
});
