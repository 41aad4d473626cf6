/** What the mission and its tools exchange. */
import { compare, redact } from 'mission-runtime/mission';
import * as z from 'zod';

export const Watch = z.object({
  parcelId: z.string().min(1),
  customerName: redact.personal(z.string()),
  address: redact.personal(z.string()),
  value: z.number().nonnegative(),
  /** Checks made by the runs before this one of the chain. */
  checked: z.int().nonnegative().default(0),
  /** What the customer and the carrier said so far. */
  messages: z.array(z.string()).default([]),
  moves: z.int().nonnegative().default(0),
});

export const Watched = z.object({
  state: z.enum(['delivered', 'lost', 'given-up']),
  remedy: z.enum(['none', 'voucher', 'refund']),
  amount: z.number(),
  checks: z.int(),
  moves: z.int(),
  reason: compare.text(z.string()),
});

export const CarrierNews = z.object({ text: z.string(), final: z.boolean() });

export const Parcel = z.object({
  state: z.enum(['on-its-way', 'delivered', 'lost']),
  daysLate: z.int(),
});

export const Remedy = z.object({ remedy: z.enum(['none', 'voucher', 'refund']), reason: z.string() });

export const Receipt = z.object({ reference: compare.ignore(z.string()) });

export type Watch = z.infer<typeof Watch>;
export type CarrierNews = z.infer<typeof CarrierNews>;
