/** Invoice approval: matches an invoice line by line, audits what does not match, and asks a person where it must. */
import { compare, defineMission, redact, volatile } from 'mission-runtime/mission';
import * as z from 'zod';
import { audit, reply } from './prompts.ts';
import { BankAccount, Contract, Invoice, OrderedLine, Receipt, Settlement, Vendor } from './schemas.ts';

export const invoiceApproval = defineMission({
  name: 'invoice-approval',
  description: 'Pays, holds or returns an invoice.',
  input: Invoice,
  output: Settlement,
  models: {
    auditor: { model: 'local/instruction-reader', temperature: 0, attempts: 3 },
    writer: { model: 'local/instruction-reader', temperature: 0.4, maxOutputTokens: 400 },
  },
  prompts: {
    audit: { text: audit, system: 'You audit invoices of suppliers.', model: 'auditor' },
    reply: { text: reply, model: 'writer' },
  },
  rules: {
    /** Share by which a price may exceed the ordered one. */
    priceTolerance: 0.02,
    payWithoutQuestionUpTo: 1_000,
    /** From this amount on a person decides, whatever the audit says. */
    decideFrom: 8_000,
  },
  tools: {
    getOrderLine: {
      effect: 'read',
      input: z.object({ orderId: z.string(), lineId: z.string() }),
      output: OrderedLine,
      replayable: true,
    },
    getReceived: {
      effect: 'read',
      input: z.object({ orderId: z.string(), asOf: volatile(z.string()) }),
      output: z.object({ received: z.int() }),
    },
    getVendor: {
      effect: 'read',
      description: 'Who the vendor is, and whether it may be paid.',
      input: z.object({ vendorId: z.string() }),
      output: Vendor,
    },
    getBankAccount: { effect: 'read', input: z.object({ vendorId: z.string() }), output: BankAccount, attempts: 2 },
    getContract: { effect: 'read', input: z.object({ vendorId: z.string() }), output: Contract },
    pay: {
      effect: 'write',
      input: z.object({ invoiceId: z.string(), amount: z.number(), account: redact.personal(z.string()) }),
      output: Receipt,
    },
    returnInvoice: {
      effect: 'write',
      input: z.object({ invoiceId: z.string(), text: compare.text(z.string()) }),
      output: Receipt,
    },
  },
  decisions: {
    'pay-invoice': {
      question: 'Pay this invoice?',
      options: ['pay', 'return', 'hold'],
      timeoutMs: 6_000,
      onTimeout: 'hold',
    },
  },
});
