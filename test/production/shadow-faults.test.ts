/**
 * `kill -9` of workers that run shadows, on real processes: once while all shadows wait for their real runs, and once while they
 * are counted. Afterwards each planned shadow was started once and is counted once, and none has done anything.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shadowWorkflowId } from '../../src/mission/wire.ts';
import { type Book, isAlive, Shop, WAIT } from './shop.ts';
import { allEnded } from './shop-books.ts';

const RUNS = 60;
const LIMIT_MS = 600_000;
const REAL = 1;
const CANDIDATE = 2;
let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open(`shadowed-${process.pid}`);
  await shop.registry.routes.set(1, {
    mission: shop.mission,
    weights: [{ version: REAL, weight: 10_000 }],
    shadows: [{ version: CANDIDATE, share: 10_000 }],
    by: 'ada',
    reason: 'beside all of them',
    activation: { report: null, forced: true },
  });
}, 240_000);

afterAll(() => shop?.close());

it(
  'kill -9 of workers leaves no shadow uncounted, none counted twice, and nothing done by one',
  async () => {
    const [first] = await shop.staff(2);
    const book = await shop.openBook('shadows');
    const router = await shop.router(book);
    router.start(0, RUNS);
    await expect.poll(() => router.isDone, WAIT).toBe(true);
    await expect.poll(() => statusesOf(book), WAIT).toEqual({ open: RUNS });
    if (first === undefined) throw new Error('A worker is wanted.');
    await shop.kill(first);

    const [second, third] = await shop.staff(2);
    await book.openGate();
    await allEnded(shop, book, RUNS);
    await expect.poll(async () => (await statusesOf(book))['ended'] ?? 0, WAIT).toBeGreaterThan(0);
    if (second === undefined || third === undefined) throw new Error('Two workers are wanted.');
    await shop.kill(second);

    await expect.poll(() => statusesOf(book), WAIT).toEqual({ ended: RUNS });
    expect(isAlive(third)).toBe(true);
    const orders = router.runs.map(({ workflowId }) => workflowId);
    const shadows = await Promise.all(orders.map((order) => shop.registry.shadows.find(shadowOf(order))));
    // What the candidate does otherwise, it does in every one of them.
    const found = new Set(shadows.map((shadow) => `${shadow?.outcome} at ${shadow?.step}`));
    expect([...found]).toEqual(['diverged at paid#1']);
    await expect.poll(() => startedShadows(book), WAIT).toEqual(orders.map(shadowOf).toSorted());

    const calls = await book.calls();
    expect(calls.filter(({ by, key }) => by !== REAL || key.includes(shadowOf('')))).toEqual([]);
    const steps = new Map(calls.map(({ order, tool, key }) => [`${order} ${tool}`, key]));
    expect(steps.size).toBe(2 * RUNS);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(2 * RUNS);
    await shop.kill(router.child);
  },
  LIMIT_MS,
);

function shadowOf(workflowId: string): string {
  return shadowWorkflowId(workflowId, CANDIDATE);
}

/** How many shadows of a book's orders stand so. */
async function statusesOf({ prefix }: Book): Promise<Record<string, number>> {
  const found = await Promise.all(
    Array.from({ length: RUNS }, (_, index) => shop.registry.shadows.find(shadowOf(`${prefix}-${index}`))),
  );
  const counts: Record<string, number> = {};
  for (const { status } of found.flatMap((shadow) => shadow ?? [])) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Workflow ids of the shadows that were started: one for each time. */
async function startedShadows({ prefix }: Book): Promise<string[]> {
  const ids: string[] = [];
  const query = `WorkflowId STARTS_WITH '${shadowOf(prefix)}'`;
  for await (const { workflowId } of shop.temporal.client.workflow.list({ query })) ids.push(workflowId);
  return ids.toSorted();
}
