/** The table of metrics as a Prometheus registry. */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ownPackageVersion } from '../artifact/kit-location.ts';
import { installBackend, METRICS, type MetricName, type MetricsOf, type Sample, sourcesOf } from './metrics.ts';

/** Sets of labels that one metric may have. */
const SERIES_MAX = 5_000;
/** A source that does not answer must not hold up the others. */
const SOURCE_MS = 2_000;
/** From a rule (1 ms) to a model that thinks (5 min). */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export interface Metrics {
  /** Ours, to be merged with a program's own. */
  readonly registry: Registry;
  /** Stops measuring. */
  close(): void;
}

type Made = { readonly kind: 'counter'; readonly of: Counter } | { readonly kind: 'histogram'; readonly of: Histogram };

/**
 * Starts to measure. One at a time: the last one made gets the measurements.
 *
 * @example
 * ```ts
 * const { registry } = await createMetrics();
 * console.log(await registry.metrics());
 * ```
 */
export async function createMetrics(): Promise<Metrics> {
  const prometheus = await import('prom-client');
  const registry = new prometheus.Registry();
  prometheus.collectDefaultMetrics({ register: registry });
  const made = new Map(
    Object.keys(METRICS).map((name) => [name, makeMetric(prometheus, registry, name as MetricName)]),
  );
  const release = new prometheus.Gauge({
    name: 'mission_build_info',
    help: 'Always 1; the label is the release of mission-runtime.',
    labelNames: ['release'],
    registers: [registry],
  });
  release.set({ release: ownPackageVersion('mission-runtime') }, 1);
  return { registry, close: installBackend({ record: recordIn(made) }) };
}

function makeMetric(prometheus: typeof import('prom-client'), registry: Registry, name: MetricName): Made | undefined {
  const { kind, help, labels } = METRICS[name];
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  switch (kind) {
    case 'counter':
      return { kind, of: new prometheus.Counter(options) };
    case 'histogram':
      return { kind, of: new prometheus.Histogram({ ...options, buckets: BUCKETS }) };
    case 'gauge':
      new prometheus.Gauge({
        ...options,
        async collect(this: Gauge) {
          this.reset();
          const samples = await Promise.all(sourcesOf(name as MetricsOf<'gauge'>).map((read) => samplesOf(read)));
          for (const { labels: own, value } of samples.flat()) this.inc(own, value);
        },
      });
      return undefined;
  }
}

async function samplesOf(read: () => readonly Sample[] | Promise<readonly Sample[]>): Promise<readonly Sample[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Sample[]>((resolve) => {
    timer = setTimeout(() => resolve([]), SOURCE_MS);
  });
  try {
    return await Promise.race([read(), late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

function recordIn(made: ReadonlyMap<string, Made | undefined>) {
  const series = new Map<string, Set<string>>();
  const isFull = (metric: string, labels: Readonly<Record<string, string>>) => {
    const known = series.get(metric) ?? new Set<string>();
    series.set(metric, known);
    const key = JSON.stringify(labels);
    if (known.has(key)) return false;
    if (known.size >= SERIES_MAX) return true;
    known.add(key);
    return false;
  };
  const record = (metric: MetricName, labels: Readonly<Record<string, string>>, value: number): void => {
    if (isFull(metric, labels)) {
      record('mission_series_dropped_total', { metric }, 1);
      return;
    }
    const target = made.get(metric);
    if (target?.kind === 'counter') target.of.inc(labels, value);
    if (target?.kind === 'histogram') target.of.observe(labels, value);
  };
  return record;
}
