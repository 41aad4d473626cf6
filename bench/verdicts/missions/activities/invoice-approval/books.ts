/** The books: what was ordered and received, and what is known of vendors. */
export interface OrderedItem {
  readonly quantity: number;
  readonly unitPrice: number;
  readonly received: number;
}

export const ORDERS: Readonly<Record<string, OrderedItem>> = {
  paper: { quantity: 20, unitPrice: 12.5, received: 20 },
  chairs: { quantity: 10, unitPrice: 180, received: 10 },
  desks: { quantity: 6, unitPrice: 410, received: 4 },
  servers: { quantity: 4, unitPrice: 2_600, received: 4 },
  cables: { quantity: 200, unitPrice: 3.2, received: 150 },
};

export const VENDORS = {
  'V-old': { vendor: 'Office house', yearsKnown: 9, suspended: false, accountChangedDaysAgo: 900, contract: true },
  'V-new': {
    vendor: 'Fresh supply',
    yearsKnown: 0.4,
    suspended: false,
    accountChangedDaysAgo: 45,
    contract: false,
  },
  'V-moved': { vendor: 'Moved bank', yearsKnown: 4, suspended: false, accountChangedDaysAgo: 12, contract: true },
  'V-held': { vendor: 'Held goods', yearsKnown: 6, suspended: true, accountChangedDaysAgo: 700, contract: true },
} as const;

export type VendorId = keyof typeof VENDORS;
