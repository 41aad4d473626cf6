/** Processes in which candidates are replayed: what ends them, what that means for others, and that none is left. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import { NO_LIVE_ANSWERS } from '../../src/replay/live-answers.ts';
import { ProcessPool } from '../../src/replay/process-pool.ts';
import { type ReplayEvent, type ReplaySource, replayCohort } from '../../src/replay/replay-cohort.ts';
import { expectMissionError, stateOfProcess } from '../temporal/support/expectations.ts';
import { bundlePlain, recordPlainRuns, sourceOf } from './plain/record.ts';
import { bundleVariant } from './plain/variant.ts';

// Memory is to run out before time does, on a busy machine too.
const limits = replayLimits.parse({ perRecordingMs: 60_000, memoryMb: 256 });
const defaults = { answers: answerPolicy.parse({}), limits, secondOpinion: 0, workers: 1 };
const RETRIED = 'export async function retried(key: string): Promise<string> {';
const GROWING = 'const growing: unknown[] = []; for (;;) growing.push(growing);';
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let original: string;
/** One before the recording that is attacked, and some that are sent ahead behind it. */
let sources: readonly ReplaySource[];
let started: ChildProcess[];
let folder: string;

beforeAll(async () => {
  original = await bundlePlain();
  const runs = await recordPlainRuns(inject('temporalAddress'), original);
  const names = ['sequential', 'retried', 'timers', 'parallel'];
  sources = names.map((name) => sourceOf(runs.find((run) => run.name === name)?.history ?? {}));
  folder = await mkdtemp(join(tmpdir(), 'process-pool-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const note = (message: unknown) => void started.push((message as { readonly process: ChildProcess }).process);
beforeEach(() => {
  started = [];
  subscribe('child_process', note);
});
afterEach(() => {
  unsubscribe('child_process', note);
});

const attacked = (attack: string) => bundleVariant(RETRIED, `${RETRIED}\n${attack}`);

async function* streamOf(given: readonly ReplaySource[]): AsyncGenerator<ReplaySource> {
  yield* given;
}

/** The outcome of each recording, and why it failed. */
async function replay(code: string, given = streamOf(sources), memoryMb = 256): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const options = { ...defaults, limits: { ...limits, memoryMb }, candidate: { name: 'candidate', bundle: { code } } };
  for await (const event of replayCohort(options, given)) found[typeOf(event)] = wordsOf(event);
  return found;
}

const typeOf = (event: ReplayEvent) => (event.kind === 'result' ? event.result.recording.workflowType : 'excluded');

function wordsOf(event: ReplayEvent): string {
  if (event.kind === 'excluded') return event.excluded.detail;
  const { outcome, failure } = event.result;
  return failure === undefined ? outcome : `${outcome}: ${failure.message}`;
}

const states = () => started.map(({ pid }) => (pid === undefined ? 'ended' : stateOfProcess(pid)));

describe('a process that replays', () => {
  /** Of memory that a thread would have taken from the whole command. */
  const floods: readonly (readonly [what: string, code: string])[] = [
    ['one array that grows', GROWING],
    [
      'one array that is larger than any heap',
      'const large = new Array(2 ** 27).fill(0.5); return String(large.length);',
    ],
    [
      'buffers outside of the heap',
      // Not faster than a busy machine sees.
      'const held: Uint8Array[] = []; for (;;) { held.push(new Uint8Array(1_000_000).fill(1)); for (let i = 0; i < 200_000; i += 1) Math.random(); }',
    ],
    [
      'one text that doubles',
      'const held: string[] = []; for (;;) held.push(JSON.stringify(held).slice(0, 100_000_000) + key);',
    ],
  ];

  it.each(floods)('ends by %s, and every other recording gets its result', async (_, flood) => {
    expect(await replay(await attacked(flood))).toEqual({
      sequential: 'matched',
      retried: 'failed: it exceeded its memory limit (memoryMb: 256)',
      timers: 'matched',
      parallel: 'matched',
    });
    expect(started.length).toBeGreaterThan(1);
    expect(states()).not.toContain('running');
  });

  it.each([
    ['at its first task', 'begun'],
    ['after it has done others', 'done'],
  ])('that is ended from outside, %s, costs nobody anything', async (_, last) => {
    const killFirst = (message: unknown) => {
      const { process: child } = message as { readonly process: ChildProcess };
      if (started.length > 1) return;
      child.on('message', ({ kind }: { readonly kind: string }) => {
        if (kind === last) child.kill('SIGKILL');
      });
    };
    subscribe('child_process', killFirst);
    try {
      // The last is sent when the first is heard of, and so to nobody.
      const matched = { sequential: 'matched', retried: 'matched', timers: 'matched', parallel: 'matched' };
      expect(await replay(original)).toEqual(matched);
      expect(started.length).toBeGreaterThan(1);
    } finally {
      unsubscribe('child_process', killFirst);
    }
  });

  it('has ended when recordings cannot be read on', async () => {
    async function* broken(): AsyncGenerator<ReplaySource> {
      yield* sources;
      throw new Error('the disk is gone');
    }
    await expect(replay(original, broken())).rejects.toThrow('the disk is gone');
    expect(started.length).toBeGreaterThan(0);
    expect(states()).not.toContain('running');
  });

  it('that cannot even start says so, once for all', async () => {
    const error = await expectMissionError('INTERNAL', replay(original, streamOf(sources), 4));
    expect(error.message).toBe('Processes for replays do not start: it exceeded its memory limit (memoryMb: 4).');
    expect(states()).not.toContain('running');
  });
});

describe('tasks that are sent ahead', () => {
  it('are fewer where recordings are large, and never none', async () => {
    const { answers, limits } = defaults;
    const pool = new ProcessPool({
      answers,
      limits,
      reads: undefined,
      waits: false,
      live: NO_LIVE_ANSWERS,
      workers: 2,
    });
    try {
      const large = 17 * 2 ** 20;
      expect([15, 16].map((count) => pool.hasRoom(count, 1_000))).toEqual([true, false]);
      expect([5, 6].map((count) => pool.hasRoom(count, large))).toEqual([true, false]);
    } finally {
      await pool.close();
    }
  });
});

describe('a command that replays', () => {
  const script = fileURLToPath(new URL('./processes/replayer.ts', import.meta.url));

  async function argvFor(code: string): Promise<string[]> {
    const bundle = join(folder, 'bundle.js');
    const recordings = join(folder, 'recordings.json');
    await writeFile(bundle, code);
    const given = sources.map(({ summary, content }) => ({
      summary,
      content: Buffer.from(content).toString('base64'),
    }));
    await writeFile(recordings, JSON.stringify(given));
    return ['--import', import.meta.resolve('tsx'), script, bundle, recordings];
  }

  it('shows nothing of a process that V8 aborts, and hands no options of Node on', async () => {
    const seen = join(folder, 'seen');
    const preload = join(folder, 'preload.cjs');
    await writeFile(preload, `require('node:fs').appendFileSync(${JSON.stringify(seen)}, process.pid + '\\n');`);
    const env = { PATH: process.env['PATH'], NODE_OPTIONS: `--require=${preload}` };
    const running = promisify(execFile)(process.execPath, await argvFor(await attacked(GROWING)), { env });
    const { stdout, stderr } = await running;
    const said = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { outcome?: string });
    expect(said.flatMap(({ outcome }) => outcome ?? []).sort()).toEqual(['failed', 'matched', 'matched', 'matched']);
    expect(stderr).toBe('');
    const pids = new Set((await readFile(seen, 'utf8')).trim().split('\n').map(Number));
    expect([...pids]).toEqual([running.child.pid]);
  });

  it('takes its processes with it when it is killed, though a candidate never ends', async () => {
    const command = spawn(process.execPath, await argvFor(await attacked('for (;;);')), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [said] = (await once(createInterface(command.stdout), 'line')) as [string];
      const { pid } = JSON.parse(said) as { readonly pid: number };
      expect(stateOfProcess(pid)).toBe('running');
      command.kill('SIGKILL');
      await vi.waitFor(() => expect(stateOfProcess(pid)).toBe('ended'), 60_000);
    } finally {
      command.kill('SIGKILL');
    }
  });
});
