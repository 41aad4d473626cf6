/** Delivery watch: looks after a parcel until it arrived, and makes good what went wrong. */
import { compare, defineMission, redact } from 'mission-runtime/mission';
import * as z from 'zod';
import { Parcel, Receipt, Watch, Watched } from './schemas.ts';

export const deliveryWatch = defineMission({
  name: 'delivery-watch',
  description: 'Watches a parcel, and compensates the customer.',
  input: Watch,
  output: Watched,
  models: { default: { model: 'local/instruction-reader', temperature: 0 } },
  prompts: {
    remedy: `Choose the remedy for a customer whose parcel did not arrive as promised.
- Remedy is voucher when the parcel is more than {{lateAfterDays}} days late.
- Remedy is refund when the state is lost.
- Remedy is refund when the item arrived damaged.
- Otherwise, remedy is none.

{{parcel}}`,
    note: `Write a short letter to the customer about the delivery. Apologise. Mention the parcel, the remedy and the amount.
Sign as "Deliveries".

{{parcel}}`,
  },
  rules: {
    lateAfterDays: 3,
    checksPerRun: 2,
    checkEveryMs: 1_500,
    checksMax: 4,
    voucherShare: 0.1,
    voucherMax: 25,
  },
  tools: {
    getParcel: {
      effect: 'read',
      input: z.object({ parcelId: z.string(), check: z.int() }),
      output: Parcel,
      timeoutMs: 20_000,
    },
    redirect: {
      effect: 'write',
      input: z.object({ parcelId: z.string(), address: redact.personal(z.string()) }),
      output: Receipt,
    },
    compensate: {
      effect: 'write',
      input: z.object({ parcelId: z.string(), remedy: z.string(), amount: z.number() }),
      output: Receipt,
    },
    sendNote: {
      effect: 'write',
      input: z.object({ parcelId: z.string(), text: compare.text(redact.personal(z.string())) }),
      output: Receipt,
    },
  },
});
