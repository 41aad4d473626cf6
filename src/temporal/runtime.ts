/**
 * The SDK's runtime: one for a process, and made once. It decides where logs of workers, workflow code and activities go, and
 * whether the SDK's core counts.
 */
import type { Logger, LogLevel } from '@temporalio/common';
import type { RuntimeOptions } from '@temporalio/worker';
import { messageOf } from '../shared/errors.ts';
import { freePort, LOOPBACK } from './free-port.ts';

export interface RuntimeSetup {
  readonly logger: Logger;
  /** Of the core's own lines. */
  readonly coreLevel: LogLevel;
  /** Whether the core counts: tasks, latencies, pollers, caches. */
  readonly metrics: boolean;
}

export interface CoreMetrics {
  /** In Prometheus' text format; empty when the core does not answer. */
  text(): Promise<string>;
}

const TRIES = 3;
const ANSWER_MS = 2_000;

/**
 * Makes the runtime, which leaves signals to whoever runs the process. One that is there already is kept.
 *
 * @returns the core's metrics, when they were asked for and this call made the runtime
 */
export async function installRuntime({ logger, coreLevel, metrics }: RuntimeSetup): Promise<CoreMetrics | undefined> {
  const { Runtime } = await import('@temporalio/worker');
  const logging = { filter: { core: coreLevel, other: 'ERROR' as const }, forward: {} };
  const install = (exporter: Exporter) =>
    Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging, ...exporter } });
  try {
    return metrics ? await installCounting(install) : void install({});
  } catch (error) {
    if (messageOf(error).includes('already')) return undefined;
    throw error;
  }
}

type Exporter = Pick<NonNullable<RuntimeOptions['telemetryOptions']>, 'metrics'>;

/** Somebody else may take the port between the look and the use: then another one is tried. */
async function installCounting(install: (exporter: Exporter) => unknown): Promise<CoreMetrics> {
  for (let left = TRIES - 1; ; left -= 1) {
    const bindAddress = `${LOOPBACK}:${await freePort()}`;
    try {
      install({ metrics: { prometheus: { bindAddress, ...PROMETHEUS } } });
      return { text: () => scrape(bindAddress) };
    } catch (error) {
      if (left === 0 || messageOf(error).includes('already')) throw error;
    }
  }
}

const PROMETHEUS = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };

async function scrape(address: string): Promise<string> {
  try {
    const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  }
}
