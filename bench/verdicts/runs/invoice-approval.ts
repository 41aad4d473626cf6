import { answering, type WantedRun } from '../wanted-run.ts';

type Line = readonly [orderId: string, quantity: number, unitPrice: number];

interface Given {
  readonly vendor?: 'V-old' | 'V-new' | 'V-moved' | 'V-held';
  readonly note?: string;
  readonly lines: readonly Line[];
  readonly drive?: WantedRun['drive'];
}

const INVOICES: readonly Given[] = [
  // Small and as ordered: paid by rules.
  { lines: [['paper', 20, 12.5]] },
  {
    lines: [
      ['paper', 10, 12.5],
      ['cables', 100, 3.2],
    ],
    vendor: 'V-moved',
  },
  { lines: [['paper', 20, 12.75]] },
  {
    lines: [
      ['cables', 50, 3.2],
      ['paper', 2, 12.5],
    ],
    vendor: 'V-held',
  },
  // As ordered, more than the small amount: audited, low risk, paid.
  { lines: [['chairs', 10, 180]] },
  {
    lines: [
      ['chairs', 8, 180],
      ['paper', 20, 12.5],
    ],
    vendor: 'V-new',
  },
  {
    lines: [
      ['desks', 4, 410],
      ['cables', 150, 3.2],
    ],
  },
  { lines: [['servers', 2, 2_600]], vendor: 'V-old', note: 'As agreed on the phone.' },
  // Low risk and large, or with mismatches: a person decides.
  { lines: [['servers', 4, 2_600]], drive: answering('pay') },
  {
    lines: [
      ['servers', 4, 2_600],
      ['chairs', 10, 180],
    ],
    drive: answering('hold'),
  },
  { lines: [['desks', 6, 410]], drive: answering('return') },
  { lines: [['paper', 30, 12.5]], drive: answering('pay', 'a late order') },
  {
    lines: [
      ['cables', 200, 3.2],
      ['chairs', 10, 199],
    ],
    vendor: 'V-new',
    drive: answering('return'),
  },
  // High risk and clean: a person decides; nobody answers the second.
  { lines: [['chairs', 10, 180]], vendor: 'V-moved', drive: answering('pay') },
  { lines: [['chairs', 9, 180]], vendor: 'V-held' },
  { lines: [['servers', 3, 2_600]], vendor: 'V-new' },
  // High risk with mismatches: returned.
  { lines: [['chairs', 12, 180]], vendor: 'V-moved' },
  {
    lines: [
      ['desks', 6, 460],
      ['paper', 20, 12.5],
    ],
    vendor: 'V-held',
  },
  { lines: [['servers', 4, 2_900]], vendor: 'V-new', note: 'Prices rose.' },
];

export const invoiceRuns: readonly WantedRun[] = INVOICES.map(({ vendor, note, lines, drive }, index) => ({
  input: {
    invoiceId: `INV-${index + 1}`,
    vendorId: vendor ?? 'V-old',
    account: `DE00 0000 ${index + 1}`,
    note: note ?? 'Thank you for your order.',
    lines: lines.map(([orderId, quantity, unitPrice], at) => ({ lineId: `L${at + 1}`, orderId, quantity, unitPrice })),
  },
  ...(drive !== undefined && { drive }),
}));
