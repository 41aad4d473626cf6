/** The seeded orders of the back office: everything about an order follows from its id. */
import type { Order, SalePolicy } from '../../workflows/refund-eligibility/schemas.ts';
import { randomFrom } from './random.ts';

const DAY_MS = 86_400_000;
const FIRST_DELIVERY_MS = Date.parse('2026-01-05T09:00:00.000Z');
const RETURN_FEE = 4.95;
/** Items of the closing sale carry this at the end of their number. */
const FINAL_SALE = '-FS';

interface Article {
  readonly item: string;
  readonly sku: string;
  readonly price: number;
}

const ARTICLES: readonly [Article, ...Article[]] = [
  { item: 'Ceramic mug', sku: 'MUG-11', price: 14.5 },
  { item: 'Linen tablecloth', sku: 'TBL-02', price: 39 },
  { item: 'Desk lamp', sku: 'LMP-07', price: 54.9 },
  { item: 'Running shoes', sku: 'SHO-31', price: 89.95 },
  { item: 'Winter coat', sku: 'COA-12', price: 179 },
  { item: 'Coffee grinder', sku: 'GRD-05', price: 129 },
  { item: 'Wireless headphones', sku: 'HPH-09', price: 219 },
  { item: 'Floor vase', sku: 'VAS-03', price: 48.5 },
  { item: 'Office chair', sku: 'CHR-20', price: 329 },
  { item: 'Road bicycle', sku: 'BIC-01', price: 1249 },
];

/** The order of an id. */
export function orderOf(id: string): Order {
  const random = randomFrom(`order ${id}`);
  const { item, sku, price } = random.pick(ARTICLES);
  const promisedMs = FIRST_DELIVERY_MS + random.between(0, 80) * DAY_MS;
  const delayDays = random.chance(0.2) ? random.between(3, 14) : -random.between(0, 2);
  return {
    id,
    customerId: `C-${random.between(1_000, 1_400)}`,
    item,
    sku: random.chance(0.22) ? `${sku}${FINAL_SALE}` : sku,
    total: price,
    currency: 'USD',
    promisedAt: new Date(promisedMs).toISOString(),
    deliveredAt: new Date(promisedMs + delayDays * DAY_MS).toISOString(),
    condition: random.pick(['unopened', 'unopened', 'opened', 'used']),
    gift: random.chance(0.15),
  };
}

/** The terms an item was sold under. */
export function policyOf(sku: string): SalePolicy {
  return { finalSale: sku.endsWith(FINAL_SALE), returnFee: RETURN_FEE };
}

/** How many refunds a customer had this year: most none, a few many. */
export function refundsThisYear(customerId: string): number {
  const random = randomFrom(`customer ${customerId}`);
  return random.chance(0.1) ? random.between(3, 6) : random.pick([0, 0, 0, 1, 1, 2]);
}
