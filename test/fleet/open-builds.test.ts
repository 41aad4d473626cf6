/** Which builds open runs need, on a real server. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newSecret, parseKeyring } from '../../src/encryption/keyring.ts';
import { readTakenBuilds, readWaitingBuilds } from '../../src/fleet/open-builds.ts';
import { awaitReady } from '../../src/fleet/readiness.ts';
import { MEMO_STAMP } from '../../src/mission/wire.ts';
import { runsOf } from '../../src/routing/mission-query.ts';
import { placementOf } from '../../src/routing/placement.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { bundleGreeting, whileHosted } from '../support/hosted-version.ts';

let temporal: TemporalConnection;

beforeAll(async () => {
  temporal = await connectTemporal({ address: inject('temporalAddress') });
});

afterAll(() => temporal.close());

describe('the builds of open runs', () => {
  it('are told by the first run of a version that waits for one, and not by those that ended', async () => {
    const mission = `waiting-${randomUUID()}`;
    const { taskQueue, deployment } = placementOf(mission, digestOf('one'), mission);
    const hosted = { version: deployment, taskQueue, workflowBundle: await bundleGreeting(), identity: 'the-worker' };
    const signal = AbortSignal.timeout(90_000);
    await whileHosted(temporal, hosted, () =>
      awaitReady(temporal, { mission, taskQueue, deployment }, 'the-worker', signal),
    );
    const start = (number: number, pinned: boolean) =>
      temporal.client.workflow.start('greet', {
        taskQueue,
        workflowId: `${mission}-${number}`,
        args: ['world'],
        // No worker gets it in this test, even where one was just told to stop.
        startDelay: '1h',
        memo: {
          [MEMO_STAMP]: { mission, version: `${mission}@1`, artifact: digestOf('one'), reason: '', revision: 1 },
        },
        ...(pinned && { versioningOverride: { pinnedTo: deployment } }),
      });
    // Servers list the build of a pinned run from its start or from its first task.
    const builds = async () => [
      ...(await readTakenBuilds(temporal.client, mission)),
      ...(await readWaitingBuilds(temporal.client, mission)),
    ];
    const listed = async () => (await temporal.client.workflow.count(runsOf([mission]))).count;

    const pinned = await start(1, true);
    const free = await start(2, false);
    await expect.poll(listed, { timeout: 60_000 }).toBe(2);
    expect(await builds()).toEqual([deployment.buildId]);

    await pinned.terminate();
    await expect.poll(builds, { timeout: 60_000 }).toEqual([]);
    await free.terminate();
  });

  it('are told of each run whose stamp cannot be read here', async () => {
    const mission = `sealed-${randomUUID()}`;
    const keyring = parseKeyring(`k-elsewhere:${newSecret()}`, 'keys');
    const elsewhere = await connectTemporal({ address: inject('temporalAddress'), keyring });
    const workflowBundle = await bundleGreeting();
    const places = ['one', 'two'].map((text) => placementOf(mission, digestOf(text), mission));
    for (const { taskQueue, deployment } of places) {
      const hosted = { version: deployment, taskQueue, workflowBundle, identity: 'the-worker' };
      const signal = AbortSignal.timeout(90_000);
      await whileHosted(temporal, hosted, () =>
        awaitReady(temporal, { mission, taskQueue, deployment }, 'the-worker', signal),
      );
      await elsewhere.client.workflow.start('greet', {
        taskQueue,
        workflowId: `${mission}-${deployment.buildId}`,
        args: ['world'],
        startDelay: '1h',
        memo: { [MEMO_STAMP]: 'for others' },
        versioningOverride: { pinnedTo: deployment },
      });
    }
    const builds = async () => [
      ...new Set([
        ...(await readTakenBuilds(temporal.client, mission)),
        ...(await readWaitingBuilds(temporal.client, mission)),
      ]),
    ];
    const wanted = places.map(({ deployment }) => deployment.buildId).sort();
    await expect.poll(async () => (await builds()).sort(), { timeout: 60_000 }).toEqual(wanted);
    for (const build of wanted) await temporal.client.workflow.getHandle(`${mission}-${build}`).terminate();
    await elsewhere.close();
  });
});
