/** A workflow of the kind that knows nothing of missions: seven activities one after another, and a few at once. */
import { proxyActivities } from '@temporalio/workflow';
import type { Line, Order, OrderActivities, Receipt } from './activities.ts';

const { reserve, quote, charge, ship, notify, archive } = proxyActivities<OrderActivities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
});

export async function order(given: Order): Promise<Receipt> {
  const reserved: Line[] = [];
  for (const line of given.lines) reserved.push(await reserve(line));
  const { total } = await quote(reserved);
  const payment = await charge({ customer: given.customer, total });
  const parcels = await Promise.all(reserved.map((line) => ship({ to: given.address, line })));
  await notify({ customer: given.customer, payment, parcels });
  await archive(given.id);
  return { id: given.id, total, payment, parcels };
}
