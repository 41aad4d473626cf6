/** Which runs a real server lists as those of missions. Nothing has to execute them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { shadowWorkflowId } from '../../src/mission/wire.ts';
import { READINESS_PROBE, runsOf } from '../../src/routing/mission-query.ts';
import { taskQueueOf } from '../../src/routing/placement.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { listRunsWith } from '../../src/temporal/listed-runs.ts';

const mission = `listed-${randomUUID()}`;
const longer = `${mission}-longer`;
let temporal: TemporalConnection;

/** A run that is ended at once: a list has it either way. */
async function run(workflowId: string, type: string, taskQueue: string): Promise<void> {
  const started = await temporal.client.workflow.start(type, { workflowId, taskQueue });
  await started.terminate();
}

async function listed(query: string): Promise<string[]> {
  const ids: string[] = [];
  // Other tests have runs on this server, too, and their memos are none of ours.
  for await (const { workflowId } of listRunsWith(temporal.client, { query, memo: () => false })) ids.push(workflowId);
  return ids.sort();
}

beforeAll(async () => {
  temporal = await connectTemporal({ address: inject('temporalAddress') });
  await run(`${mission}-1`, mission, taskQueueOf(mission));
  await run(`${mission}-2`, 'another-type', taskQueueOf(mission));
  await run(`${mission}-3`, longer, taskQueueOf(longer));
  await run(shadowWorkflowId(`${mission}-1`, 2), mission, taskQueueOf(mission));
  await run(`${mission}-probe`, READINESS_PROBE, taskQueueOf(mission));
  await run(`${mission}-plain`, mission, mission);
  const all = `WorkflowId IN ('${mission}-plain', '${mission}-3') OR TaskQueue = '${taskQueueOf(mission)}'`;
  await vi.waitFor(async () => expect(await listed(all)).toHaveLength(6), { timeout: 60_000, interval: 200 });
}, 90_000);

afterAll(() => temporal.close());

describe('runs of missions in the server’s list', () => {
  it('are those on the task queue of a mission, whatever their type, without shadows and probes', async () => {
    expect(await listed(runsOf([mission]))).toEqual([`${mission}-1`, `${mission}-2`]);
    expect(await listed(runsOf([mission, longer]))).toEqual([`${mission}-1`, `${mission}-2`, `${mission}-3`]);
  });

  it('are none of no mission', async () => {
    expect(await listed(runsOf([]))).toEqual([]);
  });

  it('are of all missions where none is named, and of nobody else', async () => {
    const mine = (await listed(runsOf())).filter((id) => id.includes(mission));
    expect(mine).toEqual([`${mission}-1`, `${mission}-2`, `${mission}-3`]);
  });
});
