import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../src/replay/sandbox.ts';
import { drive, essence, withoutRemovals } from './plain/activations.ts';
import { type CoreReplay, coreReplays } from './plain/core-activations.ts';
import { bundlePlain, type RecordedRun, recordPlainRuns } from './plain/record.ts';

describe('our driver and Temporal core, on histories of plain workflows', () => {
  let runs: RecordedRun[];
  let core: CoreReplay[];
  let sandbox: Sandbox;

  beforeAll(async () => {
    const code = await bundlePlain();
    runs = await recordPlainRuns(inject('temporalAddress'), code);
    core = await coreReplays(code, runs);
    sandbox = await createSandbox({ code }, 10_000);
  });

  it('records every scenario', () => {
    expect(runs.length).toBeGreaterThanOrEqual(22);
  });

  it('the unchanged code replays without a mismatch, as the official replayer finds too', async () => {
    for (const [index, run] of runs.entries()) {
      expect(core[index]?.error, run.name).toBeUndefined();
      const { driver } = await drive(sandbox, run).catch((error: Error) => {
        throw new Error(`${run.name}: ${error.message}`);
      });
      expect(driver.ended, run.name).toBe(true);
    }
  });

  it('gives the same activations as core, one by one', async () => {
    for (const [index, run] of runs.entries()) {
      const { activations } = await drive(sandbox, run);
      const expected = withoutRemovals(core[index]);
      expect(activations.map(essence), run.name).toEqual(expected.map(essence));
    }
  });
});
