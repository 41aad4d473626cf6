import { beforeAll, describe, expect, inject, it } from 'vitest';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import { type ReplaySource, replayCohort } from '../../src/replay/replay-cohort.ts';
import { bundlePlain, recordPlainRuns, sourceOf } from './plain/record.ts';
import { bundleVariant } from './plain/variant.ts';

/** Each is true as long as it tells the time of the run. */
const ROADS = `
const told = Date.now();
const Below = new Date().constructor as DateConstructor;
const format = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'full' });
const controller = new AbortController();
let event = -1;
controller.signal.addEventListener('abort', (aborted) => { event = (aborted as { timeStamp: number }).timeStamp; });
controller.abort();
const { timeout } = controller.signal.constructor as unknown as { timeout(ms: number): unknown };
const refused = (call: () => unknown) => { try { return call() === 'never'; } catch { return true; } };
const roads = {
  now: Below.now() === told,
  constructed: new Below().getTime() === told,
  reflected: (Reflect.construct(Below, []) as Date).getTime() === told,
  called: Below() === String(new Date(told)),
  format: format.format() === format.format(told),
  parts: JSON.stringify(format.formatToParts()) === JSON.stringify(format.formatToParts(told)),
  unsafe: workflowInfo().unsafe.now() === told,
  started: ((workflowInfo().startTime.constructor as DateConstructor).now() === told),
  activator: (globalThis as never as { __TEMPORAL_ACTIVATOR__: { getTimeOfDay(): bigint } }).__TEMPORAL_ACTIVATOR__.getTimeOfDay() / 1_000_000n === BigInt(told),
  event: event === 0,
  timer: refused(() => timeout(1)),
  performance: refused(() => (globalThis as never as { performance: { now(): number } }).performance.now()),
  // What dates are is as it was.
  dates: new Date(5).getTime() === 5 && new Date(2020, 0, 2).getDate() === 2 && Below.UTC(1970, 0) === 0 && Below.name === 'Date' && new Date() instanceof Below,
};
return JSON.stringify({ ...roads, drawn: workflowInfo().unsafe.random.uuid4() });
`;

describe('the time of a run in replay', () => {
  let sources: ReplaySource[];
  let clock: string;

  beforeAll(async () => {
    const runs = await recordPlainRuns(inject('temporalAddress'), await bundlePlain());
    sources = runs.filter(({ name }) => name === 'sequential').map(({ history }) => sourceOf(history));
    clock = await bundleVariant('const first = await greet(name);', `${ROADS}\nconst first = await greet(name);`);
  });

  async function tellsOf(code: string): Promise<unknown> {
    const options = { answers: answerPolicy.parse({}), limits: replayLimits.parse({}), secondOpinion: 0, workers: 1 };
    for await (const event of replayCohort({ ...options, candidate: { name: 'c', bundle: { code } } }, streamOf())) {
      if (event.kind === 'result' && event.result.candidateEnd?.status === 'completed')
        return JSON.parse(event.result.candidateEnd.result as string);
    }
    return undefined;
  }

  async function* streamOf() {
    yield* sources;
  }

  it('is told by every road, and no other is', async () => {
    const told = await tellsOf(clock);
    const { drawn: _, ...roads } = told as Record<string, unknown>;
    expect(roads).toEqual(Object.fromEntries(Object.keys(roads).map((road) => [road, true])));
    expect(Object.keys(roads)).toHaveLength(13);
  });

  it('comes with the same numbers whenever it is replayed, however little the SDK promises them', async () => {
    const [first, second] = [await tellsOf(clock), await tellsOf(clock)];
    expect(first).toMatchObject({ drawn: expect.stringMatching(/^[\da-f-]{36}$/) });
    expect(second).toEqual(first);
  });
});
