import type { WantedRun } from '../wanted-run.ts';

interface Given {
  readonly kind: 'prompt' | 'slow' | 'late' | 'slightly' | 'lost' | 'never';
  readonly value?: number;
  /** What the carrier says as soon as the run has begun. */
  readonly news?: { readonly text: string; readonly final: boolean };
  /** Where the customer wants it instead. */
  readonly moveTo?: string;
}

const PARCELS: readonly Given[] = [
  { kind: 'prompt' },
  { kind: 'prompt', value: 300 },
  { kind: 'prompt', news: { text: 'The item arrived damaged.', final: false } },
  { kind: 'prompt', news: { text: 'The customer asked for a receipt.', final: false } },
  { kind: 'prompt', moveTo: 'Harbour road 4' },
  { kind: 'slow' },
  { kind: 'slow', value: 90, moveTo: 'Mill lane 2' },
  { kind: 'slow', value: 120, news: { text: 'The item arrived broken.', final: false } },
  { kind: 'late' },
  { kind: 'late', value: 400 },
  { kind: 'late', value: 80, moveTo: 'Station square 1' },
  { kind: 'late', value: 60, news: { text: 'The item is broken, the carrier says.', final: false } },
  { kind: 'slightly', value: 45 },
  { kind: 'slightly', value: 260 },
  { kind: 'lost', value: 75 },
  { kind: 'lost', value: 510 },
  { kind: 'never', value: 35 },
  { kind: 'never', value: 210, news: { text: 'The carrier stopped looking for it.', final: true } },
  { kind: 'never', value: 150, moveTo: 'Garden street 9' },
];

export const deliveryRuns: readonly WantedRun[] = PARCELS.map(({ kind, value, news, moveTo }, index) => ({
  input: {
    parcelId: `${kind}-${index + 1}`,
    customerName: `Customer ${index + 1}`,
    address: `Main street ${index + 1}`,
    value: value ?? 50,
  },
  drive: async (handle) => {
    if (news !== undefined) await handle.signal('carrierNews', news);
    if (moveTo !== undefined) await handle.executeUpdate('move', { args: [moveTo] });
  },
}));
