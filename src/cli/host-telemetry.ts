/** What a host tells the outside while it runs: probes, metrics, logs. Readiness goes away as soon as the stop is asked for. */
import { listOpenDecisions } from '../decisions/open-decisions.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetEvent } from '../fleet/fleet-event.ts';
import { countUnhosted } from '../fleet/unhosted.ts';
import type { Registry } from '../registry/registry.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { type HealthServer, startHealthServer } from '../telemetry/health-server.ts';
import { createLogger, type LogLevelName, temporalLogger } from '../telemetry/logger.ts';
import { count, provideGauge } from '../telemetry/metrics.ts';
import { createMetrics, type Metrics } from '../telemetry/prometheus.ts';
import { type HostedPart, judgeLiveness, judgeReadiness } from '../telemetry/readiness.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import { type CoreMetrics, installRuntime } from '../temporal/runtime.ts';
import type { HostSetup } from './host-options.ts';
import type { CliIo } from './io.ts';
import { loggedOutput } from './logged-output.ts';
import type { Output } from './output.ts';
import { remembered } from './remembered.ts';

/** What is hosted, once it is. */
export interface Hosting {
  readonly fleet: Pick<Fleet, 'members' | 'wanted' | 'lastLook'>;
  readonly registry: Registry;
  readonly temporal: Pick<TemporalConnection, 'client' | 'connection'>;
}

const CHECK_MS = 2_000;
const DECISIONS_MS = 30_000;
const UNHOSTED_MS = 10_000;
const DECISIONS_MAX = 1_000;

/**
 * Opens it before anything is hosted, so that probes are answered from the beginning.
 *
 * @throws MissionError `CONFIG_INVALID` when nothing can listen on the port.
 */
export async function openHostTelemetry(io: CliIo, output: Output, setup: HostSetup): Promise<HostTelemetry> {
  const write = setup.logFormat === 'json' ? io.stdout : io.stderr;
  const logger = await createLogger({ format: setup.logFormat, level: setup.logLevel, write, env: io.env });
  const wantsMetrics = setup.health !== undefined;
  const coreLevel = coreLevelOf(setup.logLevel);
  const core = await installRuntime({ logger: temporalLogger(logger), coreLevel, metrics: wantsMetrics });
  const telemetry = new HostTelemetry({
    signal: io.signal,
    output: setup.logFormat === 'json' ? loggedOutput(output, logger) : output,
    core,
    metrics: wantsMetrics ? await createMetrics() : undefined,
  });
  if (setup.health !== undefined) await telemetry.serve(setup.health);
  return telemetry;
}

interface Parts {
  readonly signal: AbortSignal;
  readonly output: Output;
  readonly core: CoreMetrics | undefined;
  readonly metrics: Metrics | undefined;
}

export class HostTelemetry {
  /** What the host says goes here: text for people, or log lines. */
  readonly output: Output;
  readonly #parts: Parts;
  readonly #openedAt = new Date();
  readonly #ends: (() => void)[] = [];
  #hosting: Hosting | undefined;
  #server: HealthServer | undefined;
  #askRegistry: () => Promise<string | undefined> = async () => undefined;
  #askTemporal: () => Promise<string | undefined> = async () => undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.output = parts.output;
  }

  async serve({ port, host }: { readonly port: number; readonly host: string | undefined }): Promise<void> {
    this.#server = await startHealthServer({
      port,
      host,
      live: () => judgeLiveness(this.#hosting?.fleet.lastLook()?.at ?? this.#openedAt, new Date()),
      ready: () => this.#readiness(),
      metrics: async () => `${await this.#parts.metrics?.registry.metrics()}${(await this.#parts.core?.text()) ?? ''}`,
    });
    this.output.note(`Health and metrics at ${this.#server.address}: /healthz, /readyz, /metrics.`);
  }

  /** Counts what happens to workers. */
  onEvent(event: FleetEvent): void {
    if (event.kind === 'failed') count('mission_worker_failures_total', { mission: event.target.mission });
    if (event.kind === 'blind') count('mission_blind_looks_total', {});
  }

  /** From now on, probes and gauges look at what is hosted. */
  attach(hosting: Hosting): void {
    const { fleet, registry, temporal } = hosting;
    this.#hosting = hosting;
    this.#askRegistry = remembered(CHECK_MS, () => problemOf(registry.versions.missions()));
    const { connection } = temporal;
    this.#askTemporal = remembered(CHECK_MS, () =>
      problemOf(connection.withDeadline(Date.now() + CHECK_MS, () => connection.workflowService.getSystemInfo({}))),
    );
    if (this.#parts.metrics === undefined) return;
    const decisions = remembered(DECISIONS_MS, () => openDecisions(temporal));
    this.#ends.push(
      provideGauge('mission_hosted_artifacts', () =>
        fleet.members().map(({ mission, state }) => ({ labels: { mission, state }, value: 1 })),
      ),
      provideGauge(
        'mission_unhosted_artifacts',
        remembered(UNHOSTED_MS, () => unhosted(hosting)),
      ),
      provideGauge('mission_decisions_open', decisions),
      provideGauge('mission_ready', async () => [{ labels: {}, value: (await this.#readiness()).ok ? 1 : 0 }]),
      provideGauge('mission_up', async () => [
        { labels: { part: 'registry' }, value: (await this.#askRegistry()) === undefined ? 1 : 0 },
        { labels: { part: 'temporal' }, value: (await this.#askTemporal()) === undefined ? 1 : 0 },
      ]),
    );
  }

  async #readiness() {
    const members = this.#hosting?.fleet.members();
    const [registryError, temporalError] = await Promise.all([this.#askRegistry(), this.#askTemporal()]);
    const parts = members?.map(({ mission, versions, state, error }): HostedPart => {
      const name = versions.map((number) => formatVersionRef({ mission, number })).join(', ');
      return { name, state, error };
    });
    return judgeReadiness({ isStopping: this.#parts.signal.aborted, parts, registryError, temporalError });
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await this.#server?.close();
    this.#parts.metrics?.close();
  }
}

/** What is wrong, within the time of a check. */
async function problemOf(question: Promise<unknown>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${CHECK_MS} ms`), CHECK_MS);
  });
  const answer = question.then(
    () => undefined,
    // The words may hold an address with a password; the log has them, scrubbed.
    (error: unknown) => {
      const { code } = error as { readonly code?: unknown };
      return typeof code === 'string' || typeof code === 'number' ? String(code) : 'it does not answer';
    },
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function unhosted({ fleet, registry }: Hosting) {
  const counts = countUnhosted(fleet.wanted(), await registry.workers.live());
  return [...counts].map(([mission, value]) => ({ labels: { mission }, value }));
}

async function openDecisions({ client }: Hosting['temporal']) {
  // What cannot be read here is for the process that has its key to count.
  const open = await listOpenDecisions({ client, limit: DECISIONS_MAX, onUnreadable: () => undefined });
  return open.map(({ mission }) => ({ labels: { mission }, value: 1 }));
}

/** The core's lines are about its inside, and its lowest quote payloads: one level quieter than what is asked for. */
function coreLevelOf(level: LogLevelName): 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' {
  switch (level) {
    case 'trace':
      return 'DEBUG';
    case 'debug':
      return 'INFO';
    case 'info':
    case 'warn':
      return 'WARN';
    default:
      return 'ERROR';
  }
}
