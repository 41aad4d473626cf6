import { refund } from './mission.ts';
import { daysSince, isFinalSaleRegret, refundAmount } from './rules.ts';
import { Assessment, Classification, type RefundVerdict } from './schemas.ts';

/** What is decided before it is carried out. */
type Decision = Pick<RefundVerdict, 'approve' | 'decidedBy' | 'reason'>;

export const refundEligibility = refund.workflow(async ({ step, rules }, request) => {
  const { category } = await step.model('classify', { message: request.message }, Classification);
  const order = await step.tool('getOrder', { id: request.orderId });
  const sale = await step.tool('getPolicy', { sku: order.sku });
  const { refundsThisYear } = await step.tool('getRefundHistory', { customerId: order.customerId });

  const days = daysSince(order.deliveredAt, request.requestedAt);
  const inWindow = step.rule('in-window', { days }, () => days <= rules.windowDays);
  const smallAmount = step.rule('small-amount', order.total, (total) => total <= rules.refundWithoutQuestionUpTo);
  const unopened = step.rule('unopened', order.condition, (condition) => condition === 'unopened');
  const fewRefunds = step.rule('few-refunds', refundsThisYear, (count) => count < rules.refundsPerYear);
  const finalSaleRegret = step.rule('final-sale-regret', isFinalSaleRegret(sale, category));

  const decide = async (): Promise<Decision> => {
    if (!fewRefunds) return { approve: false, decidedBy: 'rules', reason: 'Too many refunds this year.' };
    if (finalSaleRegret) return { approve: false, decidedBy: 'rules', reason: 'Final-sale items are not taken back.' };
    if (inWindow && smallAmount && unopened && !sale.finalSale) {
      return { approve: true, decidedBy: 'rules', reason: 'A small amount, unopened and in time.' };
    }
    const { message } = request;
    const { item, total, condition, gift } = order;
    const { finalSale } = sale;
    const facts = {
      message,
      category,
      item,
      total,
      condition,
      gift,
      finalSale,
      daysSinceDelivery: days,
      refundsThisYear,
    };
    const assessment = await step.model('assess', { windowDays: String(rules.windowDays), case: facts }, Assessment);
    return { approve: assessment.approve, decidedBy: 'assessment', reason: assessment.reason };
  };

  const amount = refundAmount(order, sale, category);
  let decision = await decide();
  if (decision.approve && amount > rules.decideAbove) {
    const { option, comment } = await step.decide('large-refund', { order, amount, reason: decision.reason });
    decision = { approve: option === 'refund', decidedBy: 'person', reason: comment ?? decision.reason };
  }
  if (decision.approve) {
    const { reference } = await step.tool('issueRefund', { orderId: order.id, amount });
    return { ...decision, amount, category, reference };
  }
  const { customerName, customerEmail } = request;
  const { reason } = decision;
  const text = await step.model('letter', { case: { customerName, orderId: order.id, item: order.item, reason } });
  const { reference } = await step.tool('sendLetter', { orderId: order.id, email: customerEmail, text });
  return { ...decision, amount: 0, category, reference };
});
