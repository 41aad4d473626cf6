/** One trace from the client's start to the question to the model, and nothing of it in a replay. On a real server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import { KIT_ENTRY, requireOwn } from '../../src/artifact/kit-location.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import type { History } from '../../src/recording/recording.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { type ReplayEvent, replayRecordings } from '../../src/replay.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { startTracing, wantsTracing } from '../../src/telemetry/tracing.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { copyProject, type Edits } from '../artifact/project.ts';
import { type Collector, startCollector } from './collector.ts';

const mission = `traced${process.pid}`;
const SECRET = 'the customer wrote this';

/** A tool, a model and a child in the first round; then the chain goes on, and a tool fails once. */
const source: Edits = {
  [`workflows/${mission}/mission.ts`]: () => `
    import { defineMission } from 'mission-runtime/mission';
    import * as z from 'zod';
    export const traced = defineMission({
      name: '${mission}',
      input: z.object({ text: z.string(), round: z.number() }),
      output: z.object({ queue: z.string() }),
      models: { default: { model: 'local/judge' } },
      prompts: { classify: 'Which queue: billing or technical? Answer with one word.\\n{{text}}' },
      tools: { look: { effect: 'read', input: z.object({ round: z.number() }), output: z.object({ seen: z.number() }), attempts: 2 } },
    });`,
  [`workflows/${mission}/workflow.ts`]: () => `
    import { continueAsNew, startChild, proxyActivities } from '@temporalio/workflow';
    import { traced } from './mission.ts';
    export async function helper() {
      return proxyActivities({ startToCloseTimeout: '30s' })['tool:look']({ round: 9 });
    }
    export const run = traced.workflow(async ({ step }, { text, round }) => {
      await step.tool('look', { round });
      if (round > 0) return { queue: 'billing' };
      await step.model('classify', { text });
      const child = await startChild('helper', { args: [] });
      await child.result();
      return continueAsNew({ text, round: round + 1 });
    });`,
  [`activities/${mission}.ts`]: () => `
    import { defineActivities, defineTools } from 'mission-runtime/activity';
    import { traced } from '../workflows/${mission}/mission.ts';
    export default defineActivities({ tools: defineTools(traced, { look: ({ round }, { attempt }) => {
      if (round === 1 && attempt === 1) throw new Error('${SECRET}');
      return { seen: round };
    } }) });`,
};

let directory: string;
let root: string;
let registry: Registry;
let temporal: TemporalConnection;
let artifact: Artifact;
let fleet: Fleet;
let collector: Collector;
let traced: readonly History[];
let untraced: readonly History[];
const before = { ...process.env };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-tracing-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  root = await copyProject(source);
  ({ artifact } = await publishMission({ registry, root, mission }));
  await activateVersion({ registry, ref: { mission, number: 1 }, by: 'ada' });
  fleet = await startFleet({ registry, temporal, missions: [mission], drainMs: 1_000 });
  await fleet.ready();
  untraced = await histories('untraced');

  collector = await startCollector();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.endpoint;
  process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] = 'http/json';
  const tracing = await startTracing();
  traced = await histories('traced');
  await tracing?.close();
});

afterAll(async () => {
  process.env = before;
  await fleet.shutdown();
  await collector.close();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** Runs the mission to its end and reads both executions of its chain. */
async function histories(name: string): Promise<readonly History[]> {
  const { client } = temporal;
  const input = { text: SECRET, round: 0 };
  const { workflowId, runId } = await startMission({
    registry,
    client,
    mission,
    input,
    workflowId: `${mission}-${name}`,
  });
  const last = client.workflow.getHandle(workflowId);
  await last.result();
  const first = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return [first, await last.fetchHistory()];
}

const named = (name: string) => collector.spans.filter((span) => span.name === name);
const headersIn = (all: readonly History[]) =>
  all.flatMap(({ events = [] }) =>
    (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled
        ? [Object.keys(scheduled.header?.fields ?? {}).toSorted((a, b) => (String(a) < String(b) ? -1 : 1))]
        : [],
    ),
  );

describe('a traced run', () => {
  it('is one trace: start, runs, steps, child and model', () => {
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
    const names = collector.spans.map(({ name }) => name).toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
    expect(names).toEqual(
      [
        'chat local/judge',
        'model classify',
        'run helper',
        `run ${mission}`,
        `run ${mission}`,
        `start ${mission}`,
        ...Array(4).fill('tool look'),
      ].toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    );
    expect(new Set(collector.spans.map(({ service }) => service))).toEqual(new Set(['mission-runtime']));
  });

  it('has every span below the one that brought it about', () => {
    const byId = new Map(collector.spans.map((span) => [span.spanId, span]));
    const parentsOf = (name: string) => named(name).map(({ parentSpanId = '' }) => byId.get(parentSpanId)?.name);
    expect(parentsOf(`start ${mission}`)).toEqual([undefined]);
    expect(parentsOf(`run ${mission}`)).toEqual([`start ${mission}`, `start ${mission}`]);
    expect(parentsOf('tool look').toSorted((a, b) => (String(a) < String(b) ? -1 : 1))).toEqual([
      'run helper',
      ...Array(3).fill(`run ${mission}`),
    ]);
    expect(parentsOf('chat local/judge')).toEqual(['model classify']);
    expect(parentsOf('run helper')).toEqual([`run ${mission}`]);
  });

  it('says which mission, version, run and step, and how many tokens', () => {
    const who = { 'mission.name': mission, 'mission.version': `${mission}@1`, 'mission.run': `${mission}-traced` };
    expect(named('chat local/judge')[0]?.attributes).toMatchObject({
      ...who,
      'mission.step': 'classify#1',
      'mission.step.kind': 'model',
      'gen_ai.request.model': 'local/judge',
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
    });
    expect(named(`start ${mission}`)[0]?.attributes).toMatchObject({
      ...who,
      'mission.route.reason': expect.any(String),
    });
    expect(
      named(`run ${mission}`)
        .map(({ attributes }) => attributes['mission.run.status'])
        .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    ).toEqual(['completed', 'continued']);
  });

  it('marks the attempt that failed, without the words of its error', () => {
    const failed = collector.spans.filter(({ isError }) => isError);
    expect(failed.map(({ name, attributes }) => [name, attributes['mission.step.attempt']])).toEqual([
      ['tool look', 1],
    ]);
    expect(collector.text()).not.toContain(SECRET);
  });
});

describe('tracing and replay', () => {
  it('is in the headers of a traced run alone; the version is in both', () => {
    expect(new Set(headersIn(untraced).flat())).toEqual(new Set(['mission-version']));
    expect(headersIn(traced)).toEqual(headersIn(traced).map(() => ['mission-version', 'traceparent']));
    expect(headersIn(traced)).toHaveLength(3);
  });

  it.each(['traced', 'untraced'])(
    '%s histories replay with the interceptors and without them, ours and the server’s way',
    async (name) => {
      const chain = name === 'traced' ? traced : untraced;
      for (const bundle of [await linkWorkflowBundle(artifact), await bundleWithoutInterceptors()]) {
        const events: ReplayEvent[] = [];
        for await (const event of replayRecordings(
          { candidate: { bundle }, policy: { secondOpinion: 0 } },
          chain.map((history) => ({ history })),
        )) {
          events.push(event);
        }
        expect(events.map((event) => event.kind === 'result' && event.result.outcome)).toEqual(['matched', 'matched']);
        for (const history of chain)
          await Worker.runReplayHistory({ workflowBundle: bundle }, history, `${mission}-${name}`);
      }
    },
  );
});

describe('wantsTracing', () => {
  it.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318' }, true],
    [{ OTEL_TRACES_EXPORTER: 'console' }, true],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, false],
    [{ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, false],
  ])('%j: %s', (env, expected) => {
    expect(wantsTracing(env)).toBe(expected);
  });
});

/** The same source as a worker without mission-runtime's linker would bundle it. */
async function bundleWithoutInterceptors() {
  const workflowsPath = join(root, 'workflows', mission, 'plain.ts');
  await writeFile(workflowsPath, `export { helper, run as ${mission} } from './workflow.ts';`);
  const packages = dirname(dirname(requireOwn.resolve('zod/package.json')));
  return bundleWorkflows({
    workflowsPath,
    root,
    webpackConfigHook: (config) => ({
      ...config,
      resolve: {
        ...config.resolve,
        modules: [packages, 'node_modules'],
        alias: { ...(config.resolve?.alias as Record<string, string>), 'mission-runtime/mission': KIT_ENTRY },
      },
    }),
  });
}
