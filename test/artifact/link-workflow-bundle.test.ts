import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { loadActivities } from '../../src/artifact/load-activities.ts';
import type { MissionDefinition } from '../../src/mission/definition.ts';
import { SILENT_SINKS } from '../support/silent-sinks.ts';
import { copyProject, MISSION, QUEUE_FILE, replace, WORKFLOW_FILE } from './project.ts';

let worker: NativeConnection;
let connection: Connection;
let client: Client;
let sequence = 0;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const address = inject('temporalAddress');
  worker = await NativeConnection.connect({ address });
  connection = await Connection.connect({ address });
  client = new Client({ connection });
});

afterAll(async () => {
  await connection.close();
  await worker.close();
});

interface Run {
  readonly type?: string;
  readonly input: unknown;
}

/** Runs workflows on a worker of their own and returns what each ended with. */
async function runAll(
  artifact: Artifact,
  runs: readonly Run[],
  { definition, ...options }: Partial<WorkerOptions> & { definition?: MissionDefinition } = {},
): Promise<unknown[]> {
  sequence += 1;
  const taskQueue = `link-${process.pid}-${sequence}`;
  const host = await Worker.create({
    connection: worker,
    taskQueue,
    workflowBundle: await linkWorkflowBundle(artifact, definition === undefined ? {} : { definition }),
    activities: await loadActivities(artifact),
    debugMode: true,
    sinks: SILENT_SINKS,
    ...options,
  });
  return host.runUntil(() =>
    Promise.all(
      runs.map(({ type = MISSION, input }, index) =>
        client.workflow
          .execute(type, {
            taskQueue,
            workflowId: `${taskQueue}-${index}`,
            args: [input],
            workflowExecutionTimeout: '20 seconds',
          })
          .catch((error: unknown) => (error as { cause?: unknown }).cause),
      ),
    ),
  );
}

/** A workflow beside the mission that uses the library in every way that freezing could break. */
const LIBRARY_PROBE = `
import * as z from 'zod';
export async function probe(text) {
  const schema = z.object({
    email: z.email(),
    kind: z.enum(['a', 'b']),
    even: z.number().refine((n) => n % 2 === 0, 'odd'),
    when: z.iso.datetime().optional(),
    tags: z.array(z.string()).default([]),
    self: z.lazy(() => z.union([z.null(), z.record(z.string(), z.json())])),
  });
  const good = schema.parse({ email: 'ada@example.test', kind: 'a', even: 2, self: { x: [1] } });
  const bad = schema.safeParse({ email: 'no', kind: 'c', even: 3, when: 'today', self: null });
  return { good, bad: bad.error.issues.map((issue) => issue.path.join('.') + ': ' + issue.message), thrown: thrown(), keys: Object.keys(z.toJSONSchema(schema).properties), text };
}
function thrown() {
  try { z.string().parse(1); } catch (error) { return error instanceof z.ZodError && error.name; }
}
`;

const PROBED = {
  good: { email: 'ada@example.test', kind: 'a', even: 2, self: { x: [1] }, tags: [] },
  bad: [
    'email: Invalid email address',
    'kind: Invalid option: expected one of "a"|"b"',
    'even: odd',
    'when: Invalid ISO datetime',
  ],
  thrown: 'ZodError',
  keys: ['email', 'kind', 'even', 'when', 'tags', 'self'],
};

/** Counts how often it was called since its module was loaded. */
const COUNTER = 'let calls = 0;\nexport async function count() {\n  calls += 1;\n  return calls;\n}';

describe('a linked artifact runs in every kind of sandbox', async () => {
  const artifact = await buildArtifact({
    root: await copyProject({
      [WORKFLOW_FILE]: (text) => `${text}\nexport { probe } from './probe.ts';\nexport { count } from './count.ts';`,
      'workflows/ticket-triage/probe.ts': () => LIBRARY_PROBE,
      'workflows/ticket-triage/count.ts': () => COUNTER,
    }),
    mission: MISSION,
  });

  it.each<[string, Partial<WorkerOptions>]>([
    ['main thread, one context for all runs', { debugMode: true, reuseV8Context: true }],
    ['main thread, a context for each run', { debugMode: true, reuseV8Context: false }],
    ['a thread, one context for all runs', { debugMode: false, reuseV8Context: true, workflowThreadPoolSize: 1 }],
  ])('%s', async (_, options) => {
    const results = await runAll(
      artifact,
      [
        { input: { text: 'my invoice' } },
        { input: { text: '' } },
        { type: 'echo', input: 'hello' },
        { type: 'probe', input: 'one' },
        { type: 'probe', input: 'two' },
        { type: 'count', input: null },
        { type: 'count', input: null },
      ],
      options,
    );
    expect(results).toEqual([
      { queue: 'billing', words: 2 },
      expect.objectContaining({ type: 'InputInvalid', message: expect.stringContaining('at text') }),
      'hello',
      { ...PROBED, text: 'one' },
      { ...PROBED, text: 'two' },
      1,
      1,
    ]);
  });

  it('has all of the code where the author has it, for who counts what of it runs', async () => {
    const own = artifact.code.workflow.trimEnd();
    const whole = await linkWorkflowBundle(artifact, { isWhole: true });
    expect(whole.code.slice(whole.authorAt, whole.authorAt + own.length)).toBe(own);
    const shared = await linkWorkflowBundle(artifact);
    expect(shared.code.slice(shared.authorAt, shared.authorAt + own.length)).not.toBe(own);
  });

  it('shows the way to a failure in the TypeScript that the author wrote', async () => {
    const [failure] = await runAll(artifact, [{ input: { text: 'explode' } }]);
    const line =
      (artifact.sources[WORKFLOW_FILE] ?? '').split('\n').findIndex((text) => text.includes('throw Appl')) + 1;
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect((failure as Error).stack).toContain(`at explode (${WORKFLOW_FILE}:${line}:`);
  });
});

describe('linking', async () => {
  const artifact = await buildArtifact({ root: await copyProject(), mission: MISSION });

  it('a hybrid gives this code that definition', async () => {
    const definition = { ...artifact.definition, rules: { longTicketWords: 1 } };
    const input = { text: 'two words' };
    expect(await runAll(artifact, [{ input }])).toEqual([{ queue: 'technical', words: 2 }]);
    expect(await runAll(artifact, [{ input }], { definition })).toEqual([{ queue: 'billing', words: 2 }]);
  });

  it('is text alone: the same artifact gives the same text', async () => {
    const { code } = await linkWorkflowBundle(artifact);
    expect((await linkWorkflowBundle(artifact)).code).toBe(code);
    expect(code).toContain('globalThis.__webpack_module_cache__');
    expect(code).toContain('//# sourceMappingURL=data:');
  });

  it('names a module that a run asks for and the artifact does not have', async () => {
    const root = await copyProject({
      [QUEUE_FILE]: replace('return long', '(globalThis as any).x = require(text.slice(0, 7));\n  return long'),
    });
    const asking = await buildArtifact({ root, mission: MISSION });
    const [failure] = await runAll(asking, [{ input: { text: 'node:fs' } }]);
    expect((failure as Error).message).toContain('asked for the module "node:fs"');
  });
});
