/** What is recorded and for how long, as an operator says it: every change with its reason, and what it did. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { MISSION, publish, sampleRecording } from '../registry/samples.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Ran, run } from './run.ts';

let cwd: string;
let postgres: TestPostgres;
let registry: Registry;

const mission = (...argv: string[]): Promise<Ran> => run(['retention', ...argv], { cwd, shared: registry });
const json = async (...argv: string[]) => {
  const { out, err } = await mission(...argv, '--json');
  return JSON.parse(out || err);
};

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mission-test-retention-'));
  await writeFile(join(cwd, 'package.json'), '{}');
  postgres = await startPostgres();
});

beforeEach(async () => {
  await registry?.close();
  registry = await openRegistry({ databaseUrl: await postgres.createDatabase(), actor: 'ada' });
  await publish(registry, 'one');
  await registry.recordings.putAll([1, 2, 3].map((index) => sampleRecording(index)));
});

afterAll(async () => {
  await registry?.close();
  await postgres?.stop();
  await rm(cwd, { recursive: true, force: true });
});

describe('mission retention', () => {
  it('says that nobody set anything, and then what was set, leaving what was not named', async () => {
    expect((await mission('show')).out).toContain('every run is recorded; recordings are kept for ever');
    const set = await mission('set', '--sample', '500', '--rare', '20', '--reason', 'a million runs a day');
    expect(set.out).toContain(
      '5 % of the runs are recorded, and all failures, and ways that fewer than 20 recordings went',
    );
    await mission('set', MISSION, '--keep', '90d', '--max-count', '1000', '--reason', 'data protection');
    await mission('set', '--no-all-failures', '--reason', 'too many');
    expect(await json('show')).toMatchObject({
      missions: [
        {
          mission: MISSION,
          revision: 3,
          policy: { keepMs: 90 * 86_400_000, maxCount: 1_000, rate: 500, rareBelow: 20, allFailures: false },
          runs: { stored: 0, 'sampled-out': 0 },
          deleted: 0,
        },
      ],
      held: [],
    });
    await mission(
      'set',
      '--keep',
      'forever',
      '--max-count',
      'any',
      '--rare',
      'off',
      '--all-failures',
      '--reason',
      'back',
    );
    expect((await json('show')).missions[0].policy).toEqual({
      keepMs: null,
      maxCount: null,
      rate: 500,
      rareBelow: null,
      allFailures: true,
    });
    expect(await registry.audit.list({ action: 'retention.set' })).toHaveLength(4);
  });

  it('deletes at once when told to, keeps what is on hold, and shows both', async () => {
    const held = sampleRecording(1).summary;
    expect((await mission('hold', held.workflowId, '--reason', 'before the court')).out).toContain('is on hold');
    expect((await mission('hold', held.id, '--reason', 'again')).out).toContain('was on hold already');
    await mission('set', '--keep', '1d', '--reason', 'data protection');
    expect(await json('apply')).toEqual({ deleted: { [MISSION]: 2 } });
    expect((await mission('apply')).out).toContain(`${MISSION}: 0 recordings deleted`);
    const { out } = await mission('show');
    expect(out).toContain('2 recordings deleted');
    expect(out).toContain(`On hold: ${held.id}`);
    expect((await mission('release', held.id, '--reason', 'settled')).out).toContain('is released');
    expect(await json('apply')).toEqual({ deleted: { [MISSION]: 1 } });
    for (const named of [held.id, held.workflowId]) {
      const trace = await run(['case', 'add', named, '--as-recorded', '--why', 'x'], { cwd, shared: registry });
      expect(trace.err).toMatch(/Recording "refund-000001\/run" was deleted at \d{4}/);
      expect(trace.err).toContain('mission retention set');
    }
  });

  it.each([
    ['no reason', ['set', '--keep', '1d'], '--reason'],
    ['a share that is none', ['set', '--sample', '20000', '--reason', 'x'], 'parts per 10,000'],
    ['a time that is none', ['set', '--keep', 'soon', '--reason', 'x'], 'soon'],
    ['a count that is none', ['set', '--max-count', '0', '--reason', 'x'], 'whole number'],
    ['a mission that is not there', ['set', 'nobody', '--keep', '1d', '--reason', 'x'], 'no mission "nobody"'],
    ['a recording that is not there', ['hold', 'nobody', '--reason', 'x'], 'no recording of run "nobody"'],
  ])('refuses %s', async (_, argv, words) => {
    expect(await mission(...argv)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
  });
});
