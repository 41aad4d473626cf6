/** Three-way matching: what was invoiced, ordered and received. Pure. */
import type { InvoiceLine } from './schemas.ts';

export interface MatchedLine {
  readonly line: InvoiceLine;
  readonly ordered: { readonly quantity: number; readonly unitPrice: number };
  readonly received: number;
}

/** What is wrong with a line, or nothing. */
export function mismatchOf({ line, ordered, received }: MatchedLine, tolerance: number): string | undefined {
  if (line.quantity > ordered.quantity) return `${line.lineId}: more than ordered`;
  if (line.quantity > received) return `${line.lineId}: more than received`;
  if (line.unitPrice > ordered.unitPrice * (1 + tolerance)) return `${line.lineId}: price too high`;
  return undefined;
}

/** The sum of all lines, in cents precision. */
export function amountOf(lines: readonly InvoiceLine[]): number {
  const sum = lines.reduce((total, { quantity, unitPrice }) => total + quantity * unitPrice, 0);
  return Math.round(sum * 100) / 100;
}
