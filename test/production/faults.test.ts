/**
 * `kill -9` of a worker, a router, the Temporal server and PostgreSQL, on real processes, while 500 runs with two write steps
 * each are under way: afterwards every run has ended on its own version, no write was done twice, and no recording and no
 * entry of the audit trail is missing or doubled.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, pidOf, Shop, type ToolCall, WAIT } from './shop.ts';
import { allEnded, booksAreRight } from './shop-books.ts';

const RUNS = 500;
/** Waits end early; a machine that does much else may need it. */
const LIMIT_MS = 600_000;
let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open(`shop-${process.pid}`);
}, 240_000);

afterAll(() => shop?.close());

describe('kill -9 while 500 runs with write steps are under way', () => {
  it(
    'of a worker: another one ends its runs, with the same keys for the writes that it repeats',
    async () => {
      const [first, second] = await shop.staff(2);
      if (first === undefined || second === undefined) throw new Error('Two workers are wanted.');
      const book = await shop.openBook('worker');
      const router = await shop.router(book);
      router.start(0, RUNS);
      await expect.poll(() => router.isDone, WAIT).toBe(true);
      const callsOf = async (pid: number) => (await book.calls()).filter((call) => call.pid === pid);
      await expect.poll(async () => (await callsOf(pidOf(first))).length, WAIT).toBeGreaterThan(0);

      await shop.kill(first);
      const lost = keysOf(await callsOf(pidOf(first)));
      await book.openGate();
      await allEnded(shop, book, RUNS);
      expect(isAlive(second)).toBe(true);
      // Its writes were done and never answered, so each was tried again, and the key was the same.
      expect(keysOf(await callsOf(pidOf(second)))).toEqual(expect.arrayContaining(lost));
      await booksAreRight(shop, book, router.runs);
      await shop.kill(router.child);
    },
    LIMIT_MS,
  );

  it(
    'of a router: another one starts all of its orders, and none of them twice',
    async () => {
      const workers = await shop.staff(2);
      const book = await shop.openBook('router');
      const killed = await shop.router(book);
      killed.start(0, RUNS);
      await expect.poll(() => killed.runs.length, WAIT).toBeGreaterThan(RUNS / 4);
      await shop.kill(killed.child);
      expect(killed.isDone).toBe(false);

      const next = await shop.router(book);
      next.start(0, RUNS);
      await expect.poll(() => next.isDone, WAIT).toBe(true);
      await book.openGate();
      await allEnded(shop, book, RUNS);
      const again = new Map(next.runs.map((run) => [run.workflowId, run]));
      for (const { workflowId, runId, version } of killed.runs)
        expect(again.get(workflowId)).toMatchObject({ runId, version, started: false });
      expect(workers.every(isAlive)).toBe(true);
      await booksAreRight(shop, book, next.runs);
      await shop.kill(next.child);
    },
    LIMIT_MS,
  );

  it(
    'of the Temporal server: workers and routers go on by themselves when it is back on its data',
    async () => {
      const workers = await shop.staff(2);
      const book = await shop.openBook('server');
      const router = await shop.router(book);
      router.start(0, RUNS);
      await expect.poll(() => router.runs.length, WAIT).toBeGreaterThan(RUNS / 2);
      await shop.killServer();
      const wasDone = router.isDone;
      // Steps end while there is nobody to tell.
      await book.openGate();
      await shop.restartServer();

      expect(wasDone).toBe(false);
      await expect.poll(() => router.isDone, WAIT).toBe(true);
      await allEnded(shop, book, RUNS);
      expect([...workers, router.child].every(isAlive)).toBe(true);
      await booksAreRight(shop, book, router.runs);
      await shop.kill(router.child);
    },
    LIMIT_MS,
  );

  it(
    'of PostgreSQL: runs are started by the last known route and end; what they leave is recorded when it is back',
    async () => {
      const workers = await shop.staff(2);
      const book = await shop.openBook('registry');
      const router = await shop.router(book);
      router.start(0, RUNS / 2);
      await expect.poll(() => router.isDone, WAIT).toBe(true);
      try {
        await shop.postgres.crash();
        await expect.poll(() => router.askFreshness(), WAIT).toBe('stale');
        router.start(RUNS / 2, RUNS);
        await expect.poll(() => router.isDone, WAIT).toBe(true);
        await book.openGate();
        await expect.poll(async () => (await book.calls()).some(({ tool }) => tool === 'ship'), WAIT).toBe(true);
      } finally {
        await shop.postgres.restart();
      }

      await allEnded(shop, book, RUNS);
      expect([...workers, router.child].every(isAlive)).toBe(true);
      expect(router.runs.filter(({ stale }) => stale)).toHaveLength(RUNS / 2);
      await booksAreRight(shop, book, router.runs);
      await shop.kill(router.child);
    },
    LIMIT_MS,
  );
});

function keysOf(calls: readonly ToolCall[]): string[] {
  return [...new Set(calls.map(({ key }) => key))];
}
