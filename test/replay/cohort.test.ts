import * as fc from 'fast-check';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { renderJson } from '../../src/compare/render/json.ts';
import { buildReport } from '../../src/compare/report-builder.ts';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import {
  type CohortReplayOptions,
  openReplayPool,
  type ReplayEvent,
  type ReplaySource,
  replayCohort,
} from '../../src/replay/replay-cohort.ts';
import { sampleEnding, sampleSubject } from '../support/sample-report.ts';
import { bundlePlain, recordPlainRuns, sourceOf } from './plain/record.ts';
import { bundleVariant } from './plain/variant.ts';

/** Of a few replays; fast-check names the order and the number that made a difference. */
const processes = fc.integer({ min: 1, max: 3 });
const defaults = { answers: answerPolicy.parse({}), limits: replayLimits.parse({}), secondOpinion: 0 };

async function* streamOf(sources: readonly ReplaySource[]): AsyncGenerator<ReplaySource> {
  yield* sources;
}

async function replayAll(options: CohortReplayOptions, sources: readonly ReplaySource[]): Promise<ReplayEvent[]> {
  const events: ReplayEvent[] = [];
  for await (const event of replayCohort(options, streamOf(sources))) events.push(event);
  return events;
}

function idOf(event: ReplayEvent): string {
  return event.kind === 'result' ? event.result.recording.id : event.excluded.recording.id;
}

/** Without what may differ from replay to replay: the time it took. */
function essence(event: ReplayEvent): unknown {
  return event.kind === 'result' ? { ...event.result, durationMs: 0 } : event;
}

/** The report's bytes, with the time that each replay took left out. */
function reportOf(events: readonly ReplayEvent[]): string {
  const results = events.flatMap((event) => (event.kind === 'result' ? [{ ...event.result, durationMs: 0 }] : []));
  return renderJson(buildReport(sampleSubject, results, [], sampleEnding));
}

function resultOf(events: readonly ReplayEvent[], workflowType: string): ReplayResult {
  const found = events.find((event) => event.kind === 'result' && event.result.recording.workflowType === workflowType);
  if (found?.kind !== 'result') throw new Error(`no result of ${workflowType}`);
  return found.result;
}

describe('replay of a cohort in processes', () => {
  let original: string;
  let sources: ReplaySource[];

  beforeAll(async () => {
    original = await bundlePlain();
    const runs = await recordPlainRuns(inject('temporalAddress'), original);
    sources = runs.filter((run) => !run.name.startsWith('chain')).map(({ history }) => sourceOf(history));
  });

  const target = (code: string, name = 'candidate') => ({ name, bundle: { code } });

  it('gives one result per recording, and the official replayer agrees on each', async () => {
    const events = await replayAll({ ...defaults, candidate: target(original), secondOpinion: 'all' }, sources);
    expect(events.map(idOf).sort()).toEqual(sources.map(({ summary }) => summary.id).sort());
    for (const event of events) {
      expect(event).toMatchObject({
        kind: 'result',
        result: { outcome: 'matched', official: { deterministic: true } },
      });
    }
  });

  it('finds the same of each whatever else is replayed, in whatever order and in however many processes', async () => {
    const code = await bundleVariant('await sleep(20);', 'await sleep(30);');
    const options = { ...defaults, candidate: target(code) };
    const alone = await replayAll({ ...options, workers: 1 }, sources);
    const found = new Map(alone.map((event) => [idOf(event), essence(event)]));
    expect(resultOf(alone, 'timers').outcome).toBe('diverged');
    const some = fc.shuffledSubarray(sources, { minLength: 2 });
    const property = fc.asyncProperty(some, processes, async (given, workers) => {
      const events = await replayAll({ ...options, workers }, given);
      expect(events.map(idOf).sort()).toEqual(given.map(({ summary }) => summary.id).sort());
      for (const event of events) expect(essence(event)).toEqual(found.get(idOf(event)));
    });
    await fc.assert(property, { numRuns: 5, endOnFailure: true });
  });

  it('gives a report of the same bytes whatever the order and the number of processes', async () => {
    const code = await bundleVariant('await sleep(20);', 'await sleep(30);');
    const options = { ...defaults, candidate: target(code), secondOpinion: 2 };
    const report = async (workers: number, given: readonly ReplaySource[]) =>
      reportOf(await replayAll({ ...options, workers }, given));
    const first = await report(1, sources);
    const all = fc.shuffledSubarray(sources, { minLength: sources.length });
    const property = fc.asyncProperty(all, processes, async (given, workers) => {
      expect(await report(workers, given)).toBe(first);
    });
    await fc.assert(property, { numRuns: 4, endOnFailure: true });
  }, 180_000);

  it('finds the same in processes that replayed another candidate of the same name before', async () => {
    const codes = [await bundleVariant('await sleep(20);', 'await sleep(30);'), original];
    const pool = openReplayPool({ ...defaults, workers: 1 });
    try {
      const outcomes: string[] = [];
      for (const code of codes) {
        const events = await replayAll({ ...defaults, candidate: target(code), pool }, sources);
        expect(events.map(idOf).sort()).toEqual(sources.map(({ summary }) => summary.id).sort());
        outcomes.push(resultOf(events, 'timers').outcome);
      }
      expect(outcomes).toEqual(['diverged', 'matched']);
    } finally {
      await pool.close();
    }
  });

  it('excludes a recording that its own version does not reproduce, and says so', async () => {
    const other = await bundleVariant('await sleep(20);', 'await sleep(30);');
    const baseline = target(other, 'baseline');
    const events = await replayAll(
      { ...defaults, candidate: target(original), baselineOf: async () => baseline },
      sources,
    );
    const excluded = events.filter((event) => event.kind === 'excluded');
    expect(excluded).toHaveLength(1);
    expect(excluded[0]).toMatchObject({
      excluded: { reason: 'unfaithful', detail: expect.stringContaining('timer#1') },
    });
  });

  it('excludes a recording whose bytes are damaged', async () => {
    const [first] = sources as [ReplaySource];
    const events = await replayAll({ ...defaults, candidate: target(original) }, [
      { ...first, content: new Uint8Array(20) },
    ]);
    expect(events).toMatchObject([{ kind: 'excluded', excluded: { reason: 'unreadable' } }]);
  });

  it('stops when told to, and has given what was done', async () => {
    const abort = new AbortController();
    let count = 0;
    const options = { ...defaults, candidate: target(original), workers: 1, signal: abort.signal };
    for await (const _ of replayCohort(options, streamOf(sources))) {
      count += 1;
      if (count === 2) abort.abort();
    }
    expect(count).toBeGreaterThanOrEqual(2);
    expect(count).toBeLessThan(sources.length);
  });

  describe('with a hostile candidate', () => {
    const limits = replayLimits.parse({ perRecordingMs: 1_000, memoryMb: 256, maxSteps: 500 });
    /** Each fails its recording, and says why. */
    const attacks: readonly (readonly [what: string, code: string, message: RegExp])[] = [
      ['an endless loop', 'for (;;) {}', /time limit \(perRecordingMs\)/],
      ['an endless loop of promises', 'for (;;) await Promise.resolve();', /time limit \(perRecordingMs\)/],
      [
        'a memory bomb',
        'const hoard: unknown[] = []; for (;;) hoard.push(new Array(100_000).fill(Math.random()));',
        /memory limit \(memoryMb: 256\)/,
      ],
      [
        'a flood of steps',
        'for (let i = 0; i < 10_000; i += 1) void sleep(i + 1);',
        /more than 500 steps \(maxSteps\)/,
      ],
      [
        'a result that no server would take',
        "return 'x'.repeat(20_000_000);",
        /gave back more than 16 MB in one workflow task/,
      ],
      [
        'an error that no server would take',
        "throw ApplicationFailure.nonRetryable('x'.repeat(20_000_000));",
        /gave back more than 16 MB in one workflow task/,
      ],
      ['a result that no memory would take', "return 'x'.repeat(400_000_000) + key;", /memory limit|16 MB/],
      [
        'a reach for the process',
        '(globalThis as never as { process: { exit(): void } }).process.exit();',
        /undefined \(reading 'exit'\)/,
      ],
      [
        'a reach for the host through a constructor',
        "const make = (console.log as never as { constructor: (code: string) => () => { exit(): void } }).constructor; make('return process')().exit();",
        /cannot be made from text/,
      ],
      [
        'a reach for the host through the prototype of an async function',
        "const proto = Object.getPrototypeOf(AbortController.prototype.abort) as { constructor: (code: string) => () => unknown }; proto.constructor('return fetch')();",
        /cannot be made from text/,
      ],
    ];

    function expectOthersMatched(events: readonly ReplayEvent[]): void {
      const others = events.filter(
        (event) => event.kind === 'excluded' || event.result.recording.workflowType !== 'retried',
      );
      expect(others.length).toBeGreaterThan(10);
      for (const event of others)
        expect(event, idOf(event)).toMatchObject({ kind: 'result', result: { outcome: 'matched' } });
    }

    it.each(attacks)('%s fails alone', async (what, attack, message) => {
      const code = await bundleVariant(
        'export async function retried(key: string): Promise<string> {',
        `export async function retried(key: string): Promise<string> {\n${attack}`,
      );
      // Memory is to run out before time does, on a busy machine too.
      // What takes memory takes its time on a busy machine.
      const perRecordingMs = /memory/.test(what) ? 60_000 : limits.perRecordingMs;
      const options = { ...defaults, limits: { ...limits, perRecordingMs }, candidate: target(code), workers: 1 };
      const events = await replayAll({ ...options, secondOpinion: 'all' }, sources);
      const { outcome, failure } = resultOf(events, 'retried');
      expect({ outcome, message: failure?.message }).toEqual({
        outcome: 'failed',
        message: expect.stringMatching(message),
      });
      expectOthersMatched(events);
      expect(events).toHaveLength(sources.length);
    });

    it('that throws what is no error never comes to an end, as it would not in production, alone', async () => {
      const code = await bundleVariant(
        'export async function retried(key: string): Promise<string> {',
        'export async function retried(key: string): Promise<string> {\nthrow null;',
      );
      const events = await replayAll({ ...defaults, limits, candidate: target(code), workers: 1 }, sources);
      expect(resultOf(events, 'retried')).toMatchObject({ outcome: 'unanswered', candidateEnd: null });
      expectOthersMatched(events);
    });
  });
});
