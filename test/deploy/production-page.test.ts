/** docs/production.md: its alerts are about metrics that there are, with labels that they have. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { METRICS, type MetricName } from '../../src/telemetry/metrics.ts';
import { read } from './read-manifests.ts';

const rules = z.object({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(z.strictObject({ alert: z.string(), expr: z.string(), for: z.string().optional() })),
    }),
  ),
});

const [, block = ''] = /```yaml\n(groups:[\s\S]*?)```/.exec(read('docs/production.md')) ?? [];
const alerts = rules.parse(parse(block)).groups.flatMap((group) => group.rules);

const metricsIn = (expr: string): string[] => expr.match(/\bmission_[a-z_]+/g) ?? [];
const isMetric = (name: string): name is MetricName => name in METRICS;

/** In `by (…)` and in `{…}`. */
function labelsIn(expr: string): string[] {
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(/,\s*/));
  const selected = [...expr.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, name = '']) => name);
  return [...grouped, ...selected];
}

describe('the alerts', () => {
  it('are there, each once', () => {
    expect(alerts.length).toBeGreaterThan(8);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  });

  it.each(alerts.map(({ alert, expr }) => [alert, expr] as const))('%s is about what is measured', (_alert, expr) => {
    const names = metricsIn(expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isMetric(name))).toEqual([]);
    const known = names.filter(isMetric).flatMap((name): readonly string[] => METRICS[name].labels);
    expect(labelsIn(expr).filter((label) => !known.includes(label))).toEqual([]);
  });

  it('count counters as rates, and read gauges as they are', () => {
    for (const { alert, expr } of alerts) {
      for (const name of metricsIn(expr).filter(isMetric)) {
        const isRated = new RegExp(`(rate|increase)\\(${name}[{[]`).test(expr.replaceAll(/\s/g, ''));
        expect(isRated, alert).toBe(METRICS[name].kind === 'counter');
      }
    }
  });

  it('compare with states of workers that there are', () => {
    const states = alerts.flatMap(({ expr }) =>
      [...expr.matchAll(/state=~"([^"]*)"/g)].flatMap(([, text = '']) => text.split('|')),
    );
    const source = /export type BerthState = (.*);/.exec(read('src/fleet/berth.ts'))?.[1];
    expect(states.length).toBeGreaterThan(0);
    expect(states.filter((state) => !source?.includes(`'${state}'`))).toEqual([]);
  });
});
