/** Realistic refund requests, as many as asked: for demos, tests and load. The same seed gives the same requests. */
import { orderOf, policyOf } from '../../activities/refund-eligibility/orders.ts';
import { type Random, randomFrom } from '../../activities/refund-eligibility/random.ts';
import type { Order, RefundRequest, RefundVerdict } from './schemas.ts';

type Category = RefundVerdict['category'];
type Templates = readonly [string, ...string[]];

const DAY_MS = 86_400_000;

const OPENINGS: Templates = ['Hello,', 'Hi there,', 'Good morning,', 'Dear team,', 'To whom it may concern,'];
const CLOSINGS: Templates = ['Thanks.', 'I would like my money back.', 'Please let me know.', 'Kind regards.', ''];

const MESSAGES: Readonly<Record<Category, Templates>> = {
  damaged: [
    'the {item} arrived with a crack right through it.',
    'when I opened the parcel the {item} was smashed.',
    'my {item} came broken, I have photos.',
    'the {item} is scratched and dented, it must have happened on the way.',
    'the {item} stopped working after two days.',
    'the {item} is defective and will not start.',
  ],
  'wrong-item': [
    'you sent me the wrong size of the {item}.',
    'this is not what I ordered, I asked for the {item} in grey.',
    'I got a different model instead of the {item} I paid for.',
    'there seems to be a mix-up, the parcel held something else than the {item}. It is the wrong article.',
  ],
  'late-delivery': [
    'the {item} was delayed so long that I had to buy another one.',
    'my {item} came weeks after the date you promised.',
    'the {item} arrived late, the party was over by then.',
    'the {item} did not arrive on time and is of no use to me now.',
  ],
  'changed-mind': [
    'I changed my mind about the {item}.',
    'I no longer need the {item}.',
    'the {item} does not suit our living room.',
    'on second thoughts the {item} is too expensive for me.',
    'I ordered the {item} by mistake.',
    'nothing is wrong with the {item}, it is not damaged, I just do not like it.',
  ],
  other: [
    'how does a refund for the {item} work?',
    'please refund the {item}.',
    'I have a question about the {item} and its refund.',
  ],
};

/** How many days after delivery customers write: most soon, some after the window, a few very late. */
const DAYS: readonly (readonly [share: number, min: number, max: number])[] = [
  [0.64, 1, 28],
  [0.17, 32, 58],
  [0.12, 62, 88],
  [0.07, 93, 140],
];

/**
 * Makes requests.
 *
 * @param seed - any whole number
 * @param count - how many
 */
export function generateRequests(seed: number, count: number): RefundRequest[] {
  return Array.from({ length: count }, (_, index) => requestOf(seed, index));
}

function requestOf(seed: number, index: number): RefundRequest {
  const random = randomFrom(`requests ${seed} ${index}`);
  const order = orderOf(`ORD-${random.between(100_000, 999_999)}`);
  const category = categoryOf(random, order);
  const customer = order.customerId.slice(2);
  const daysAfter = daysAfterDelivery(random, category);
  return {
    requestId: `REQ-${seed}-${String(index + 1).padStart(5, '0')}`,
    orderId: order.id,
    customerName: `Customer ${customer}`,
    customerEmail: `customer-${customer}@example.com`,
    message: messageOf(random, category, order.item),
    requestedAt: new Date(
      Date.parse(order.deliveredAt) + daysAfter * DAY_MS + random.between(1, 600) * 60_000,
    ).toISOString(),
  };
}

/** Late deliveries are often complained of; items of the closing sale come back broken or wrong more often than not wanted. */
function categoryOf(random: Random, order: Order): Category {
  const late = Date.parse(order.deliveredAt) > Date.parse(order.promisedAt);
  if (late && random.chance(0.5)) return 'late-delivery';
  if (policyOf(order.sku).finalSale && random.chance(0.5)) return random.pick(['damaged', 'damaged', 'wrong-item']);
  return random.pick([
    'damaged',
    'damaged',
    'damaged',
    'wrong-item',
    'wrong-item',
    'changed-mind',
    'changed-mind',
    'changed-mind',
    'changed-mind',
    'other',
  ]);
}

function daysAfterDelivery(random: Random, category: Category): number {
  let left = random.next();
  for (const [share, min, max] of DAYS) {
    left -= share;
    if (left < 0) return random.between(min, max);
  }
  return category === 'other' ? 10 : 20;
}

function messageOf(random: Random, category: Category, item: string): string {
  const body = random.pick(MESSAGES[category]).replaceAll('{item}', item.toLowerCase());
  return [random.pick(OPENINGS), body, random.pick(CLOSINGS)].filter((part) => part !== '').join(' ');
}
