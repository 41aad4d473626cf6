import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { fromStoredRecording } from '../../src/recording/build-recording.ts';
import { type CollectedRun, type CollectOptions, collectRecordings } from '../../src/recording/collect.ts';
import { digestOfHistories } from '../../src/recording/content.ts';
import { decodeHistory } from '../../src/recording/decode-history.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import type { Recording } from '../../src/recording/recording.ts';
import type { TraceStep } from '../../src/recording/trace.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { findServer } from '../../src/temporal/find-server.ts';
import { type Bench, openBench, WORKFLOWS_PATH } from './support/histories.ts';

const KEY = Buffer.alloc(32, 7);
const run = promisify(execFile);

let bench: Bench;
let registry: Registry;
let folder: string;
const ids: Record<string, string> = {};
const collected: CollectedRun[] = [];

const SCHEMAS = {
  input: { properties: { orderId: {}, email: { redact: 'personal' } } },
  output: {},
  tools: {},
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recording-'));
  [bench, registry] = await Promise.all([
    openBench('recording'),
    openRegistry({ directory: join(folder, 'registry') }),
  ]);
  const { client, taskQueue } = bench;
  const start = async (type: string, args: unknown[]) => {
    ids[type] = `${type}-${taskQueue}`;
    return client.workflow.start(type, { args, taskQueue, workflowId: ids[type], memo: { who: 'ada@site.example' } });
  };
  const mission = await start('mission', [{ orderId: 'o-1', email: 'ada@site.example' }]);
  await mission.executeUpdate('mission.decide', {
    args: [{ step: 'approve#1', option: 'approve', by: 'kim', comment: 'fine' }],
  });
  const plain = await start('plain', ['bob']);
  await plain.signal('tell', 'hi');
  const others = [await start('failing', []), await start('countdown', [2]), await start('forever', [])];
  await Promise.allSettled([mission, plain, ...others.slice(0, 2)].map(async (handle) => handle.result()));
  for await (const result of collectRecordings(collectOptions())) collected.push(result);
}, 60_000);

afterAll(async () => {
  await bench.client.workflow.getHandle(ids['forever'] ?? '').terminate();
  await bench.close();
  await registry.close();
  await rm(folder, { recursive: true });
});

function collectOptions(): CollectOptions {
  const runs = Object.values(ids).map((workflowId) => ({ workflowId }));
  return { client: bench.client, registry, redactionKey: KEY, runs, schemas: SCHEMAS };
}

async function recordingOf(type: string): Promise<Recording> {
  const [summary] = await registry.recordings.list({ workflowId: ids[type] ?? '' });
  return fromStoredRecording(await registry.recordings.get(summary?.id ?? ''));
}

function brief({ id, kind, name, status }: TraceStep): string {
  return `${id} ${kind} ${name} ${status}`;
}

describe('collecting', () => {
  it('gives every run once, with what became of it', () => {
    expect(collected.map(({ status }) => status).sort()).toEqual(['open', 'stored', 'stored', 'stored', 'stored']);
  });

  it('stores nothing twice', async () => {
    const again: string[] = [];
    for await (const { status } of collectRecordings(collectOptions())) again.push(status);
    expect(again.sort()).toEqual(['known', 'known', 'known', 'known', 'open']);
    expect(await registry.recordings.count()).toBe(4);
  });

  it('finds ended runs by a query, and tells progress', async () => {
    const found: CollectedRun[] = [];
    const progress: number[] = [];
    const options = { ...collectOptions(), runs: undefined, query: `TaskQueue = '${bench.taskQueue}'` };
    await expect
      .poll(
        async () => {
          found.length = 0;
          for await (const item of collectRecordings({
            ...options,
            onProgress: (counts) => progress.push(counts.known),
          })) {
            found.push(item);
          }
          return found.filter(({ status }) => status === 'known').length;
        },
        { timeout: 20_000 },
      )
      .toBe(4);
    expect(progress.at(-1)).toBe(4);
  });

  it('reports a run that cannot be fetched', async () => {
    const results: CollectedRun[] = [];
    for await (const item of collectRecordings({ ...collectOptions(), runs: [{ workflowId: 'nobody' }] }))
      results.push(item);
    expect(results).toMatchObject([{ status: 'failed', workflowId: 'nobody', error: { code: 'RUN_UNKNOWN' } }]);
  });

  it('does not store a run whose declarations it cannot read', async () => {
    const workflowId = `unknown-artifact-${bench.taskQueue}`;
    const stamp = {
      mission: 'm',
      version: 'm@1',
      artifact: `sha256:${'0'.repeat(64)}`,
      reason: 'only one',
      revision: 1,
    };
    await bench.client.workflow.execute('childGreeting', {
      args: ['x'],
      taskQueue: bench.taskQueue,
      workflowId,
      memo: { 'mission.stamp': stamp },
    });
    const { schemas: _, ...options } = collectOptions();
    const results: CollectedRun[] = [];
    for await (const item of collectRecordings({ ...options, runs: [{ workflowId }] })) results.push(item);
    expect(results).toMatchObject([{ status: 'failed', error: { code: 'ARTIFACT_UNKNOWN' } }]);
    expect(await registry.recordings.count({ workflowId })).toBe(0);
  });

  it('stops when it is told to', async () => {
    const iterate = async () => {
      for await (const _ of collectRecordings({ ...collectOptions(), signal: AbortSignal.abort(new Error('enough')) }));
    };
    await expect(iterate()).rejects.toThrow('enough');
  });

  it('joins a continue-as-new chain under the id of its first link', async () => {
    const recording = await recordingOf('countdown');
    expect(recording.links).toBe(3);
    expect(recording.id).toBe(`${ids['countdown']}/${recording.runId}`);
    expect(recording.end).toEqual({ status: 'completed', result: 'lift off' });
    expect(recording.trace.steps.map(brief)).toEqual([
      'greet#1 activity greet completed',
      'greet#1/2 activity greet completed',
      'greet#1/3 activity greet completed',
    ]);
  });

  it('replaces declared values and worker identities everywhere', async () => {
    const { content, end, trace } = await registry.recordings.get((await recordingOf('mission')).id);
    const { gunzipSync } = await import('node:zlib');
    const kept = gunzipSync(content).toString('latin1') + JSON.stringify([end, trace]);
    expect(kept).not.toContain('ada@site.example');
    expect(kept).not.toMatch(/\d+@vm|sticky-/);
    expect(kept).toMatch(/person-[0-9a-f]{12}@redacted\.invalid/);
  });
});

describe('the trace of a real run', () => {
  it('of a mission has every step in order, with reasons', async () => {
    const { trace, end } = await recordingOf('mission');
    expect(trace.steps.map(brief)).toEqual([
      'getOrder#1 tool getOrder completed',
      'small#1 rule small completed',
      'judge#1 model judge completed',
      'asked#1 observation asked completed',
      'approve#1 decision approve completed',
      'issueRefund#1 tool issueRefund completed',
      'done#1 observation done completed',
    ]);
    const step = (id: string) => trace.steps.find((candidate) => candidate.id === id);
    expect(step('judge#1')).toMatchObject({
      reasoning: 'The amount is small.',
      usage: { inputTokens: 12, outputTokens: 3 },
      attempts: 1,
      request: { prompt: 'judge', model: 'local/echo' },
    });
    expect(step('approve#1')).toMatchObject({
      result: 'approve',
      by: 'kim',
      comment: 'fine',
      request: { question: 'Refund?' },
    });
    expect(step('issueRefund#1')).toMatchObject({ effect: 'write', request: { orderId: 'o-1' }, result: { ok: true } });
    expect(end).toMatchObject({ status: 'completed', result: { approve: true } });
  });

  it('of a plain workflow has its activities, timers, signals and children', async () => {
    const { trace, input } = await recordingOf('plain');
    expect(input).toBe('bob');
    expect(trace.steps.map(brief)).toEqual([
      'tell#1 signal tell completed',
      'timer#1 wait timer completed',
      'childGreeting#1 child childGreeting completed',
      'greet#1 activity greet completed',
      'greet#2 activity greet completed',
      'flaky#1 activity flaky completed',
    ]);
    expect(trace.steps.at(-1)?.attempts).toBe(2);
  });

  it('of a failed run says why', async () => {
    const { trace, end } = await recordingOf('failing');
    expect(end).toEqual({ status: 'failed', failure: { message: 'always broken', type: 'Broken' } });
    expect(trace.steps).toMatchObject([{ id: 'broken#1', status: 'failed', failure: 'always broken', attempts: 2 }]);
  });
});

describe('Temporal’s own tools', () => {
  it.each(['mission', 'plain', 'failing', 'countdown'])(
    'replay the redacted history of %s that we write',
    async (type) => {
      const { histories } = await recordingOf(type);
      for (const history of histories) {
        await Worker.runReplayHistory({ workflowsPath: WORKFLOWS_PATH }, JSON.parse(encodeHistory(history)), ids[type]);
      }
    },
  );

  it('write histories that we read: the CLI', async () => {
    const { stdout } = await run(
      (await findServer()).path,
      [
        'workflow',
        'show',
        '--workflow-id',
        ids['plain'] ?? '',
        '--output',
        'json',
        '--address',
        inject('temporalAddress'),
      ],
      { maxBuffer: 1 << 26 },
    );
    const fetched = await bench.client.workflow.getHandle(ids['plain'] ?? '').fetchHistory();
    expect(digestOfHistories([decodeHistory(stdout, 'cli')])).toBe(digestOfHistories([fetched]));
  });
});
