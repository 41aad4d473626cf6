import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { encodeRecordingContent } from '../../src/recording/content.ts';
import { replayLimits } from '../../src/replay/answer-policy.ts';
import { OfficialReplayer } from '../../src/replay/official-replayer.ts';
import { stateOfProcess } from '../temporal/support/expectations.ts';
import { bundlePlain, recordPlainRuns } from './plain/record.ts';
import { bundleVariant } from './plain/variant.ts';

const ENDLESS = [
  'export async function retried(key: string): Promise<string> {',
  'export async function retried(key: string): Promise<string> {\nfor (;;);',
] as const;
const limits = replayLimits.parse({ perRecordingMs: 100, memoryMb: 256 });

describe('Temporal’s own replayer', () => {
  let original: string;
  const contents = new Map<string, Uint8Array>();
  const opened: OfficialReplayer[] = [];

  beforeAll(async () => {
    original = await bundlePlain();
    for (const { name, history } of await recordPlainRuns(inject('temporalAddress'), original))
      contents.set(name, encodeRecordingContent(buildRecording([history]).histories));
  });

  afterAll(() => Promise.all(opened.map((one) => one.close())));

  function open(code: string, perRecordingMs = limits.perRecordingMs): OfficialReplayer {
    const replayer = new OfficialReplayer(code, { ...limits, perRecordingMs });
    opened.push(replayer);
    return replayer;
  }
  const contentOf = (name: string) => contents.get(name) ?? new Uint8Array();

  it('tells what it can give to a candidate from what it cannot, one recording after another', async () => {
    const replayer = open(await bundleVariant('await sleep(20);', ''));
    const said = [];
    for (const name of ['sequential', 'timers', 'retried']) said.push(await replayer.ask(contentOf(name), name));
    expect(said).toEqual([
      { deterministic: true },
      { deterministic: false, reason: expect.stringContaining('Nondeterminism') },
      { deterministic: true },
    ]);
  });

  it('is cut off by a candidate that never ends, and goes on with the next recording', async () => {
    const replayer = open(await bundleVariant(...ENDLESS));
    expect(await replayer.ask(contentOf('sequential'), 'sequential')).toEqual({ deterministic: true });
    expect(await replayer.ask(contentOf('retried'), 'retried')).toEqual({
      deterministic: false,
      reason: 'it exceeded its time limit (perRecordingMs)',
    });
    expect(await replayer.ask(contentOf('sequential'), 'sequential')).toEqual({ deterministic: true });
  });

  it('ends with what its candidate takes, and nothing else does', async () => {
    const hoard = 'const hoard: number[][] = []; for (;;) hoard.push(new Array(100_000).fill(1.5));';
    // Memory is to run out before time does, on a busy machine too.
    const replayer = open(await bundleVariant(ENDLESS[0], `${ENDLESS[0]}\n${hoard}`), 60_000);
    expect(await replayer.ask(contentOf('retried'), 'retried')).toEqual({
      deterministic: false,
      reason: 'it exceeded its memory limit (memoryMb: 256)',
    });
  });

  it('is not started anew for a question that was given up', async () => {
    const replayer = open(await bundleVariant(...ENDLESS));
    await replayer.ask(contentOf('sequential'), 'sequential');
    const started: unknown[] = [];
    const note = (message: unknown) => void started.push(message);
    subscribe('child_process', note);
    try {
      const asked = replayer.ask(contentOf('retried'), 'retried');
      await replayer.close();
      expect(await asked).toEqual({ deterministic: false, reason: 'its process ended' });
      expect(started).toEqual([]);
    } finally {
      unsubscribe('child_process', note);
    }
  });

  it('is gone when the process that asks is killed, though its candidate never ends', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'official-'));
    try {
      await writeFile(join(folder, 'bundle.js'), await bundleVariant(...ENDLESS));
      await writeFile(join(folder, 'content'), contentOf('retried'));
      const script = fileURLToPath(new URL('./official/asker.ts', import.meta.url));
      const asker = spawn(
        process.execPath,
        ['--import', 'tsx', script, join(folder, 'bundle.js'), join(folder, 'content')],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const [said] = (await once(asker.stdout.setEncoding('utf8'), 'data')) as [string];
      const pid = Number(said);
      expect(stateOfProcess(pid)).toBe('running');
      asker.kill('SIGKILL');
      await vi.waitFor(() => expect(stateOfProcess(pid)).toBe('ended'), 20_000);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
