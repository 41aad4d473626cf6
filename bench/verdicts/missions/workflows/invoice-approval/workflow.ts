import { uuid4 } from '@temporalio/workflow';
import { amountOf, mismatchOf } from './matching.ts';
import { invoiceApproval as mission } from './mission.ts';
import { Audit, type Settlement } from './schemas.ts';

const STATUS = { pay: 'paid', return: 'returned', hold: 'held' } as const;

type Decision = Pick<Settlement, 'status' | 'decidedBy' | 'reason' | 'risk'>;

export const invoiceApproval = mission.workflow(async ({ step, rules }, invoice) => {
  const { invoiceId, vendorId, account, note } = invoice;
  const matched = await Promise.all(
    invoice.lines.map(async (line) => {
      const { orderId, lineId } = line;
      const ordered = await step.tool('getOrderLine', { orderId, lineId }, { id: `ordered-${lineId}` });
      const { received } = await step.tool('getReceived', { orderId, asOf: uuid4() }, { id: `received-${lineId}` });
      return { line, ordered, received };
    }),
  );
  const mismatches = matched.flatMap((line) => mismatchOf(line, rules.priceTolerance) ?? []);
  const amount = amountOf(invoice.lines);

  const clean = step.rule('clean', mismatches.length, (count) => count === 0);
  const small = step.rule('small', amount, (total) => total <= rules.payWithoutQuestionUpTo);
  const large = step.rule('large', amount >= rules.decideFrom);

  const settle = async (): Promise<Decision> => {
    if (clean && small) return { status: 'paid', decidedBy: 'rules', reason: 'Small, and as ordered.', risk: 'none' };
    const facts = { invoiceId, vendorId, amount, mismatches: mismatches.length, note };
    const tools = ['getVendor', 'getBankAccount', 'getContract'] as const;
    const { risk, reason } = await step.agent('audit', { invoice: facts }, { tools, maxTurns: 6 }, Audit);
    step.observe('audited', { risk });
    if (risk === 'low' && clean && !large) return { status: 'paid', decidedBy: 'audit', reason, risk };
    if (risk === 'high' && !clean) return { status: 'returned', decidedBy: 'audit', reason, risk };
    const { option, by } = await step.decide('pay-invoice', { invoiceId, amount, mismatches, risk, reason });
    return { status: STATUS[option], decidedBy: by === 'timeout' ? 'timeout' : 'person', reason, risk };
  };

  const decision = await settle();
  const settled = { ...decision, amount, mismatches };
  if (decision.status === 'held') return { ...settled, reference: '' };
  if (decision.status === 'paid') {
    const { reference } = await step.tool('pay', { invoiceId, amount, account });
    return { ...settled, reference };
  }
  const text = await step.model('reply', { invoice: { invoiceId, amount, reason: decision.reason } });
  const { reference } = await step.tool('returnInvoice', { invoiceId, text });
  return { ...settled, reference };
});
