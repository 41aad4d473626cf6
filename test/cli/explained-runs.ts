/** Real recorded runs to be explained: one decided by @2, one moved from it to @1, and one still open. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { reportDigest } from '../../src/compare/report-digest.ts';
import { decide } from '../../src/decisions/decide.ts';
import { openDecisionsOf } from '../../src/decisions/open-decisions.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { publishClaims } from '../client/mission.ts';
import { reportOf, storeReport } from '../release/reports.ts';
import { type Ran, run } from './run.ts';

export interface ExplainedRuns {
  readonly directory: string;
  readonly registry: Registry;
  readonly mission: (...argv: string[]) => Promise<Ran>;
  readonly close: () => Promise<void>;
}

/** On the server at `address`. The runs are `<name>-run`, `<name>-moved` and `<name>-run-open`. */
export async function explainedRuns(name: string, address: string): Promise<ExplainedRuns> {
  const directory = await mkdtemp(join(tmpdir(), 'mission-test-explain-'));
  const registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
  const mission = (...argv: string[]) =>
    run(argv, { cwd: directory, shared: registry, env: { TEMPORAL_ADDRESS: address } });
  const temporal = await connectTemporal({ address, env: {} });
  const { client } = temporal;
  const [workflowId, movedId] = [`${name}-run`, `${name}-moved`];
  await publishClaims(registry, name, 'calm');
  const baseline = (await registry.versions.get(name, 1)).artifact;
  await publishClaims(registry, name, 'kind', async (candidate) => {
    const report = { ...reportOf({ baseline, candidate }), mission: name };
    await storeReport(registry, { ...report, digest: reportDigest(report) });
  });
  const fleet = await startFleet({ registry, temporal, missions: [name], pollMs: 200, drainMs: 1_000 });
  await fleet.ready();
  const input = { claim: 'c-1', asks: ['pay-it'] };
  await startMission({ registry, client, mission: name, input, workflowId });
  await startMission({ registry, client, mission: name, input, workflowId: `${workflowId}-open` });
  await vi.waitFor(async () => expect(await openDecisionsOf(client, workflowId)).toHaveLength(1), 60_000);
  await decide({ client, workflowId, option: 'pay', by: 'grace', comment: 'checked by phone' });
  await client.workflow.result(workflowId);
  await startMission({ registry, client, mission: name, input, workflowId: movedId });
  await vi.waitFor(async () => expect(await openDecisionsOf(client, movedId)).toHaveLength(1), 60_000);
  await vi.waitFor(async () => {
    const there = ['--from', '@2', '--to', '@1', '--run', movedId, '--reason', 'too kind'];
    expect((await mission('move', name, ...there)).out).toContain('1 run moved');
  }, 60_000);
  await decide({ client, workflowId: movedId, option: 'pay', by: 'grace' });
  await client.workflow.result(movedId);
  const runs = [{ workflowId }, { workflowId: movedId }];
  const collected = collectRecordings({ client, registry, redactionKey: new Uint8Array(32), runs });
  for await (const { status } of collected) expect(status).toBe('stored');
  await fleet.shutdown();
  await temporal.close();
  const close = async () => {
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { directory, registry, mission, close };
}
