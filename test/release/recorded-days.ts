/** Real runs of a mission, version after version: a day of each, recorded. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { startFleet } from '../../src/fleet/fleet.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { copyProject } from '../artifact/project.ts';
import { verdictMission, type Wording } from './verdict-mission.ts';

/** A version, and of each of its runs whether the item was on sale. */
export interface Day {
  readonly wording: Omit<Wording, 'mission'>;
  readonly onSale: readonly boolean[];
}

export interface RecordedDays {
  readonly registry: Registry;
  /** When the runs of each version began. */
  readonly began: readonly Date[];
}

interface Place {
  /** Of the registry. */
  readonly directory: string;
  /** Of Temporal. */
  readonly address: string;
}

/** Publishes each day's version, activates it, and records its runs. */
export async function recordDays(
  mission: string,
  days: readonly Day[],
  { directory, address }: Place,
): Promise<RecordedDays> {
  const registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
  const temporal = await connectTemporal({ address, env: {} });
  const { client } = temporal;
  const publish = async ({ wording }: Day) =>
    publishMission({ registry, root: await copyProject(verdictMission({ mission, ...wording })), mission });
  const [first, ...later] = days;
  if (first === undefined) throw new Error('There is no day.');
  await publish(first);
  await activateVersion({ registry, ref: { mission, number: 1 }, by: 'ada' });
  const fleet = await startFleet({ registry, temporal, missions: [mission], drainMs: 1_000 });
  await fleet.ready();
  const began: Date[] = [];
  for (const [index, day] of [first, ...later].entries()) {
    const number = index + 1;
    if (number > 1) {
      await publish(day);
      const force = { reason: 'the test wants it' };
      await activateVersion({ registry, ref: { mission, number }, by: 'ada', force, hosting: { waitMs: 60_000 } });
    }
    began.push(new Date());
    const runs = day.onSale.map((onSale, run) => ({ workflowId: `${mission}-${index}-${run}`, onSale }));
    for (const { workflowId, onSale } of runs) {
      const started = await startMission({ registry, client, mission, input: { id: workflowId, onSale }, workflowId });
      expect(started.version).toBe(`${mission}@${number}`);
    }
    await Promise.all(runs.map(({ workflowId }) => client.workflow.result(workflowId)));
    for await (const { status } of collectRecordings({ client, registry, redactionKey: new Uint8Array(32), runs }))
      expect(status).toBe('stored');
  }
  await fleet.shutdown();
  await temporal.close();
  return { registry, began };
}
