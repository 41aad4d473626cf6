/**
 * Looking for drift on a schedule, in a process that lives long. Any number of processes may: the registry lets one look at a
 * mission in each interval.
 *
 * A mission that is seen for the first time is looked at one interval later: there is no day before yet.
 */

import type { Drift } from '../compare/drift.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import type { Registry } from '../registry/registry.ts';
import { activeVersion } from '../routing/active-version.ts';
import { pause } from '../shared/pause.ts';
import { findDrift, versionBefore } from './find-drift.ts';

export type DriftEvent =
  | { readonly kind: 'looked'; readonly drift: Drift }
  /** It is tried again after the next interval. */
  | { readonly kind: 'failed'; readonly mission: string; readonly error: Error };

export interface DriftWatchOptions {
  readonly registry: Registry;
  /** @default all of the registry */
  readonly missions?: readonly string[] | undefined;
  /** Between two looks at a mission, and how long its windows are, in milliseconds. */
  readonly intervalMs: number;
  readonly policy: ReplayPolicy;
  /** Who looks, for the registry. */
  readonly identity: string;
  /** How often it is asked whether a look is due, in milliseconds. @default a minute, or the interval if that is shorter */
  readonly checkMs?: number | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
  readonly onEvent?: ((event: DriftEvent) => void) | undefined;
}

export interface DriftWatch {
  /** Looks at every mission that is due, now. */
  look(): Promise<void>;
  /** Cuts a look short; what was not finished is made again after the next interval. */
  stop(): Promise<void>;
}

const CHECK_MS = 60_000;
/** A process that died while it looked has its claim for so long. */
const CLAIM_MS = 3_600_000;
/** Beside hosted missions one process has to do. */
const WORKERS = 1;

/** Starts to look; it never throws. */
export function watchDrift(options: DriftWatchOptions): DriftWatch {
  const closing = new AbortController();
  const { intervalMs, checkMs = Math.min(CHECK_MS, intervalMs) } = options;
  let looking: Promise<void> = Promise.resolve();
  const look = () => {
    looking = looking.then(() => lookAtAll(options, closing.signal));
    return looking;
  };
  const loop = (async () => {
    while (!closing.signal.aborted) {
      await look();
      await pause(checkMs, closing.signal);
    }
  })();
  return {
    look,
    stop: async () => {
      closing.abort();
      await loop;
      await looking;
    },
  };
}

async function lookAtAll(options: DriftWatchOptions, signal: AbortSignal): Promise<void> {
  const missions = await missionsOf(options);
  for (const mission of missions) {
    if (signal.aborted) return;
    try {
      await lookAt(options, mission, signal);
    } catch (error) {
      if (!signal.aborted) options.onEvent?.({ kind: 'failed', mission, error: error as Error });
    }
  }
}

async function missionsOf({ registry, missions }: DriftWatchOptions): Promise<readonly string[]> {
  try {
    return missions ?? (await registry.versions.missions());
  } catch {
    // The registry is away: it is asked again.
    return [];
  }
}

async function lookAt(options: DriftWatchOptions, mission: string, signal: AbortSignal): Promise<void> {
  const { registry, intervalMs, identity, policy, clock = () => new Date(), onEvent } = options;
  const { collection } = registry;
  const scope = `drift/${mission}`;
  const now = clock();
  const claim = await collection.claimSweep(scope, { by: identity, now, until: after(now, CLAIM_MS) });
  if (claim === undefined) return;
  try {
    if (claim.sweptTo === null || !(await hasVersionBefore(registry, mission))) return;
    const drift = await findDrift({ registry, mission, windowMs: intervalMs, policy, workers: WORKERS, signal, clock });
    if (!signal.aborted) onEvent?.({ kind: 'looked', drift });
  } finally {
    await collection.finishSweep(scope, { sweptTo: now, next: after(now, intervalMs) });
  }
}

async function hasVersionBefore(registry: Registry, mission: string): Promise<boolean> {
  const route = await registry.routes.current(mission);
  if (route === undefined) return false;
  const version = await registry.versions.get(mission, activeVersion(route));
  return (await versionBefore(registry, version)) !== undefined;
}

function after(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms);
}

/** One line for people. */
export function describeDriftEvent(event: DriftEvent): string {
  if (event.kind === 'failed') return `drift of ${event.mission} could not be told: ${event.error.message}`;
  const { version, verdict, reasons } = event.drift;
  return `drift of ${version}: ${verdict}; ${reasons.join('; ')}`;
}
