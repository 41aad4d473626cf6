/**
 * From a rollback to the last start that reached the bad version: several router processes under load on one PostgreSQL.
 * The clock starts when `rollback()` is called and stops when the server took the last start on the bad version. Besides: from the date of
 * its revision, just before it is committed, to each router's word that it is in force there.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startFleet } from '../../src/fleet/fleet.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { rollback } from '../../src/release/rollback.ts';
import { formatVersionRef } from '../../src/shared/version-ref.ts';
import { against, median, ms, quantile, row } from './numbers.ts';
import type { AcceptedStart, RevisionInForce } from './router-process.ts';
import { buildMission, editionOf, MISSION, publishArtifact, type Stand, shareTraffic } from './stand.ts';

const ROUTERS = 4;
const BAD = 2;
const AIM_MS = 250;
const NOTICE_AIM_MS = 100;
const script = fileURLToPath(new URL('./router-process.ts', import.meta.url));
const nowMs = () => performance.timeOrigin + performance.now();

export interface RollbackTimes {
  readonly routers: number;
  readonly startsPerSecond: number;
  /** From the call to its return. */
  readonly commandMs: readonly number[];
  /** From the call to the last start on the bad version; negative when none came after the call. */
  readonly lastBadMs: readonly number[];
  /** Starts on the bad version that the server took after the call, of each rollback. */
  readonly badStarts: readonly number[];
  /** From a revision's date to its being in force, of each router and rollback. */
  readonly noticedMs: readonly number[];
}

/** Routers in processes of their own, and what they started. */
class Routers {
  readonly #children: readonly ChildProcess[];
  #starts: (AcceptedStart & { readonly router: number })[] = [];
  #revisions: RevisionInForce[] = [];
  #look: () => void = () => undefined;

  constructor(databaseUrl: string, address: string, perRouter: number) {
    const args = [databaseUrl, address, MISSION, String(perRouter)];
    this.#children = Array.from({ length: ROUTERS }, () => fork(script, args, { execArgv: ['--import', 'tsx'] }));
    for (const [router, child] of this.#children.entries()) {
      child.on('message', (said) => {
        const message = said as AcceptedStart | RevisionInForce;
        if ('revision' in message) this.#revisions.push(message);
        else this.#starts.push({ ...message, router });
        this.#look();
      });
      child.on('exit', (code) => {
        if (code !== 0 && code !== null) this.#look = () => undefined;
      });
    }
  }

  /** Waits until each router has started runs on the version, and returns all starts since the last call. */
  async allOn(version: string): Promise<readonly AcceptedStart[]> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Not every router started runs on ${version}.`)), 60_000);
      this.#look = () => {
        const there = new Set(this.#starts.filter((start) => start.version === version).map(({ router }) => router));
        if (there.size < ROUTERS) return;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
    return this.#starts.splice(0);
  }

  /** When a revision was in force in each router that starts runs by it. */
  inForce(revision: number): readonly number[] {
    const found = this.#revisions.filter((one) => one.revision === revision).map(({ atMs }) => atMs);
    this.#revisions = this.#revisions.filter((one) => one.revision > revision);
    if (found.length !== ROUTERS) throw new Error(`${found.length} routers told of revision ${revision}.`);
    return found;
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null) return;
        const ended = once(child, 'exit');
        if (child.connected) child.disconnect();
        await ended;
      }),
    );
  }
}

export async function measureRollback(
  stand: Stand,
  rollbacks: number,
  startsPerSecond: number,
  tell: (line: string) => void,
): Promise<RollbackTimes> {
  const { registry, databaseUrl } = await stand.newRegistry();
  const artifact = await buildMission();
  for (const one of [artifact, editionOf(artifact, BAD)]) await publishArtifact(registry, one);
  await shareTraffic(registry, MISSION, [1, BAD]);
  const fleet = await startFleet({ registry, temporal: stand.temporal, drainMs: 1_000 });
  try {
    await fleet.ready(60_000);
    const routers = new Routers(databaseUrl, stand.address, startsPerSecond / ROUTERS);
    try {
      return { routers: ROUTERS, startsPerSecond, ...(await rollBackOften(registry, routers, rollbacks, tell)) };
    } finally {
      await routers.stop();
    }
  } finally {
    await fleet.shutdown();
  }
}

async function rollBackOften(
  registry: Registry,
  routers: Routers,
  rollbacks: number,
  tell: (line: string) => void,
): Promise<Omit<RollbackTimes, 'routers' | 'startsPerSecond'>> {
  const times = {
    commandMs: [] as number[],
    lastBadMs: [] as number[],
    badStarts: [] as number[],
    noticedMs: [] as number[],
  };
  const bad = formatVersionRef({ mission: MISSION, number: BAD });
  for (let index = 1; index <= rollbacks; index += 1) {
    await shareTraffic(registry, MISSION, [BAD]);
    await routers.allOn(bad);
    const calledMs = nowMs();
    const done = await rollback({
      registry,
      mission: MISSION,
      to: { mission: MISSION, number: 1 },
      reason: 'bench',
      by: 'bench',
    });
    const returnedMs = nowMs();
    const starts = await routers.allOn(formatVersionRef(done.version));
    const late = starts.filter(({ version, atMs }) => version === bad && atMs > calledMs);
    times.commandMs.push(returnedMs - calledMs);
    times.lastBadMs.push(Math.max(0, ...late.map(({ atMs }) => atMs - calledMs)));
    times.badStarts.push(late.length);
    const datedMs = Date.parse(done.route.createdAt);
    times.noticedMs.push(...routers.inForce(done.route.revision).map((atMs) => atMs - datedMs));
    if (index % 20 === 0) tell(`${index} of ${rollbacks} rollbacks`);
  }
  return times;
}

export function describeRollback(times: RollbackTimes): readonly string[] {
  const p99 = quantile(times.lastBadMs, 0.99);
  const noticed = quantile(times.noticedMs, 0.99);
  const columns = (values: readonly number[]) => [
    ms(median(values)),
    ms(quantile(values, 0.99)),
    ms(Math.max(...values)),
  ];
  const starts = times.badStarts.reduce((sum, count) => sum + count, 0);
  return [
    `  ${times.lastBadMs.length} rollbacks, ${times.routers} router processes, ${times.startsPerSecond} starts per second together`,
    row('', 'p50', 'p99', 'max'),
    row('the command', ...columns(times.commandMs)),
    row('command to last start on the bad version', ...columns(times.lastBadMs)),
    row('commit to in force, of each router', ...columns(times.noticedMs)),
    `  ${starts} starts reached the bad version after the command was given. p99 is ${against(p99 <= AIM_MS, `${AIM_MS} ms`)}.`,
    `  A change reaches the routers ${against(noticed <= NOTICE_AIM_MS, `${NOTICE_AIM_MS} ms`)}, by p99.`,
  ];
}
