/** A candidate that takes its process down while code is counted costs its own recording, and no other. */
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { answerPolicy, type ReplayLimits, replayLimits } from '../../src/replay/answer-policy.ts';
import { codeWalks } from '../../src/replay/code-walks.ts';
import type { CoverageTask } from '../../src/replay/coverage-protocol.ts';
import { stateOfProcess } from '../temporal/support/expectations.ts';
import { bundlePlain, recordPlainRuns, sourceOf } from './plain/record.ts';
import { bundleVariant } from './plain/variant.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const RETRIED = 'export async function retried(key: string): Promise<string> {';
// Memory is to run out before time does, on a busy machine too.
const patient = replayLimits.parse({ perRecordingMs: 60_000, memoryMb: 256 });
const quick = replayLimits.parse({ perRecordingMs: 1_000, memoryMb: 256 });

/** The one in the middle is attacked. */
let tasks: readonly CoverageTask[];
let started: ChildProcess[];
const note = (message: unknown) => void started.push((message as { readonly process: ChildProcess }).process);

beforeAll(async () => {
  const runs = await recordPlainRuns(inject('temporalAddress'), await bundlePlain());
  tasks = ['sequential', 'retried', 'timers', 'parallel'].map((name) => {
    const { summary, content } = sourceOf(runs.find((run) => run.name === name)?.history ?? {});
    return { summary: { ...summary, id: name }, content };
  });
});

beforeEach(() => {
  started = [];
  subscribe('child_process', note);
});
afterEach(() => {
  unsubscribe('child_process', note);
});

/** The recordings that were walked, with the functions of the workflows that ran in each; how many were asked for, and why it stopped. */
async function walk(code: string, limits: ReplayLimits, given = tasks, signal?: AbortSignal) {
  const modules = [{ start: 0, end: code.length }];
  const options = { code, definition: undefined, modules, answers: answerPolicy.parse({}), limits };
  const walked: Record<string, readonly string[]> = {};
  let asked = 0;
  const stream = function* () {
    for (const task of given) {
      asked += 1;
      yield task;
    }
  };
  const stopped: string[] = [];
  for await (const { id, functions } of codeWalks(options, stream(), signal, (reason) => void stopped.push(reason))) {
    const ran = functions.filter(({ isRun }) => isRun).map(({ name }) => name);
    walked[id] = [...new Set(ran)].filter((name) => tasks.some(({ summary }) => summary.id === name));
  }
  return { walked, asked, stopped };
}

describe('code that is counted', () => {
  it.each([
    ['outgrows its heap by one array', 'const growing: unknown[] = []; for (;;) growing.push(growing);', patient],
    [
      'makes an array that is larger than any heap',
      'const large = new Array(2 ** 27).fill(0.5); return String(large.length);',
      patient,
    ],
    [
      'takes memory outside of the heap',
      // Not faster than a busy machine sees.
      'const held: Uint8Array[] = []; for (;;) { held.push(new Uint8Array(1_000_000).fill(1)); for (let i = 0; i < 200_000; i += 1) Math.random(); }',
      patient,
    ],
    ['never ends', 'for (;;);', quick],
  ])('and %s is left out, and the next recordings are counted', async (_, attack, limits) => {
    const code = await bundleVariant(RETRIED, `${RETRIED}\n${attack}`);
    expect(await walk(code, limits)).toEqual({
      walked: { sequential: ['sequential'], timers: ['timers'], parallel: ['parallel'] },
      asked: 4,
      stopped: [],
    });
    expect(started.length).toBeGreaterThan(1);
    expect(started.map(({ pid }) => stateOfProcess(pid ?? 0))).not.toContain('running');
  });

  it('that cannot be replayed is left out, and hides no function from what comes after', async () => {
    const [sequential, , timers] = tasks as [CoverageTask, CoverageTask, CoverageTask];
    const broken = { summary: { ...sequential.summary, id: 'broken' }, content: new Uint8Array() };
    const code = await bundlePlain();
    expect(await walk(code, patient, [broken, sequential, timers])).toEqual({
      walked: { sequential: ['sequential'], timers: ['timers'] },
      asked: 3,
      stopped: [],
    });
    expect(started).toHaveLength(1);
  });

  // By this name the SDK knows a bundle as one of its bundler.
  const loading = (code: string) => `globalThis.__webpack_module_cache__;\n${code}`;

  it('and ends every process is given up after a few', async () => {
    const code = loading('const all = []; for (;;) all.push(new Array(1e6).fill({}));');
    expect(await walk(code, patient)).toEqual({
      walked: {},
      asked: 3,
      stopped: ['3 recordings ended their process (the last one: it exceeded its memory limit (memoryMb: 256))'],
    });
  });

  it('is not counted where no process starts, and says so', async () => {
    expect(await walk(await bundlePlain(), { ...patient, memoryMb: 4 })).toEqual({
      walked: {},
      asked: 1,
      stopped: ['no process started (it exceeded its memory limit (memoryMb: 4))'],
    });
  });

  it('and never ends is given up when it is interrupted', async () => {
    const interrupted = new AbortController();
    const walking = walk(loading('for (;;);'), patient, tasks, interrupted.signal);
    await vi.waitFor(() => expect(started).toHaveLength(1));
    interrupted.abort();
    expect(await walking).toEqual({ walked: {}, asked: 1, stopped: [] });
    expect(started.map(({ pid }) => stateOfProcess(pid ?? 0))).toEqual(['ended']);
  });
});
