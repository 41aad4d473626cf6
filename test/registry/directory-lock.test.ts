import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimNumber, lockDirectory } from '../../src/registry/directory-lock.ts';
import { processStart } from '../../src/registry/process-identity.ts';
import { NOW } from './samples.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const claimOf = async (over: object): Promise<void> => {
  const start = (await processStart(process.ppid)) ?? '';
  const claim = { pid: process.ppid, start, host: hostname(), since: NOW.toISOString(), released: false, ...over };
  await writeFile(join(directory, 'owner.7.json'), JSON.stringify(claim));
};

describe('the lock of a folder', () => {
  it.each([
    { name: 'a living process', over: {}, held: true },
    { name: 'a process of another machine, which cannot be seen from here', over: { host: 'elsewhere' }, held: true },
    { name: 'an id that another process has now', over: { start: 'earlier' }, held: false },
    { name: 'a dead process', over: { pid: 2 ** 30 }, held: false },
    { name: 'a living process that released it', over: { released: true }, held: false },
  ])('of $name is held: $held', async ({ over, held }) => {
    await claimOf(over);
    const taking = lockDirectory(directory, NOW);
    if (held) await expect(taking).rejects.toMatchObject({ code: 'REGISTRY_LOCKED', details: { pid: process.ppid } });
    else await (await taking)();
    expect(await readdir(directory)).toEqual([held ? 'owner.7.json' : 'owner.8.json']);
  });

  it('that is damaged belongs to nobody', async () => {
    await writeFile(join(directory, 'owner.7.json'), '{');
    await (await lockDirectory(directory, NOW))();
  });

  it('held by this process says so, and is free after a release', async () => {
    const release = await lockDirectory(directory, NOW);
    await expect(lockDirectory(directory, NOW)).rejects.toMatchObject({
      message: expect.stringContaining('this process'),
    });
    await release();
    await (await lockDirectory(directory, NOW))();
  });

  it('goes to one of many that take it over at the same time, every time', async () => {
    for (let round = 0; round < 30; round += 1) {
      const takers = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(directory, NOW)));
      const winners = takers.flatMap((taker) => (taker.status === 'fulfilled' ? [taker.value] : []));
      expect(winners).toHaveLength(1);
      for (const taker of takers)
        if (taker.status === 'rejected') expect(taker.reason).toMatchObject({ code: 'REGISTRY_LOCKED' });
      const [file = ''] = await readdir(directory);
      const claim = JSON.parse(await readFile(join(directory, file), 'utf8')) as { pid: number };
      expect(claim.pid).toBe(process.pid);
      await winners[0]?.();
    }
  });

  it('is not won by a late taker of an older number, who leaves no trace', async () => {
    const claim = { pid: process.pid, start: 'now', host: hostname(), since: NOW.toISOString(), released: false };
    expect(await claimNumber(directory, 9, claim)).toBe(true);
    expect(await claimNumber(directory, 8, claim)).toBe(false);
    expect(await claimNumber(directory, 9, claim)).toBe(false);
    expect(await readdir(directory)).toEqual(['owner.9.json']);
  });

  it('can be released when the folder is gone', async () => {
    const release = await lockDirectory(directory, NOW);
    await rm(directory, { recursive: true });
    await release();
  });
});
