/** The side effects of refund-eligibility, on an in-memory back office whose data follow from the ids asked for. */
import { defineActivities, defineTools } from 'mission-runtime/activity';
import { refund } from '../workflows/refund-eligibility/mission.ts';
import { Ledger } from './refund-eligibility/ledger.ts';
import { orderOf, policyOf, refundsThisYear } from './refund-eligibility/orders.ts';

const ledger = new Ledger();

const tools = defineTools(refund, {
  getOrder: ({ id }) => orderOf(id),
  getPolicy: ({ sku }) => policyOf(sku),
  getRefundHistory: ({ customerId }) => ({ refundsThisYear: refundsThisYear(customerId) }),
  issueRefund: (_, { idempotencyKey }) => ({ reference: ledger.record('RF', idempotencyKey) }),
  sendLetter: (_, { idempotencyKey }) => ({ reference: ledger.record('LT', idempotencyKey) }),
});

export default defineActivities({ tools });
