/**
 * The day after an activation that reworded a prompt: half of the runs are refused by the code, the other half asked a model. Replayed
 * on the version before, with nobody to ask, only the first half come to an end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { type DriftOptions, findDrift } from '../../src/release/find-drift.ts';
import { recordDays } from './recorded-days.ts';
import { PROMPT } from './verdict-mission.ts';

const mission = `unanswered-${process.pid}-${Date.now()}`;
const HALF = 10;
const RUNS = 2 * HALF;
const SAMPLE = 8;
const HOUR_MS = 3_600_000;
const live = parsePolicyFlags(['model=live', 'write=simulator']);
let directory: string;
let registry: Registry;
let began: readonly Date[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-unanswered-'));
  const onSale = Array.from({ length: RUNS }, (_, index) => index < HALF);
  const days = [
    { wording: { prompt: PROMPT, ruled: true }, onSale },
    { wording: { prompt: `${PROMPT} Be kind.`, ruled: true }, onSale },
  ];
  ({ registry, began } = await recordDays(mission, days, { directory, address: inject('temporalAddress') }));
}, 600_000);

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** The hour since the second version's runs began, beside the hour before. */
const look = (some: Pick<DriftOptions, 'policy' | 'limit'>) => {
  const clock = () => new Date((began[1]?.getTime() ?? 0) + HOUR_MS);
  return findDrift({ registry, mission, windowMs: HOUR_MS, workers: 1, clock, ...some });
};

describe('a look at drift the day after', { timeout: 240_000 }, () => {
  it('does not take the runs that needed no answer for the day', async () => {
    const drift = await look({ policy: parsePolicyFlags([]) });
    expect(drift).toMatchObject({
      verdict: 'unclear',
      onVersion: { finding: 'unclear', recordings: RUNS, unclear: HALF },
      onWorld: { finding: 'unclear', isReplayed: true, runsBefore: RUNS, runsNow: RUNS, unended: HALF, moved: [] },
    });
    expect(drift.reasons[1]).toBe(
      `world: none of 1 categories of what comes in moved, over ${RUNS} runs before and ${RUNS} now; ` +
        `outcomes cannot be compared, as ${HALF} of ${RUNS} replays on ${mission}@1 came to no end`,
    );
  });

  it('compares outcomes, too, where the model is asked', async () => {
    expect(await look({ policy: live })).toMatchObject({
      verdict: 'none',
      onVersion: { finding: 'same', recordings: RUNS },
      onWorld: { finding: 'steady', isReplayed: true, runsNow: RUNS, unended: 0 },
    });
  });

  it('draws a sample evenly, as the sample stands for the day', async () => {
    const drift = await look({ policy: live, limit: SAMPLE });
    expect(drift).toMatchObject({
      onVersion: { finding: 'same', recordings: SAMPLE, population: RUNS },
      onWorld: { isReplayed: true, runsBefore: RUNS, runsNow: SAMPLE, unended: 0 },
    });
    expect(drift.reasons[0]).toContain(
      `all ${SAMPLE} recordings of ${mission}@2 (sampled from ${RUNS}) come out alike`,
    );
    const { cohort } = await registry.reports.get(drift.onVersion.report ?? '');
    expect(cohort).toMatchObject({ sample: { by: [], population: RUNS, strataCount: 1 } });
  });

  it('draws it by strata where the runs themselves are compared', async () => {
    const clock = () => new Date((began[1]?.getTime() ?? 0) + 24 * HOUR_MS);
    const drift = await findDrift({
      registry,
      mission,
      windowMs: 48 * HOUR_MS,
      workers: 1,
      clock,
      policy: live,
      limit: SAMPLE,
    });
    expect(drift.onWorld.isReplayed).toBe(false);
    const { cohort } = await registry.reports.get(drift.onVersion.report ?? '');
    expect(cohort).toMatchObject({ sample: { by: expect.arrayContaining(['outcome']) } });
  });
});
