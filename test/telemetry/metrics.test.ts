/** The table of metrics is what is registered, what the page says, and what is measured; and its size is bounded. */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { count, METRICS, observeSeconds, provideGauge } from '../../src/telemetry/metrics.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/prometheus.ts';

let metrics: Metrics;

beforeEach(async () => {
  metrics = await createMetrics();
});

afterEach(() => metrics.close());

const valuesOf = async (name: string) =>
  (await metrics.registry.getMetricsAsJSON()).find((metric) => metric.name === name)?.values ?? [];

describe('the table', () => {
  it('is what is registered', () => {
    const registered = metrics.registry.getMetricsAsArray().filter(({ name }) => name.startsWith('mission_'));
    const labels = registered.map((metric) => [
      metric.name,
      (metric as unknown as { labelNames: string[] }).labelNames,
    ]);
    expect(Object.fromEntries(labels)).toEqual({
      ...Object.fromEntries(Object.entries(METRICS).map(([name, { labels }]) => [name, [...labels]])),
      mission_build_info: ['release'],
    });
  });

  it('is what docs/observability.md says: names, kinds and labels', async () => {
    const page = await readFile(new URL('../../docs/observability.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(mission_\w+)` \| (\w+) \| (.*?) \|/gm)].map(
      ([, name = '', kind, labels = '']) => [
        name,
        { kind, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label) },
      ],
    );
    const table = Object.entries(METRICS).map(([name, { kind, labels }]) => [name, { kind, labels: [...labels] }]);
    expect(Object.fromEntries(rows)).toEqual({
      ...Object.fromEntries(table),
      mission_build_info: { kind: 'gauge', labels: ['release'] },
    });
  });
});

describe('measuring', () => {
  it('adds up counters and durations', async () => {
    count('mission_starts_total', { mission: 'm', version: 'm@1', reason: 'rule' });
    count('mission_starts_total', { mission: 'm', version: 'm@1', reason: 'rule' }, 2);
    observeSeconds('mission_start_seconds', { mission: 'm' }, 0.2);
    expect(await valuesOf('mission_starts_total')).toMatchObject([
      { labels: { mission: 'm', version: 'm@1', reason: 'rule' }, value: 3 },
    ]);
    expect(await metrics.registry.metrics()).toContain('mission_start_seconds_sum{mission="m"} 0.2');
  });

  it('asks the sources of a gauge when it is read, adds them up, and goes on without one that fails', async () => {
    const labels = { mission: 'm', state: 'ready' };
    const ends = [
      provideGauge('mission_hosted_artifacts', () => [{ labels, value: 1 }]),
      provideGauge('mission_hosted_artifacts', async () => [{ labels, value: 2 }]),
      provideGauge('mission_hosted_artifacts', () => Promise.reject(new Error('away'))),
      provideGauge('mission_hosted_artifacts', () => {
        throw new Error('away');
      }),
    ];
    expect(await valuesOf('mission_hosted_artifacts')).toMatchObject([{ labels, value: 3 }]);
    for (const end of ends) end();
    expect(await valuesOf('mission_hosted_artifacts')).toEqual([]);
  });

  it('keeps no more than 5,000 sets of labels of one metric, and counts what is left out', async () => {
    for (let index = 0; index < 5_010; index += 1) {
      count('mission_start_failures_total', { mission: `m-${index}`, code: 'USAGE' });
    }
    count('mission_start_failures_total', { mission: 'm-0', code: 'USAGE' });
    expect(await valuesOf('mission_start_failures_total')).toHaveLength(5_000);
    expect(await valuesOf('mission_series_dropped_total')).toMatchObject([
      { labels: { metric: 'mission_start_failures_total' }, value: 10 },
    ]);
  });

  it('does nothing when nobody wants metrics', async () => {
    metrics.close();
    count('mission_blind_looks_total', {});
    expect(await valuesOf('mission_blind_looks_total')).toMatchObject([{ value: 0 }]);
  });
});
