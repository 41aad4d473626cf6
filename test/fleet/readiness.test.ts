/** When a version counts as ready, on a real server. */
import { randomUUID } from 'node:crypto';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { awaitReady } from '../../src/fleet/readiness.ts';
import { placementOf } from '../../src/routing/placement.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { bundleGreeting, whileHosted } from '../support/hosted-version.ts';

let temporal: TemporalConnection;
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  temporal = await connectTemporal({ address: inject('temporalAddress') });
  workflowBundle = await bundleGreeting();
});

afterAll(() => temporal.close());

function targetOf(edition: string) {
  const mission = `ready-${randomUUID()}`;
  return { mission, ...placementOf(mission, digestOf(edition), mission) };
}

const openProbes = async () =>
  (await temporal.client.workflow.count("WorkflowType = 'mission-runtime-readiness' AND ExecutionStatus = 'Running'"))
    .count;

describe('a version', () => {
  it('is ready once a run may be pinned to it, for any number who ask, and none is left open by that', async () => {
    const target = targetOf('one');
    const { deployment: version, taskQueue } = target;
    const hosted = { version, taskQueue, workflowBundle, identity: 'the-worker' };
    await whileHosted(temporal, hosted, async () => {
      const ask = () => awaitReady(temporal, target, 'the-worker', AbortSignal.timeout(90_000));
      await Promise.all([ask(), ask(), ask()]);
      await ask();
      const options = { taskQueue, workflowId: `${target.mission}-run`, versioningOverride: { pinnedTo: version } };
      const run = await temporal.client.workflow.start('greet', { ...options, args: ['world'] });
      expect(await run.result()).toBe('hello world');
    });
    await expect.poll(openProbes, { timeout: 60_000 }).toBe(0);
    const status = async () =>
      (await temporal.client.workflow.getHandle('mission-runtime-readiness').describe()).status.name;
    await expect.poll(status, { timeout: 60_000 }).toMatch(/^(TERMINATED|TIMED_OUT)$/);
  });

  it('is not ready while another process alone hosts it, or none', async () => {
    const target = targetOf('two');
    const { deployment: version, taskQueue } = target;
    const hosted = { version, taskQueue, workflowBundle, identity: 'another-worker' };
    const notReady = { code: 'VERSION_NOT_HOSTED', message: expect.stringContaining(target.mission) };
    const ask = () => awaitReady(temporal, target, 'the-worker', AbortSignal.timeout(1_500));
    await expect(ask()).rejects.toMatchObject(notReady);
    await whileHosted(temporal, hosted, async () => {
      await awaitReady(temporal, target, 'another-worker', AbortSignal.timeout(90_000));
      await expect(ask()).rejects.toMatchObject(notReady);
    });
  });
});
