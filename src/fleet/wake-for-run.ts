/** A run that nobody hosts any more cannot answer: its version is woken, and then it is asked again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Registry } from '../registry/registry.ts';
import { parseVersionRef } from '../shared/version-ref.ts';
import { grpcStatusOf } from '../temporal/grpc-status.ts';
import { describeRun } from './list-runs.ts';
import { awaitHosted, hostingStatus } from './require-hosted.ts';

/** A query that is not answered within this time may lack a worker; the server itself waits for half a minute. */
const PATIENCE_MS = 1_000;

export interface WakeForRun {
  readonly registry: Registry;
  readonly client: Client;
  readonly workflowId: string;
}

/**
 * Asks a run for something. When it does not answer because no worker hosts the version that it is on, or ended on, workers are
 * asked to host that for ten minutes, and it is asked once more when one is ready.
 *
 * @throws whatever `ask` throws
 */
export async function askAwake<T>(wake: WakeForRun, ask: () => Promise<T>): Promise<T> {
  const asked = ask();
  const isLate = await Promise.race([asked.then(onTime, onTime), delay(PATIENCE_MS, true, { ref: false })]);
  const early = isLate ? isWokenFor(wake).catch(() => false) : undefined;
  try {
    return await asked;
  } catch (error) {
    if (!isUnanswered(error) || !(await (early ?? isWokenFor(wake).catch(() => false)))) throw error;
    return ask();
  }
}

const onTime = () => false;

/** The server's words for "no worker answered": known at once when none polled for long, else after the time given. */
function isUnanswered(error: unknown): boolean {
  return ['FAILED_PRECONDITION', 'DEADLINE_EXCEEDED', 'CANCELLED', 'UNAVAILABLE'].includes(grpcStatusOf(error) ?? '');
}

async function isWokenFor({ registry, client, workflowId }: WakeForRun): Promise<boolean> {
  const run = await describeRun({ temporal: { client }, registry }, workflowId);
  if (run.version === '') return false;
  const { mission, number } = parseVersionRef(run.version);
  const version = await registry.versions.get(mission, number);
  const live = await registry.workers.live(mission);
  if (live.length === 0 || hostingStatus([version], live).missing.length === 0) return false;
  const reason = `run ${workflowId} was asked for something`;
  const { missing } = await awaitHosted(registry, [version], { by: 'client', reason });
  return missing.length === 0;
}
