/**
 * The guard in front of every change of traffic: a version gets some only when a worker is ready for it (DESIGN.md, decision 8).
 * What is not hosted is asked for, so that a fleet starts it, and then waited for.
 */
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import type { LiveWorker } from '../registry/workers.ts';
import { formatDuration } from '../shared/duration.ts';
import { MissionError } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import { formatVersionRef } from '../shared/version-ref.ts';

export interface HostingWait {
  /** How long a worker may take to become ready, in milliseconds; 0 asks once. @default 30 000 */
  readonly waitMs?: number | undefined;
  /** Called while it waits. */
  readonly onWaiting?: ((status: HostingStatus, elapsedMs: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HostingAsker {
  readonly by: string;
  readonly reason: string;
}

/** Where the hosting of some versions stands. */
export interface HostingStatus {
  /** Those that no process is ready for. */
  readonly missing: readonly HostingGap[];
  /** Processes that live and could host them. */
  readonly processes: number;
}

export interface HostingGap {
  readonly version: Version;
  /** Hosts that start it now. */
  readonly starting: readonly string[];
  readonly failed: readonly { readonly host: string; readonly error: string }[];
}

const WAIT_MS = 30_000;
const LOOK_EVERY_MS = 150;
/** What was asked for stays hosted for so long, also when nothing comes of it. */
const ASKED_FOR_MS = 600_000;

/** Which of the versions have no ready worker. Pure. */
export function hostingStatus(versions: readonly Version[], live: readonly LiveWorker[]): HostingStatus {
  const missing = versions.flatMap((version): HostingGap[] => {
    const hosts = live.flatMap(({ host, hosted }) =>
      hosted.filter(({ artifact }) => artifact === version.artifact).map((one) => ({ ...one, host })),
    );
    if (hosts.some(({ state }) => state === 'ready')) return [];
    return [
      {
        version,
        starting: hosts.filter(({ state }) => state === 'starting').map(({ host }) => host),
        failed: hosts
          .filter(({ state }) => state === 'failed')
          .map(({ host, error }) => ({ host, error: error ?? '' })),
      },
    ];
  });
  return { missing, processes: live.length };
}

/**
 * Waits until each version has a ready worker.
 *
 * An embedded registry belongs to one process. Where that process hosts nothing, nothing can be hosted while it works: there
 * this asks nothing, and the versions are hosted when a worker opens the registry.
 *
 * @param asker - who asks, and why: the order to the workers says so
 * @returns what is still missing when the time is over: nothing, if all are ready
 */
export async function awaitHosted(
  registry: Registry,
  versions: readonly Version[],
  asker: HostingAsker,
  wait: HostingWait = {},
): Promise<HostingStatus> {
  const { waitMs = WAIT_MS, onWaiting, signal = new AbortController().signal } = wait;
  const startedAt = performance.now();
  let asked = false;
  for (;;) {
    const status = await look(registry, versions);
    const elapsedMs = performance.now() - startedAt;
    if (status.missing.length === 0) return status;
    if (!asked) await askFor(registry, status.missing, asker);
    asked = true;
    if (elapsedMs >= waitMs || signal.aborted) return status;
    onWaiting?.(status, elapsedMs);
    await pause(LOOK_EVERY_MS, signal);
  }
}

async function look(registry: Registry, versions: readonly Version[]): Promise<HostingStatus> {
  const live = await registry.workers.live();
  if (registry.kind === 'pglite' && live.length === 0) return { missing: [], processes: 0 };
  return hostingStatus(versions, live);
}

async function askFor(registry: Registry, missing: readonly HostingGap[], asker: HostingAsker): Promise<void> {
  for (const { version } of missing) {
    const { mission, number } = version;
    await registry.hosting.order({ mission, version: number, action: 'wake', forMs: ASKED_FOR_MS, ...asker });
  }
}

/** @param force - the command line that goes on regardless, for the remedy */
export function notHosted(status: HostingStatus, waitMs: number | undefined, force: string): MissionError {
  const names = status.missing.map(({ version }) => formatVersionRef(version)).join(', ');
  const after = waitMs === 0 ? '' : ` after ${formatDuration(waitMs ?? WAIT_MS)}`;
  return new MissionError(
    'VERSION_NOT_HOSTED',
    `No worker is ready for ${names}${after}: ${whyNot(status)}. Traffic is unchanged.`,
    {
      remedy: `${remedyOf(status)} In an emergency: ${force}, which is recorded; runs wait until a worker is there.`,
      details: {
        versions: status.missing.map(({ version }) => formatVersionRef(version)),
        processes: status.processes,
        failed: status.missing.flatMap(({ failed }) => failed.map(({ host, error }) => ({ host, error }))),
      },
    },
  );
}

/** Why nothing is ready, in words. */
export function whyNot({ missing, processes }: HostingStatus): string {
  const failed = missing.flatMap((gap) => gap.failed);
  const starting = missing.flatMap((gap) => gap.starting);
  if (processes === 0) return 'no worker process lives';
  if (failed.length > 0) return failed.map(({ host, error }) => `on ${host} it failed: ${error}`).join('; ');
  if (starting.length > 0) return `it is starting on ${starting.join(', ')}`;
  return `none of the ${processes} worker processes hosts it`;
}

function remedyOf({ missing, processes }: HostingStatus): string {
  if (processes === 0) return 'Start one: mission worker.';
  if (missing.some(({ failed }) => failed.length > 0)) return 'Correct what failed; it is tried again by itself.';
  return 'See: mission workers. Wait longer with --wait 2m.';
}
