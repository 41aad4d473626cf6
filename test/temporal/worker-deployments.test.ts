import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { digestOf } from '../../src/shared/digest.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import {
  deleteVersion,
  deploymentVersionOf,
  describeDeployment,
  hostedBuildIds,
  listPollers,
  POLLER_FRESH_MS,
  type Poller,
  setCurrentVersion,
} from '../../src/temporal/worker-deployments.ts';
import { bundleGreeting, whileHosted } from '../support/hosted-version.ts';

const MISSION = 'greeting';
const first = deploymentVersionOf(MISSION, digestOf('first'));
const second = deploymentVersionOf(MISSION, digestOf('second'));

describe('a version of a mission on Temporal', () => {
  it('is the mission as deployment and the short digest of the artifact as build id', () => {
    expect(first).toEqual({ deploymentName: 'greeting', buildId: digestOf('first').slice(7, 19) });
  });

  const now = new Date('2026-03-01T12:00:00Z');
  const poller = (buildId: string, ageMs: number, mission = MISSION): Poller => ({
    identity: 'worker',
    version: { deploymentName: mission, buildId },
    lastPolledAt: new Date(now.getTime() - ageMs),
  });

  it.each([
    ['a worker that polls', [poller('a', 0)], ['a']],
    ['a poll that is held open', [poller('a', POLLER_FRESH_MS)], ['a']],
    ['a worker that is gone', [poller('a', POLLER_FRESH_MS + 1)], []],
    ['two workers of one version', [poller('a', 0), poller('a', 5)], ['a']],
    ['several versions', [poller('b', 0), poller('a', 5)], ['a', 'b']],
    ["another mission's worker", [poller('a', 0, 'other')], []],
    ['a worker without versioning', [{ ...poller('a', 0), version: undefined }], []],
  ])('is hosted or not: %s', (_what, pollers, expected) => {
    expect(hostedBuildIds(pollers, MISSION, now)).toEqual(expected);
  });
});

describe('a deployment on a real server', () => {
  let temporal: TemporalConnection;
  let bundle: WorkflowBundleWithSourceMap;

  beforeAll(async () => {
    temporal = await connectTemporal({ address: inject('temporalAddress') });
    bundle = await bundleGreeting();
  });

  afterAll(() => temporal.close());

  const whileHosting = <T>(version: typeof first, work: () => Promise<T>) =>
    whileHosted(temporal, { version, taskQueue: MISSION, workflowBundle: bundle }, work);

  const hosted = async () => hostedBuildIds(await listPollers(temporal, MISSION), MISSION, new Date());
  const statuses = async () => {
    const deployment = await describeDeployment(temporal, MISSION);
    return Object.fromEntries((deployment?.versions ?? []).map(({ buildId, status }) => [buildId, status]));
  };

  it('is unknown until a version polls, and cannot be made current or deleted before', async () => {
    expect(await describeDeployment(temporal, 'never-hosted')).toBeUndefined();
    const never = deploymentVersionOf('never-hosted', digestOf('x'));
    expect(await setCurrentVersion(temporal, never)).toBe(false);
    expect(await deleteVersion(temporal, never)).toBe('unknown');
  });

  it('shows which versions are hosted, runs what is pinned, and follows the current version', async () => {
    await whileHosting(first, async () => {
      await expect.poll(hosted, { timeout: 60_000 }).toEqual([first.buildId]);
      await expect.poll(statuses, { timeout: 60_000 }).toEqual({ [first.buildId]: 'inactive' });
      const start = () =>
        temporal.client.workflow.start('greet', {
          taskQueue: MISSION,
          workflowId: 'pinned-greeting',
          args: ['world'],
          versioningOverride: { pinnedTo: first },
        });
      // The server tells of a poller a moment before it lets a run be pinned to it.
      const handle = await vi.waitFor(start, { timeout: 60_000, interval: 200 });
      expect(await handle.result()).toBe('hello world');
      expect(await setCurrentVersion(temporal, first)).toBe(true);
      expect(await describeDeployment(temporal, MISSION)).toMatchObject({ currentBuildId: first.buildId });
      expect(await deleteVersion(temporal, first)).toBe('refused');
    });
    await whileHosting(second, async () => {
      await expect.poll(hosted, { timeout: 60_000 }).toContain(second.buildId);
      await expect.poll(statuses, { timeout: 60_000 }).toMatchObject({ [second.buildId]: 'inactive' });
      await setCurrentVersion(temporal, second);
      expect(await statuses()).toMatchObject({ [second.buildId]: 'current' });
    });
  });

  it('lets a version without a worker be current: rolling back does not wait for one', async () => {
    expect(await setCurrentVersion(temporal, first)).toBe(true);
    expect(await describeDeployment(temporal, MISSION)).toMatchObject({ currentBuildId: first.buildId });
  });
});
