import Long from 'long';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { HistoryDriver } from '../../src/replay/lockstep/history-driver.ts';
import type { Activation, Job } from '../../src/replay/proto.ts';
import { createSandbox, type Sandbox } from '../../src/replay/sandbox.ts';
import { type CoreReplay, coreReplays } from './plain/core-activations.ts';
import { bundlePlain, type RecordedRun, recordPlainRuns } from './plain/record.ts';

/** Two decoders write absent fields differently; values are what counts. */
function essence(activation: Activation): unknown {
  const { jobs, timestamp, historyLength, isReplaying, availableInternalFlags, deploymentVersionForCurrentTask } =
    activation;
  return plain({
    jobs: jobs?.map((job) => jobEssence(job)),
    timeMs: Math.floor(Number(timestamp?.seconds) * 1000 + (timestamp?.nanos ?? 0) / 1e6),
    historyLength,
    isReplaying,
    availableInternalFlags: [...(availableInternalFlags ?? [])].sort((a, b) => a - b),
    buildId: deploymentVersionForCurrentTask?.buildId,
  });
}

function jobEssence(job: Job): unknown {
  const [name] = Object.keys(job).filter((key) => key !== 'variant' && job[key as keyof Job]);
  return { [name as string]: plain(job[name as keyof Job]) };
}

const ABSENT: readonly unknown[] = [undefined, null, '', 0, false];

function plain(value: unknown): unknown {
  if (ABSENT.includes(value)) return undefined;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.length === 0 ? undefined : Buffer.from(value).toString('base64');
  if (Long.isLong(value)) return value.isZero() ? undefined : value.toString();
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(plain);
  return plainObject(value);
}

function plainObject(value: object): unknown {
  const members = Object.entries(value)
    .filter(([key]) => key !== 'variant')
    .map(([key, member]) => [key, plain(member)] as const)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

async function drive(sandbox: Sandbox, { workflowId, runId, history }: RecordedRun) {
  const driver = new HistoryDriver(history, { workflowId, runId }, () => undefined);
  const activations: Activation[] = [];
  let activation = driver.next();
  if (!activation) throw new Error('nothing to activate');
  const run = await sandbox.start(activation, { namespace: 'default', taskQueue: 'replay' });
  try {
    while (activation) {
      activations.push({ ...activation, jobs: [...(activation.jobs ?? [])] });
      const answer = await run.activate(activation);
      if (answer.failure) throw new Error(answer.failure.message);
      driver.answer(answer.commands);
      activation = driver.next();
    }
  } finally {
    await run.dispose();
  }
  return { activations, driver };
}

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
      const expected =
        core[index]?.activations.filter((activation) => !activation.jobs?.some((job) => job.removeFromCache)) ?? [];
      expect(activations.map(essence), run.name).toEqual(expected.map(essence));
    }
  });
});
