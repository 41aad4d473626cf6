/** Runs missions of this repository, or copies of them with a variant applied, on the real Temporal server of the test run. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, inject } from 'vitest';
import * as z from 'zod';
import type { Artifact } from '../../../src/artifact/artifact.ts';
import { buildArtifact } from '../../../src/artifact/build-artifact.ts';
import { linkWorkflowBundle } from '../../../src/artifact/link-workflow-bundle.ts';
import { loadActivities } from '../../../src/artifact/load-activities.ts';
import type { StepContext, StepNote } from '../../../src/mission/wire.ts';
import { SILENT_SINKS } from '../../support/silent-sinks.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** One activity that a run asked for. */
export interface AskedStep {
  readonly activity: string;
  readonly request: unknown;
  readonly context: StepContext;
}

export interface RunResult {
  readonly result: unknown;
  readonly steps: readonly AskedStep[];
  /** Rule results and observations that travelled with its steps. */
  readonly notes: readonly StepNote[];
}

const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** Builds a mission from a copy of its sources outside of the repository, with the files of a variant laid over it. */
export async function buildMission(mission: string, variant?: string): Promise<Artifact> {
  const root = await mkdtemp(join(tmpdir(), 'mission-test-variant-'));
  folders.push(root);
  for (const folder of ['workflows', 'activities'])
    await cp(join(ROOT, folder), join(root, folder), { recursive: true });
  const home = join(root, 'workflows', mission);
  const files = variant === undefined ? {} : await filesOf(home, variant);
  for (const [target, source] of Object.entries(files)) await cp(join(home, 'variants', source), join(home, target));
  return buildArtifact({ root, mission });
}

const variants = z.array(
  z.strictObject({ name: z.string(), message: z.string(), files: z.record(z.string(), z.string()) }),
);

async function filesOf(home: string, name: string): Promise<Record<string, string>> {
  const listed = variants.parse(JSON.parse(await readFile(join(home, 'variants/variants.json'), 'utf8')));
  const found = listed.find((variant) => variant.name === name);
  if (found === undefined) throw new Error(`There is no variant ${name}.`);
  return found.files;
}

let sequence = 0;

/**
 * Runs one workflow per input and returns, in the order of the inputs, what came of each.
 *
 * @param meanwhile - what a person does while a run is on its way.
 */
export async function runAll(
  artifact: Artifact,
  inputs: readonly unknown[],
  meanwhile: (workflowId: string) => Promise<void> = () => Promise.resolve(),
): Promise<RunResult[]> {
  sequence += 1;
  const taskQueue = `${artifact.mission}-${process.pid}-${sequence}`;
  const asked = new Map<string, AskedStep[]>();
  const address = inject('temporalAddress');
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: await linkWorkflowBundle(artifact),
    activities: await loadActivities(artifact),
    debugMode: true,
    reuseV8Context: true,
    sinks: SILENT_SINKS,
    interceptors: {
      activity: [({ info }) => ({ inbound: { execute: (input, next) => note(info, input.args, () => next(input)) } })],
    },
  });
  const note = (
    info: { activityType: string; workflowExecution?: { workflowId: string } },
    args: unknown[],
    next: () => Promise<unknown>,
  ) => {
    const workflowId = info.workflowExecution?.workflowId ?? '';
    const step = { activity: info.activityType, request: args[0], context: args[1] as StepContext };
    asked.set(workflowId, [...(asked.get(workflowId) ?? []), step]);
    return next();
  };
  const client = new Client({ connection });
  try {
    return await worker.runUntil(() =>
      mapLimited(inputs, 40, async (input, index) => {
        const workflowId = `${taskQueue}-${index}`;
        const handle = await client.workflow.start(artifact.mission, {
          taskQueue,
          workflowId,
          args: [input],
          workflowExecutionTimeout: '60 seconds',
        });
        const ended: Promise<unknown> = handle.result();
        await meanwhile(workflowId);
        const result = await ended;
        const steps = asked.get(workflowId) ?? [];
        return { result, steps, notes: steps.flatMap(({ context }) => context.notes ?? []) };
      }),
    );
  } finally {
    await connection.close();
    await native.close();
  }
}

/** Quiet logs: a test that fails says why itself. */
export function quietRuntime(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}

async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  run: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = items.entries();
  const work = async () => {
    for (const [index, item] of left) results[index] = await run(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
