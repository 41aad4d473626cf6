/** The server's list of runs, of which some cannot be read here. Nothing has to execute them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { newSecret, parseKeyring } from '../../src/encryption/keyring.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { type ListedRun, listRunsWith } from '../../src/temporal/listed-runs.ts';

const taskQueue = `listed-${randomUUID()}`;
const query = `TaskQueue = '${taskQueue}'`;
const open: TemporalConnection[] = [];
let here: TemporalConnection;

async function connect(keys?: string): Promise<TemporalConnection> {
  const keyring = keys === undefined ? undefined : parseKeyring(keys, 'keys');
  const temporal = await connectTemporal({ address: inject('temporalAddress'), env: {}, keyring });
  open.push(temporal);
  return temporal;
}

async function run({ client }: TemporalConnection, name: string, memo: Record<string, unknown>): Promise<void> {
  const started = await client.workflow.start('listed', { workflowId: `${taskQueue}-${name}`, taskQueue, memo });
  await started.terminate();
}

async function listed(options: Partial<Parameters<typeof listRunsWith>[1]> = {}): Promise<ListedRun[]> {
  const runs: ListedRun[] = [];
  for await (const one of listRunsWith(here.client, { query, memo: (key) => key === 'wanted', ...options })) {
    runs.push(one);
  }
  return runs.sort((left, right) => left.workflowId.localeCompare(right.workflowId));
}

beforeAll(async () => {
  here = await connect();
  const elsewhere = await connect(`k-elsewhere:${newSecret()}`);
  await run(here, 'clear', { wanted: 'told', other: 'not asked for' });
  await run(elsewhere, 'sealed', { wanted: 'told to others' });
  await run(elsewhere, 'unasked', { other: 'told to others' });
  await vi.waitFor(async () => expect(await listed()).toHaveLength(3), { timeout: 60_000, interval: 200 });
}, 90_000);

afterAll(async () => {
  for (const one of open) await one.close();
});

describe('the list of runs', () => {
  it('has those that cannot be read here, and says of them which key is missing', async () => {
    const [clear, sealed, unasked] = await listed();
    expect(clear).toMatchObject({
      type: 'listed',
      taskQueue,
      status: { name: 'TERMINATED' },
      memo: { wanted: 'told' },
    });
    expect(clear?.startTime.getTime()).toBeLessThanOrEqual(clear?.closeTime?.getTime() ?? 0);
    expect([clear?.memo, clear?.unreadable]).toEqual([{ wanted: 'told' }, undefined]);
    expect(sealed).toMatchObject({ memo: {}, unreadable: { code: 'ENCRYPTION_KEY_MISSING' } });
    expect(sealed?.unreadable?.message).toContain('"k-elsewhere"');
    expect([unasked?.memo, unasked?.unreadable]).toEqual([{}, undefined]);
  });

  it('is the same page by page', async () => {
    expect(await listed({ pageSize: 1 })).toEqual(await listed());
  });

  it('says that the server refuses a query, and which', async () => {
    await expect(listed({ query: 'Colour = "blue"' })).rejects.toMatchObject({
      code: 'USAGE',
      remedy: expect.stringContaining('Colour = "blue"'),
    });
  });
});
