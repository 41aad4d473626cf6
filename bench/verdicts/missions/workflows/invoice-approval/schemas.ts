/** What the mission and its tools exchange. */
import { compare, redact } from 'mission-runtime/mission';
import * as z from 'zod';

export const InvoiceLine = z.object({
  lineId: z.string(),
  orderId: z.string(),
  quantity: z.int().positive(),
  unitPrice: z.number().nonnegative(),
});

export const Invoice = z.object({
  invoiceId: z.string().min(1),
  vendorId: z.string().min(1),
  account: redact.personal(z.string()),
  /** What the vendor wrote on it. */
  note: z.string(),
  lines: z.array(InvoiceLine).min(1),
});

export const Settlement = z.object({
  status: z.enum(['paid', 'held', 'returned']),
  amount: compare.tolerance(z.number(), { absolute: 0.005 }),
  risk: z.enum(['none', 'low', 'high']),
  /** Lines that do not fit what was ordered and received. */
  mismatches: compare.unordered(z.array(z.string())),
  decidedBy: z.enum(['rules', 'audit', 'person', 'timeout']),
  reason: compare.text(z.string()),
  reference: compare.ignore(z.string()),
});

export const OrderedLine = z.object({ quantity: z.int(), unitPrice: z.number() });

export const Vendor = z.object({ vendor: z.string(), yearsKnown: z.number(), suspended: z.boolean() });

export const BankAccount = z.object({ accountChangedDaysAgo: z.number() });

export const Contract = z.object({ contract: z.boolean() });

export const Audit = z.object({ risk: z.enum(['low', 'high']), reason: z.string(), confidence: z.number() });

export const Receipt = z.object({ reference: z.string() });

export type Invoice = z.infer<typeof Invoice>;
export type InvoiceLine = z.infer<typeof InvoiceLine>;
export type Settlement = z.infer<typeof Settlement>;
