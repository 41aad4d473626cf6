/**
 * A fleet: this process hosts what the registry says must be live, one worker for each artifact, and follows its changes.
 *
 * Any number of processes may run one; they need not know of each other.
 */
import { hostname } from 'node:os';
import type { Registry } from '../registry/registry.ts';
import { placementOf } from '../routing/placement.ts';
import { asError, messageOf } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import type { VersionRef } from '../shared/version-ref.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import { Berth } from './berth.ts';
import { Berths, type FleetMember } from './berths.ts';
import type { FleetEvent } from './fleet-event.ts';
import { readFleetFacts, type WaitingBuilds } from './fleet-facts.ts';
import { DefaultFollower } from './follow-default.ts';
import { type HostOptions, hostArtifact } from './host-artifact.ts';
import { readWaitingBuilds } from './open-builds.ts';
import { planFleet, planFor, type WantedArtifact } from './plan-fleet.ts';
import { LEASE_MS, Presence } from './presence.ts';
import { awaitReady } from './readiness.ts';
import { Remover, SERVER_VERSIONS_WARN } from './remove-versions.ts';
import { createRouteActivity } from './route-activity.ts';
import type { EndingRun } from './run-ending.ts';
import type { ShadowHost } from './shadow-host.ts';
import { sparing } from './sparing.ts';

export interface FleetOptions {
  readonly registry: Registry;
  readonly temporal: TemporalConnection;
  /** Host these missions only. @default all of the registry */
  readonly missions?: readonly string[];
  /** Host exactly these, whatever the registry asks for: for one process per version. */
  readonly versions?: readonly VersionRef[];
  /**
   * Whether versions are hosted here. Without, this process keeps the server's defaults and list of versions as the registry has
   * them, for hosts that know their own version alone. @default true
   */
  readonly hosts?: boolean;
  /** How many of a mission's newest versions that had traffic are kept warm. @default 3 */
  readonly keepLast?: number;
  /** For how long the default version stays warm after it is replaced, in milliseconds. @default a day */
  readonly rollbackMs?: number;
  /** For how long this process counts as alive without a word of it, in milliseconds. @default 20 000 */
  readonly leaseMs?: number;
  /** The worker's name on the server. @default process and host */
  readonly identity?: string;
  /** Give each worker a thread of its own for workflow code: 50 MB more each, and one cannot slow down another. @default false */
  readonly ownThreads?: boolean;
  /** How long running activities may go on when a worker is stopped, in milliseconds. @default 10 000 */
  readonly drainMs?: number;
  /** How often the registry is read when nothing calls for it, in milliseconds. @default 2 000 */
  readonly pollMs?: number;
  readonly onEvent?: (event: FleetEvent) => void;
  /** Told of each run that comes to its end in a worker of this process, a moment before the server knows: for a recorder. */
  readonly onRunEnding?: ((run: EndingRun) => void) | undefined;
  /** What answers shadow runs: from `followShadows`. @default nothing, and shadows end at once */
  readonly shadows?: ShadowHost | undefined;
}

export interface FleetLook {
  readonly at: Date;
  /** Why it failed; what was hosted went on. */
  readonly error?: string;
}

export interface Fleet {
  /** What is hosted now. */
  members(): readonly FleetMember[];
  /** What the registry asked for at the last look, of any process; nothing where this one was told what to host. */
  wanted(): readonly WantedArtifact[];
  /** The last look at registry and server that came to an end, well or not: for health checks. */
  lastLook(): FleetLook | undefined;
  /**
   * Waits until all that the registry asks for is ready: the server knows the version and has a worker of this process.
   *
   * @param timeoutMs - default 30 000
   * @throws MissionError `VERSION_NOT_HOSTED` naming what is not ready when the time is over.
   */
  ready(timeoutMs?: number): Promise<void>;
  /** Reads the registry now instead of at the next poll, and resolves when workers have been started and stopped for it. */
  refresh(): Promise<void>;
  /** Drains all workers and lets go of the server. The registry and the client's connection stay open. */
  shutdown(): Promise<void>;
}

/**
 * Starts a fleet. It returns when the first workers are starting; `ready()` waits for them.
 *
 * @throws MissionError `TEMPORAL_UNAVAILABLE`, or whatever the registry throws, when the first look at it fails.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await installRuntime();
  const connection = await options.temporal.openNative();
  const runner = new FleetRunner(options, {
    connection,
    namespace: options.temporal.namespace,
    identity: options.identity ?? `mission-worker-${process.pid}@${hostname()}`,
    ownThread: options.ownThreads ?? false,
    drainMs: options.drainMs ?? 10_000,
    codecs: options.temporal.codecs,
    onRunEnding: options.onRunEnding,
    shadows: options.shadows,
    routeOf: ({ mission, digest }) => createRouteActivity({ ...options, mission, artifact: digest }),
  });
  try {
    await runner.start();
    return runner;
  } catch (error) {
    await runner.shutdown();
    throw error;
  }
}

const DAY_MS = 86_400_000;

class FleetRunner implements Fleet {
  readonly #options: FleetOptions;
  readonly #host: HostOptions;
  readonly #defaults: DefaultFollower;
  readonly #berths = new Berths(
    (target) => this.#open(target),
    () => this.#nudge.abort(),
  );
  readonly #closing = new AbortController();
  #unwatch: () => Promise<void> = async () => undefined;
  #loop: Promise<void> = Promise.resolve();
  #ended: Promise<void> | undefined;
  #reconciling: Promise<void> = Promise.resolve();
  #nudge = new AbortController();
  #lastLook: FleetLook | undefined;
  #wanted: readonly WantedArtifact[] = [];
  readonly #waitingBuilds: WaitingBuilds;
  readonly #presence: Presence;
  readonly #remover: Remover;

  constructor(options: FleetOptions, host: HostOptions) {
    this.#options = options;
    this.#host = host;
    this.#defaults = new DefaultFollower(options.temporal, (event) => this.#emit(event));
    this.#waitingBuilds = sparing((mission) => readWaitingBuilds(options.temporal.client, mission));
    this.#presence = new Presence(options.registry.workers, host.identity, options.leaseMs ?? LEASE_MS);
    this.#remover = new Remover(options.registry, options.temporal, (event) => this.#emit(event));
  }

  async start(): Promise<void> {
    await this.refresh();
    const { routes, hosting } = this.#options.registry;
    const stops = [await routes.watch(() => this.#nudge.abort()), await hosting.watch(() => this.#nudge.abort())];
    this.#unwatch = async () => void (await Promise.all(stops.map((stop) => stop())));
    this.#loop = this.#follow();
  }

  wanted(): readonly WantedArtifact[] {
    return this.#wanted;
  }

  lastLook(): FleetLook | undefined {
    return this.#lastLook;
  }

  members(): readonly FleetMember[] {
    return this.#berths.members();
  }

  ready(timeoutMs = 30_000): Promise<void> {
    return this.#berths.ready(timeoutMs, this.#closing.signal);
  }

  /** One look at a time: two at once would start the same worker twice. */
  refresh(): Promise<void> {
    const next = this.#reconciling.catch(() => undefined).then(() => this.#look());
    this.#reconciling = next;
    return next;
  }

  shutdown(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    this.#nudge.abort();
    await this.#loop;
    await this.#reconciling.catch(() => undefined);
    await this.#unwatch();
    await this.#berths.stop();
    await this.#presence.leave();
    await this.#host.connection.close();
  }

  async #follow(): Promise<void> {
    const pollMs = this.#options.pollMs ?? 2_000;
    while (!this.#closing.signal.aborted) {
      await pause(pollMs, this.#nudge.signal);
      this.#nudge = new AbortController();
      if (this.#closing.signal.aborted) return;
      await this.refresh().catch((error: unknown) =>
        this.#emit({ kind: 'blind', error: asError(error), retryInMs: pollMs }),
      );
    }
  }

  async #look(): Promise<void> {
    try {
      await this.#reconcile();
      this.#lastLook = { at: new Date() };
    } catch (error) {
      this.#lastLook = { at: new Date(), error: messageOf(error) };
      throw error;
    }
  }

  async #reconcile(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { versions } = this.#options;
    await (versions === undefined ? this.#followRegistry() : this.#hostNamed(versions));
    await this.#presence.follow(this.#berths);
  }

  async #followRegistry(): Promise<void> {
    const { registry, temporal, missions, keepLast = 3, rollbackMs = DAY_MS } = this.#options;
    const facts = await readFleetFacts(registry, temporal.client, missions, this.#waitingBuilds);
    const keep = { nowMs: Date.now(), keepLast, rollbackMs, limit: SERVER_VERSIONS_WARN };
    const plan = planFleet(facts, this.#berths.artifacts(), keep);
    this.#wanted = plan.wanted;
    if (this.#options.hosts !== false) this.#berths.carryOut(plan);
    await this.#defaults.follow(facts);
    await this.#remover.follow(facts, plan);
  }

  async #hostNamed(refs: readonly VersionRef[]): Promise<void> {
    const { versions } = this.#options.registry;
    const named = await Promise.all(refs.map(({ mission, number }) => versions.get(mission, number)));
    const wanted = [...new Set(named.map(({ artifact }) => artifact))].map((artifact): WantedArtifact => {
      const same = named.filter((one) => one.artifact === artifact);
      const numbers = [...new Set(same.map(({ number }) => number))];
      return { mission: same[0]?.mission ?? '', artifact, versions: numbers, reasons: ['named'] };
    });
    this.#berths.carryOut(planFor(wanted, this.#berths.artifacts()));
  }

  #open(target: WantedArtifact): Berth {
    const { registry, temporal } = this.#options;
    return new Berth(target, {
      host: async () => {
        const deployment = await registry.deployments.nameOf(target.mission);
        return hostArtifact(await registry.artifacts.get(target.artifact), deployment, this.#host);
      },
      awaitReady: async (signal) => {
        const { deployment, taskQueue } = placementOf(
          target.mission,
          target.artifact,
          await registry.deployments.nameOf(target.mission),
        );
        await awaitReady(temporal, { ...target, deployment, taskQueue }, this.#host.identity, signal);
      },
      onEvent: (event) => this.#emit(event),
    });
  }

  /** A worker that became ready may be the one that the server's default waits for. */
  #emit(event: FleetEvent): void {
    this.#options.onEvent?.(event);
    if ('target' in event) void this.#presence.follow(this.#berths);
    if (event.kind === 'ready') this.#nudge.abort();
  }
}

/**
 * The SDK's runtime is one for the whole process. Ours leaves signals to whoever runs the fleet, and says only what went
 * wrong; a runtime that is there already is kept.
 */
async function installRuntime(): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  } catch (error) {
    if (!messageOf(error).includes('already')) throw error;
  }
}
