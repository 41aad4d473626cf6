import { defineActivities, defineTools } from 'mission-runtime/activity';
import { invoiceApproval } from '../workflows/invoice-approval/mission.ts';
import { ORDERS, VENDORS, type VendorId } from './invoice-approval/books.ts';

const NOTHING = { quantity: 0, unitPrice: 0, received: 0 };

function vendorOf(vendorId: string) {
  const vendor = VENDORS[vendorId as VendorId];
  if (vendor === undefined) throw new Error(`There is no vendor ${vendorId}.`);
  return vendor;
}

const tools = defineTools(invoiceApproval, {
  getOrderLine: ({ orderId }) => {
    const { quantity, unitPrice } = ORDERS[orderId] ?? NOTHING;
    return { quantity, unitPrice };
  },
  getReceived: ({ orderId }) => ({ received: (ORDERS[orderId] ?? NOTHING).received }),
  getVendor: ({ vendorId }) => {
    const { vendor, yearsKnown, suspended } = vendorOf(vendorId);
    return { vendor, yearsKnown, suspended };
  },
  getBankAccount: ({ vendorId }) => ({ accountChangedDaysAgo: vendorOf(vendorId).accountChangedDaysAgo }),
  getContract: ({ vendorId }) => ({ contract: vendorOf(vendorId).contract }),
  pay: (_, { idempotencyKey }) => ({ reference: `PAY-${idempotencyKey.length}` }),
  returnInvoice: (_, { idempotencyKey }) => ({ reference: `RET-${idempotencyKey.length}` }),
});

export default defineActivities({ tools });
