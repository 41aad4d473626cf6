/** Missions of the replay tests: written to a folder of their own, built, run on the real server, replayed. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { Artifact } from '../../../src/artifact/artifact.ts';
import { buildArtifact } from '../../../src/artifact/build-artifact.ts';
import { linkWorkflowBundle } from '../../../src/artifact/link-workflow-bundle.ts';
import { loadActivities } from '../../../src/artifact/load-activities.ts';
import type { ReplayResult } from '../../../src/compare/outcome.ts';
import { DECIDE_UPDATE, DECISIONS_QUERY, type DecisionQuestion } from '../../../src/mission/wire.ts';
import { buildRecording } from '../../../src/recording/build-recording.ts';
import { answerPolicy, replayLimits } from '../../../src/replay/answer-policy.ts';
import type { ReplayCandidate, ReplayInput, ReplayOptions } from '../../../src/replay/departure.ts';
import { NO_LIVE_ANSWERS } from '../../../src/replay/live-answers.ts';
import type { History } from '../../../src/replay/proto.ts';
import { replayRecording } from '../../../src/replay/replay-recording.ts';
import { createSandbox } from '../../../src/replay/sandbox.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';
import { SILENT_SINKS } from '../../support/silent-sinks.ts';

/** Path below the project's folder → text. */
export type Sources = Readonly<Record<string, string>>;

/** One text in one file replaced by another. */
export type Edit = readonly [file: string, from: string, to: string];

export const strict: ReplayOptions = {
  answers: answerPolicy.parse({}),
  limits: replayLimits.parse({}),
  live: NO_LIVE_ANSWERS,
};

export const lenient: ReplayOptions = {
  ...strict,
  answers: answerPolicy.parse({
    model: 'recorded',
    read: 'recorded',
    write: 'simulator',
    decision: 'recorded',
    activity: 'recorded',
  }),
};

/** Builds a mission from sources, with edits that must each change something. */
export async function buildMission(mission: string, sources: Sources, edits: readonly Edit[] = []): Promise<Artifact> {
  const root = await mkdtemp(join(tmpdir(), 'mission-test-replay-'));
  try {
    const texts: Record<string, string> = { 'package.json': '{ "private": true, "type": "module" }', ...sources };
    for (const [file, from, to] of edits) {
      const text = texts[file] ?? '';
      if (!text.includes(from)) throw new Error(`${file} does not contain: ${from}`);
      texts[file] = text.replaceAll(from, to);
    }
    for (const [file, text] of Object.entries(texts)) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), text);
    }
    return await buildArtifact({ root, mission });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** An artifact as a candidate. Destroy its sandbox. */
export async function candidateOf(artifact: Artifact): Promise<ReplayCandidate> {
  const sandbox = await createSandbox(await linkWorkflowBundle(artifact), 5_000);
  return { sandbox, definition: artifact.definition };
}

/** Replays recordings against a candidate, in order. */
export async function replayAll(
  candidate: ReplayCandidate,
  inputs: readonly ReplayInput[],
  options: ReplayOptions = strict,
): Promise<ReplayResult[]> {
  const results: ReplayResult[] = [];
  for (const input of inputs) results.push(await replayRecording(candidate, input, options));
  return results;
}

export type Drive = (handle: WorkflowHandle, client: Client) => Promise<unknown>;

export interface WantedRun {
  /** @default the type that is recorded */
  readonly type?: string;
  readonly input: unknown;
  readonly drive?: Drive;
  /** Milliseconds after which the server ends the run. */
  readonly timeoutMs?: number;
}

/** Runs a mission once per input, and gives the recordings in the same order. */
export async function recordMission(
  address: string,
  artifact: Artifact,
  wanted: readonly WantedRun[],
): Promise<ReplayInput[]> {
  const activities = await loadActivities(artifact);
  const bundle = await linkWorkflowBundle(artifact);
  return record(address, { bundle, activities, type: artifact.mission }, wanted);
}

export interface Recordable {
  readonly bundle: { readonly code: string };
  readonly activities: object;
  readonly type: string;
}

/** Runs a workflow type once per input. */
export async function record(
  address: string,
  { bundle, activities, type }: Recordable,
  wanted: readonly WantedRun[],
): Promise<ReplayInput[]> {
  quietRuntime();
  const taskQueue = `${type}-${crypto.randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const workflowBundle = bundle as WorkflowBundle;
  const sinks = SILENT_SINKS;
  const options = { connection: native, taskQueue, workflowBundle, activities, sinks, debugMode: true };
  const worker = await Worker.create(options);
  try {
    return await worker.runUntil(() =>
      Promise.all(
        wanted.map(async ({ type: workflowType = type, input, drive, timeoutMs }, index) => {
          const workflowId = `${taskQueue}-${index}`;
          const handle = await client.workflow.start(workflowType, {
            taskQueue,
            workflowId,
            args: [input],
            ...(timeoutMs === undefined ? {} : { workflowExecutionTimeout: timeoutMs }),
          });
          await drive?.(handle, client);
          await handle.result().catch(() => undefined);
          return inputOf(await historiesOf(client, workflowId, handle.firstExecutionRunId));
        }),
      ),
    );
  } finally {
    await connection.close();
    await native.close();
  }
}

async function historiesOf(client: Client, workflowId: string, firstRunId: string): Promise<History[]> {
  const histories: History[] = [];
  let runId: string | undefined = firstRunId;
  while (runId) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push(history);
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return histories;
}

/** A chain of histories as a replay takes it. */
export function inputOf(chain: readonly History[]): ReplayInput {
  const { histories, end, trace: _, input: __, ...summary } = buildRecording(chain);
  return { summary, end, histories };
}

/** Answers the open questions of a run as soon as they are asked, until one was answered. */
export function answerQuestions(option: string, wanted: (question: DecisionQuestion) => boolean = () => true): Drive {
  return async (handle) => {
    const deadlineMs = Date.now() + 20_000;
    while (Date.now() < deadlineMs) {
      const open = Object.values(await handle.query<Record<string, DecisionQuestion>>(DECISIONS_QUERY));
      const question = open.find(wanted);
      if (question !== undefined) {
        await handle.executeUpdate(DECIDE_UPDATE, { args: [{ step: question.step, option, by: 'reviewer' }] });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
}
