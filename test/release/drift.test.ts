/** After an activation: real runs of one day, replayed on the version before, beside those of the day before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { loggedOutput } from '../../src/cli/logged-output.ts';
import { createOutput } from '../../src/cli/output.ts';
import { watchMissions } from '../../src/cli/watch-missions.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { type DriftEvent, watchDrift } from '../../src/release/drift-watch.ts';
import { findDrift } from '../../src/release/find-drift.ts';
import { missionLog } from '../../src/release/mission-log.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/prometheus.ts';
import { QUIET_IO } from '../cli/quiet-io.ts';
import { run } from '../cli/run.ts';
import { recordDays } from './recorded-days.ts';
import { PROMOTED, PROMPT } from './verdict-mission.ts';

const mission = `drift-${process.pid}-${Date.now()}`;
const RUNS = 6;
const HOUR_MS = 3_600_000;
const live = parsePolicyFlags(['model=live', 'write=simulator']);
let directory: string;
let registry: Registry;
/** When the runs of each version began: 1 has no sales, 2 is the same with sales alone, 3 denies sales. */
let began: readonly Date[];
let tries = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-drift-'));
  const all = (onSale: boolean) => Array.from({ length: RUNS }, () => onSale);
  const days = [
    { wording: { prompt: PROMPT }, onSale: all(false) },
    { wording: { prompt: PROMPT, refactored: true }, onSale: all(true) },
    { wording: { prompt: PROMOTED, refactored: true }, onSale: all(true) },
  ];
  ({ registry, began } = await recordDays(mission, days, { directory, address: inject('temporalAddress') }));
}, 600_000);

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** An hour after the runs of a version began: everything before them is the hour before. */
const hourOf = (number: number) => () => new Date((began[number - 1]?.getTime() ?? 0) + HOUR_MS);

const look = (version: number) =>
  findDrift({ registry, mission, version, windowMs: HOUR_MS, policy: live, workers: 1, clock: hourOf(version) });

describe('a look at drift', { timeout: 240_000 }, () => {
  it('finds the world, where both versions decide alike and what comes in has moved, and puts it on the record', async () => {
    const drift = await look(2);
    expect(drift).toMatchObject({
      version: `${mission}@2`,
      against: `${mission}@1`,
      verdict: 'world',
      onVersion: { finding: 'same', recordings: RUNS },
      onWorld: { finding: 'moved', version: `${mission}@1`, isReplayed: true, runsBefore: RUNS, runsNow: RUNS },
    });
    expect(drift.onWorld.moved.map(({ name }) => name)).toEqual(['input /onSale=true']);
    const [stored] = await registry.drifts.list(mission, 1);
    expect(stored).toMatchObject({ verdict: 'world', finding: drift });
    const entries = (await missionLog(registry, mission)).filter(({ kind }) => kind === 'drift');
    expect(entries.at(-1)).toMatchObject({
      text: `drift of ${mission}@2 on ${mission}@1: world`,
      reason: drift.reasons.join('; '),
      audit: { seq: expect.any(Number) },
    });
  });

  it('finds the version, where the one before decides otherwise and what comes in is as before', async () => {
    const drift = await look(3);
    expect(drift).toMatchObject({
      verdict: 'version',
      onVersion: { finding: 'differs', recordings: RUNS, changed: RUNS },
      onWorld: { finding: 'steady', version: `${mission}@2`, isReplayed: true },
      reasons: [
        `version: ${RUNS} of ${RUNS} recordings of ${mission}@3 come out differently under ${mission}@2`,
        expect.stringContaining('world: none of'),
      ],
    });
    expect(await registry.reports.get(drift.onVersion.report ?? '')).toMatchObject({
      candidate: { name: `${mission}@2` },
      baseline: { name: `${mission}@3` },
    });
  });

  it('is a command, with an exit code that says whether something was found', async () => {
    const mine = (...argv: string[]) => run(argv, { shared: registry, cwd: directory, columns: 120 });
    const answers = ['--answer', 'model=live,write=simulator', '--workers', '1'];
    const found = await mine('drift', `${mission}@3`, ...answers);
    expect(found.err).not.toContain('✗');
    expect(found.out).toContain('The version: it decides otherwise than the one before, on the same recordings.');
    expect(found.out).toContain(`version: ${RUNS} of ${RUNS} recordings of ${mission}@3 come out differently`);
    expect(found.code).toBe(1);
    const unclear = await mine('drift', mission, '--against', '@2', '--workers', '1');
    expect(unclear.out).toContain(
      `mission drift ${mission}@3 --against ${mission}@2 --answer model=live,write=simulator`,
    );
    expect(unclear.code).toBe(3);
    const told = await mine('log', mission);
    expect(told.out).toContain(`≈ drift of ${mission}@3 on ${mission}@2: version`);
  });

  it('has nothing to compare with under the first version', async () => {
    await expect(look(1)).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a watch', { timeout: 240_000 }, () => {
  it('looks once in each interval, whichever process does, and not before a whole one has passed', async () => {
    // A second try has an interval that the first one's claim does not reach into.
    tries += 1;
    const intervalMs = HOUR_MS * 4 ** (tries - 1);
    const start = began[2]?.getTime() ?? 0;
    let now = new Date(start);
    const events: DriftEvent[] = [];
    const watch = (identity: string) =>
      watchDrift({
        registry,
        missions: [mission],
        intervalMs,
        checkMs: HOUR_MS,
        policy: live,
        identity,
        clock: () => now,
        onEvent: (event) => events.push(event),
      });
    const watches = [watch('one'), watch('other')];
    const lookAll = () => Promise.all(watches.map((one) => one.look()));
    try {
      await lookAll();
      expect(events).toEqual([]);
      now = new Date(start + intervalMs);
      await lookAll();
      await lookAll();
      expect(events).toMatchObject([{ kind: 'looked', drift: { verdict: 'version' } }]);
    } finally {
      await Promise.all(watches.map((one) => one.stop()));
    }
  });

  it('of a host tells of what was found: a warning in its log, and metrics for an alert', async () => {
    // As above: an interval that no claim before reaches into.
    tries += 1;
    const intervalMs = HOUR_MS * 4 ** (tries - 1);
    const start = began[2]?.getTime() ?? 0;
    let now = new Date(start);
    const lines: string[] = [];
    const metrics = await createMetrics();
    const logger = await createLogger({
      format: 'json',
      level: 'info',
      write: (text) => lines.push(text),
      env: {},
    });
    const watch = watchMissions({
      call: { output: loggedOutput(createOutput(QUIET_IO, false), logger) },
      registry,
      missions: [mission],
      plan: { intervalMs, policy: live },
      clock: () => now,
    });
    const said = async (metric: string) =>
      (await metrics.registry.getMetricsAsJSON()).find(({ name }) => name === metric)?.values;
    try {
      await watch.look();
      expect(lines).toEqual([]);
      now = new Date(start + intervalMs);
      await watch.look();
      await watch.look();
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        {
          level: 'warn',
          event: 'drift',
          mission,
          version: `${mission}@3`,
          against: `${mission}@2`,
          verdict: 'version',
          report: expect.stringMatching(/^sha256:/),
          message: expect.stringContaining(`drift of ${mission}@3: version; `),
        },
      ]);
      const labels = { mission, verdict: 'version' };
      expect(await said('mission_drift_looks_total')).toMatchObject([{ labels, value: 1 }]);
      expect(await said('mission_drift')).toMatchObject([{ labels, value: 1 }]);
    } finally {
      await watch.stop();
      metrics.close();
    }
  });
});
