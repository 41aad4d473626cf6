/** What the plain workflow calls, and the orders it is given. */
export interface Line {
  readonly article: string;
  readonly count: number;
  readonly price: number;
}

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly address: string;
  readonly lines: readonly Line[];
}

export interface Receipt {
  readonly id: string;
  readonly total: number;
  readonly payment: string;
  readonly parcels: readonly string[];
}

export const orderActivities = {
  reserve: async (line: Line): Promise<Line> => ({ ...line, price: Math.round(line.price * 100) / 100 }),
  quote: async (lines: readonly Line[]) => ({ total: lines.reduce((sum, { count, price }) => sum + count * price, 0) }),
  charge: async ({ customer, total }: { customer: string; total: number }) => `charged ${customer} ${total.toFixed(2)}`,
  ship: async ({ to, line }: { to: string; line: Line }) => `${line.count} × ${line.article} to ${to}`,
  notify: async (message: { customer: string; payment: string; parcels: readonly string[] }) => message.parcels.length,
  archive: async (id: string) => `archived ${id}`,
};

export type OrderActivities = typeof orderActivities;

const ARTICLES = ['lamp', 'chair', 'table', 'shelf', 'rug'];

/** Orders of one to four lines; the same number gives the same order. */
export function orderNumber(number: number): Order {
  const lines = Array.from({ length: 1 + (number % 4) }, (_, index) => ({
    article: ARTICLES[(number + index) % ARTICLES.length] ?? 'lamp',
    count: 1 + ((number + index) % 3),
    price: 10 + ((number * 7 + index * 13) % 90),
  }));
  return { id: `order-${number}`, customer: `customer ${number % 17}`, address: `street ${number}`, lines };
}
