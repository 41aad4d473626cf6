import type { MissionContext } from 'mission-runtime/mission';
import { refund } from './mission.ts';
import { daysSince, isFinalSaleRegret, refundAmount } from './rules.ts';
import {
  Assessment,
  Classification,
  type Order,
  type RefundRequest,
  type RefundVerdict,
  type SalePolicy,
} from './schemas.ts';

type Context = MissionContext<(typeof refund)['spec']>;
type Settled = Pick<RefundVerdict, 'approve' | 'decidedBy' | 'reason'>;

/** Everything that is known about one request before it is settled. */
interface Known {
  readonly request: RefundRequest;
  readonly order: Order;
  readonly sale: SalePolicy;
  readonly category: RefundVerdict['category'];
  readonly refundsThisYear: number;
}

export const refundEligibility = refund.workflow(async (context, request) => {
  const { step, rules } = context;
  const known = await lookUp(context, request);
  const { order, sale, category } = known;

  let settled = await settle(context, known);
  const payout = refundAmount(order, sale, category);

  // A person looks at what is unusually large.
  if (settled.approve && payout > rules.decideAbove) {
    const answer = await step.decide('large-refund', { order, amount: payout, reason: settled.reason });
    settled = { approve: answer.option === 'refund', decidedBy: 'person', reason: answer.comment ?? settled.reason };
  }

  if (!settled.approve) {
    const reference = await deny(context, known, settled.reason);
    return { ...settled, amount: 0, category, reference };
  }
  const receipt = await step.tool('issueRefund', { orderId: order.id, amount: payout });
  return { ...settled, amount: payout, category, reference: receipt.reference };
});

async function lookUp({ step }: Context, request: RefundRequest): Promise<Known> {
  const classified = await step.model('classify', { message: request.message }, Classification);
  const order = await step.tool('getOrder', { id: request.orderId });
  const sale = await step.tool('getPolicy', { sku: order.sku });
  const history = await step.tool('getRefundHistory', { customerId: order.customerId });
  return { request, order, sale, category: classified.category, refundsThisYear: history.refundsThisYear };
}

/** Rules first; what they leave open is assessed. */
async function settle({ step, rules }: Context, known: Known): Promise<Settled> {
  const { order, sale, category, request, refundsThisYear } = known;
  const daysSinceDelivery = daysSince(order.deliveredAt, request.requestedAt);

  const inTime = step.rule('in-window', { days: daysSinceDelivery }, ({ days }) => days <= rules.windowDays);
  const isSmall = step.rule('small-amount', order.total, (sum) => sum <= rules.refundWithoutQuestionUpTo);
  const isUnopened = step.rule('unopened', order.condition, (state) => state === 'unopened');
  const isTrusted = step.rule('few-refunds', refundsThisYear, (refunds) => refunds < rules.refundsPerYear);
  const isRegret = step.rule('final-sale-regret', isFinalSaleRegret(sale, category));

  if (!isTrusted) return byRule(false, 'Too many refunds this year.');
  if (isRegret) return byRule(false, 'Final-sale items are not taken back.');
  if (inTime && isSmall && isUnopened && !sale.finalSale) return byRule(true, 'A small amount, unopened and in time.');

  const facts = {
    message: request.message,
    category,
    item: order.item,
    total: order.total,
    condition: order.condition,
    gift: order.gift,
    finalSale: sale.finalSale,
    daysSinceDelivery,
    refundsThisYear,
  };
  const { approve, reason } = await step.model(
    'assess',
    { windowDays: String(rules.windowDays), case: facts },
    Assessment,
  );
  return { approve, decidedBy: 'assessment', reason };
}

function byRule(approve: boolean, reason: string): Settled {
  return { approve, decidedBy: 'rules', reason };
}

async function deny({ step }: Context, { request, order }: Known, reason: string): Promise<string> {
  const facts = { customerName: request.customerName, orderId: order.id, item: order.item, reason };
  const text = await step.model('letter', { case: facts });
  const sent = await step.tool('sendLetter', { orderId: order.id, email: request.customerEmail, text });
  return sent.reference;
}
