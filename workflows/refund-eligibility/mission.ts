/** Customer refund eligibility: everything that can change without code. */
import { defineMission } from 'mission-runtime/mission';
import * as z from 'zod';
import { assess } from './prompts/assess.ts';
import { classify } from './prompts/classify.ts';
import { letter } from './prompts/letter.ts';
import { Letter, Order, Receipt, RefundOrder, RefundRequest, RefundVerdict, SalePolicy } from './schemas.ts';

export const refund = defineMission({
  name: 'refund-eligibility',
  description: 'Decides a refund request and carries the decision out.',
  input: RefundRequest,
  output: RefundVerdict,
  models: { reader: { model: 'local/instruction-reader', temperature: 0 } },
  prompts: { classify, assess, letter },
  rules: {
    windowDays: 30,
    /** Up to this total a plain return is refunded without a second look. */
    refundWithoutQuestionUpTo: 60,
    refundsPerYear: 3,
    /** Above this amount a person decides. */
    decideAbove: 5_000,
  },
  tools: {
    getOrder: { effect: 'read', input: z.object({ id: z.string() }), output: Order },
    getPolicy: { effect: 'read', input: z.object({ sku: z.string() }), output: SalePolicy },
    getRefundHistory: {
      effect: 'read',
      input: z.object({ customerId: z.string() }),
      output: z.object({ refundsThisYear: z.int().nonnegative() }),
    },
    issueRefund: { effect: 'write', input: RefundOrder, output: Receipt },
    sendLetter: { effect: 'write', input: Letter, output: Receipt },
  },
  decisions: {
    'large-refund': { question: 'Refund this amount?', options: ['refund', 'deny'] },
  },
});
