/** What the mission and its tools exchange. */
import { compare, redact } from 'mission-runtime/mission';
import * as z from 'zod';

export const Category = z.enum(['damaged', 'wrong-item', 'late-delivery', 'changed-mind', 'other']);

export const RefundRequest = z.object({
  /** Business key of the run: routing keeps all runs of one request on one version. */
  requestId: z.string().min(1),
  orderId: z.string().min(1),
  customerName: redact.personal(z.string()),
  customerEmail: redact.personal(z.email()),
  /** What the customer wrote. */
  message: z.string(),
  requestedAt: z.iso.datetime(),
});

export const RefundVerdict = z.object({
  approve: z.boolean(),
  /** Refunded, in the order's currency; 0 when denied. */
  amount: compare.tolerance(z.number(), { absolute: 0.005 }),
  category: Category,
  /** What settled it: the mission's rules, the model's assessment, or a person. */
  decidedBy: z.enum(['rules', 'assessment', 'person']),
  reason: compare.text(z.string()),
  /** Of the refund or of the letter, as the back office gave it. */
  reference: compare.ignore(z.string()),
});

export const Order = z.object({
  id: z.string(),
  customerId: z.string(),
  item: z.string(),
  sku: z.string(),
  total: z.number().nonnegative(),
  currency: z.string(),
  promisedAt: z.iso.datetime(),
  deliveredAt: z.iso.datetime(),
  /** As it came back, or as the customer says it will. */
  condition: z.enum(['unopened', 'opened', 'used']),
  gift: z.boolean(),
});

/** The terms an item was sold under. */
export const SalePolicy = z.object({
  finalSale: z.boolean(),
  /** Kept back when the customer simply does not want the item any more. */
  returnFee: z.number().nonnegative(),
});

export const Classification = z.object({ category: Category, confidence: z.number().min(0).max(1) });

export const Assessment = z.object({
  approve: z.boolean(),
  reason: z.string(),
  confidence: z.number().min(0).max(1),
});

export const RefundOrder = z.object({ orderId: z.string(), amount: z.number().positive() });

export const Letter = z.object({
  orderId: z.string(),
  email: redact.personal(z.email()),
  text: compare.text(redact.personal(z.string())),
});

export const Receipt = z.object({ reference: z.string() });

export type RefundRequest = z.infer<typeof RefundRequest>;
export type RefundVerdict = z.infer<typeof RefundVerdict>;
export type Order = z.infer<typeof Order>;
export type SalePolicy = z.infer<typeof SalePolicy>;
