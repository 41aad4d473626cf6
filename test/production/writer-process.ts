/**
 * One of many writers: it publishes, activates, sets routes, rolls back and routes, as fast as it can, and tells its parent
 * what came of each.
 */
import { once } from 'node:events';
import { openRegistry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { rollback } from '../../src/release/rollback.ts';
import { setRoute } from '../../src/release/set-route.ts';
import { createRouter } from '../../src/routing/router.ts';
import { isMissionError } from '../../src/shared/errors.ts';
import { MISSION, sampleArtifact, sampleVersion } from '../registry/samples.ts';

interface Changed {
  readonly revision: number;
  readonly version?: number;
}

type RouteAct = 'first' | 'activate' | 'share' | 'rollback';

/** What a writer tells of one change. */
export type Told =
  | { readonly act: 'publish'; readonly version: number }
  | ({ readonly act: RouteAct } & Changed)
  | {
      readonly act: RouteAct;
      readonly refused: { readonly code: string; readonly message: string; readonly remedy: string };
    };

/** Where a writer's router sent a key, and by which revision. */
export interface Placed {
  readonly key: string;
  readonly revision: number;
  readonly version: number;
}

export interface WriterReport {
  readonly told: readonly Told[];
  readonly placed: readonly Placed[];
}

export interface WriterOrders {
  readonly databaseUrl: string;
  readonly name: string;
}

const { databaseUrl, name }: WriterOrders = JSON.parse(process.env['WRITER'] ?? '{}');
const registry = await openRegistry({ databaseUrl, actor: name });
const router = await createRouter({ registry, missions: [MISSION], pollMs: 500 });
const told: Told[] = [];
const placed: Placed[] = [];

process.send?.('ready');
await once(process, 'message');
await act('first', () => share(1, { 1: 10_000 }));
const own = await publish();
for (let round = 1; round <= 2; round += 1) {
  await act('activate', () => activate(own));
  await act('share', async () => share(await revision(), { 1: 5_000, [own]: 5_000 }));
  await act('rollback', back);
}
// Who is told that somebody was first does it again, until it is done.
while (!(await act('activate', () => activate(own))));
const report: WriterReport = { told, placed };
process.send?.(report);
const [head] = (await once(process, 'message')) as [number];
while ((await place('last')).revision < head) await router.refresh();
process.send?.(placed.at(-1));
await router.close();
await registry.close();
process.disconnect();

/** Whether it was done. */
async function act(what: RouteAct, change: () => Promise<Changed>): Promise<boolean> {
  const one = await tellOf(what, change);
  told.push(one);
  await place(`${name} after ${what}`);
  return !('refused' in one);
}

async function tellOf(what: RouteAct, change: () => Promise<Changed>): Promise<Told> {
  try {
    return { act: what, ...(await change()) };
  } catch (error) {
    if (!isMissionError(error)) throw error;
    const { code, message, remedy = '' } = error;
    return { act: what, refused: { code, message, remedy } };
  }
}

async function publish(): Promise<number> {
  const artifact = sampleArtifact(name);
  const { version } = await registry.atomically(MISSION, async ({ artifacts, versions }) => {
    await artifacts.put(artifact);
    return versions.append(sampleVersion(artifact, { author: name }));
  });
  told.push({ act: 'publish', version: version.number });
  return version.number;
}

async function activate(number: number) {
  const { route } = await activateVersion({
    registry,
    ref: { mission: MISSION, number },
    by: name,
    force: { reason: 'mine' },
  });
  return { revision: route.revision };
}

async function share(revision: number, weights: Readonly<Record<number, number>>) {
  const shares = Object.entries(weights).map(([version, weight]) => ({ version: Number(version), weight }));
  const request = {
    registry,
    mission: MISSION,
    revision,
    weights: shares,
    rules: [],
    by: name,
    reason: 'half',
    force: true,
  };
  const { route } = await setRoute(request);
  return { revision: route.revision };
}

async function back() {
  const to = { mission: MISSION, number: 1 };
  const { route, version } = await rollback({ registry, mission: MISSION, to, reason: 'back', by: name, force: true });
  return { revision: route.revision, version: version.number };
}

async function revision(): Promise<number> {
  return (await registry.routes.current(MISSION))?.revision ?? 0;
}

async function place(businessKey: string): Promise<Placed> {
  const { decision } = await router.place(MISSION, { missionInput: {}, businessKey });
  const one = { key: businessKey, revision: decision.revision, version: decision.version };
  placed.push(one);
  return one;
}
