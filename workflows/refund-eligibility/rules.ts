/** The rules of the mission: pure functions of what it knows. */
import type { Order, RefundVerdict, SalePolicy } from './schemas.ts';

const DAY_MS = 86_400_000;

/** Whole days from delivery to the request. */
export function daysSince(deliveredAt: string, requestedAt: string): number {
  return Math.floor((Date.parse(requestedAt) - Date.parse(deliveredAt)) / DAY_MS);
}

/** A final-sale item that nothing is wrong with. */
export function isFinalSaleRegret(sale: SalePolicy, category: RefundVerdict['category']): boolean {
  return sale.finalSale && (category === 'changed-mind' || category === 'other');
}

/** What is paid back: everything, less the return fee when the item is as it should be. */
export function refundAmount(order: Order, sale: SalePolicy, category: RefundVerdict['category']): number {
  const fee = category === 'changed-mind' ? sale.returnFee : 0;
  return Math.max(0, Math.round((order.total - fee) * 100) / 100);
}
