/** Schedules of a real server, those of others among them. */
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { listSchedulesWith } from '../../src/temporal/listed-schedules.ts';

const KEY = `kept-by-${randomUUID()}`;
const unreadable: PayloadCodec = {
  encode: async (payloads) =>
    payloads.map(() => ({ metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('sealed') })),
  decode: async (payloads) => payloads,
};
const ids: string[] = [];
let temporal: TemporalConnection;

async function create(client: Client, name: string, memo: Record<string, unknown>): Promise<string> {
  const scheduleId = `${name}-${randomUUID()}`;
  ids.push(scheduleId);
  await client.schedule.create({
    scheduleId,
    spec: { cronExpressions: ['0 2 1 1 *'] },
    action: { type: 'startWorkflow', workflowType: 'orders', workflowId: scheduleId, taskQueue: 'mission/orders' },
    state: { note: 'a note', paused: true },
    memo,
  });
  return scheduleId;
}

beforeAll(async () => {
  temporal = await connectTemporal({ address: inject('temporalAddress') });
});

afterAll(async () => {
  for (const id of ids) await temporal.client.schedule.getHandle(id).delete();
  await temporal.close();
});

describe('schedules that carry a memo', () => {
  it('are listed with it, among others and among those whose memos nobody here can read', async () => {
    const { connection, namespace } = temporal;
    const others = new Client({ connection, namespace, dataConverter: { payloadCodecs: [unreadable] } });
    const ours = await create(temporal.client, 'ours', { [KEY]: 'ada' });
    const sealed = await create(others, 'sealed', { [KEY]: 'grace' });
    await create(others, 'foreign', { team: 'another' });
    await create(temporal.client, 'plain', {});
    const found = await vi.waitFor(
      async () => {
        const listed = [];
        for await (const one of listSchedulesWith(temporal.client, KEY)) listed.push(one);
        expect(listed).toHaveLength(2);
        return listed;
      },
      { timeout: 60_000, interval: 200 },
    );
    const shown = { workflowType: 'orders', state: { paused: true, note: 'a note' } };
    expect(found.find(({ scheduleId }) => scheduleId === ours)).toMatchObject({ ...shown, memo: { [KEY]: 'ada' } });
    expect(found.find(({ scheduleId }) => scheduleId === sealed)).toMatchObject({
      ...shown,
      memo: { [KEY]: undefined },
    });
  }, 90_000);
});
