/** Changes of delivery-watch (signals, an update, timers, a chain of runs, a child, writes in parallel): what needs no code. */
import type { Mutant } from '../mutant.ts';

const HOME = 'workflows/delivery-watch';
const MISSION = `${HOME}/mission.ts`;
const VOUCHER = '- Remedy is voucher when the parcel is more than {{lateAfterDays}} days late.\n';
const LOST = '- Remedy is refund when the state is lost.\n';
const DAMAGED = '- Remedy is refund when the item arrived damaged.\n';

export const deliveryDefinition: readonly Mutant[] = [
  {
    id: 'prompt-damage-dropped',
    kind: 'prompt',
    edits: [[MISSION, DAMAGED, '']],
    changes: 'outcome',
    cause: ['prompt remedy'],
    why: 'Damaged items are not refunded any more.',
  },
  {
    id: 'prompt-lost-dropped',
    kind: 'prompt',
    edits: [[MISSION, LOST, '']],
    changes: 'outcome',
    cause: ['prompt remedy'],
    why: 'Lost parcels get a voucher for being late.',
  },
  {
    id: 'prompt-voucher-last',
    kind: 'prompt',
    edits: [[MISSION, `${VOUCHER}${LOST}${DAMAGED}`, `${LOST}${DAMAGED}${VOUCHER}`]],
    changes: 'outcome',
    cause: ['prompt remedy'],
    why: 'Of two statements that hold the later decides: what is lost or damaged and late gets a voucher.',
  },
  {
    id: 'prompt-remedy-opening',
    kind: 'prompt',
    edits: [
      [
        MISSION,
        'Choose the remedy for a customer whose parcel did not arrive as promised.',
        'Choose what a customer gets whose parcel did not arrive as promised.',
      ],
    ],
    changes: 'request',
    why: 'The opening says what is chosen; every statement stays.',
  },
  {
    id: 'prompt-note-signature',
    kind: 'prompt',
    edits: [[MISSION, 'Sign as "Deliveries".', 'Sign as "Your carrier".']],
    changes: 'outcome',
    cause: ['prompt note'],
    why: 'The note that is sent has another signature.',
  },
  {
    id: 'prompt-note-without-amount',
    kind: 'prompt',
    edits: [[MISSION, 'Mention the parcel, the remedy and the amount.', 'Mention the parcel and the remedy.']],
    changes: 'outcome',
    cause: ['prompt note'],
    why: 'The note that is sent says nothing of the amount.',
  },
  {
    id: 'prompt-note-brief',
    kind: 'prompt',
    edits: [[MISSION, 'Write a short letter', 'Write a brief letter']],
    changes: 'request',
    why: 'The reader writes the same note.',
  },
  {
    id: 'model-temperature',
    kind: 'model',
    edits: [[MISSION, 'temperature: 0 ', 'temperature: 0.7 ']],
    changes: 'request',
    why: 'A parameter is part of the request.',
  },
  {
    id: 'model-renamed',
    kind: 'model',
    edits: [[MISSION, 'models: { default:', 'models: { reader:']],
    changes: 'none',
    why: 'The only model is the one that prompts go to, whatever its name.',
  },
  {
    id: 'rule-late-after-4',
    kind: 'rule',
    edits: [[MISSION, 'lateAfterDays: 3', 'lateAfterDays: 4']],
    changes: 'outcome',
    cause: ['rule lateAfterDays'],
    why: 'Four days are not late any more, and the reason quotes the number.',
  },
  {
    id: 'rule-three-checks-per-run',
    kind: 'rule',
    edits: [[MISSION, 'checksPerRun: 2', 'checksPerRun: 3']],
    changes: 'unanswered',
    why: 'Chains are continued later; a parcel that never arrives is checked a fifth time, and nobody recorded what was said then.',
  },
  {
    id: 'rule-slower-checks',
    kind: 'rule',
    edits: [[MISSION, 'checkEveryMs: 1_500', 'checkEveryMs: 2_500']],
    changes: 'request',
    why: 'Timers take longer.',
  },
  {
    id: 'rule-three-checks',
    kind: 'rule',
    edits: [[MISSION, 'checksMax: 4', 'checksMax: 3']],
    changes: 'none',
    why: 'The limit is looked at after every second check only.',
  },
  {
    id: 'rule-two-checks',
    kind: 'rule',
    edits: [[MISSION, 'checksMax: 4', 'checksMax: 2']],
    changes: 'outcome',
    cause: ['rule checksMax'],
    why: 'Parcels that need more checks are given up.',
  },
  {
    id: 'rule-voucher-share',
    kind: 'rule',
    edits: [[MISSION, 'voucherShare: 0.1', 'voucherShare: 0.05']],
    changes: 'outcome',
    cause: ['rule voucherShare'],
    why: 'Vouchers are worth half.',
  },
  {
    id: 'rule-nobody-reads',
    kind: 'rule',
    edits: [[MISSION, 'voucherMax: 25,', 'voucherMax: 25,\n    voucherMin: 1,']],
    changes: 'none',
    why: 'No code reads the new constant.',
  },
  {
    id: 'tool-parcel-timeout',
    kind: 'tool',
    edits: [[MISSION, 'timeoutMs: 20_000', 'timeoutMs: 30_000']],
    changes: 'request',
    why: 'The step is given more time.',
  },
  {
    id: 'tool-default-attempts',
    kind: 'tool',
    edits: [[MISSION, 'timeoutMs: 20_000,', 'timeoutMs: 20_000,\n      attempts: 5,']],
    changes: 'none',
    why: 'Five attempts are what a step has anyway.',
  },
  {
    id: 'tool-redirect-attempts',
    kind: 'tool',
    edits: [
      [MISSION, "redirect: {\n      effect: 'write',", "redirect: {\n      effect: 'write',\n      attempts: 2,"],
    ],
    changes: 'request',
    why: 'The step is tried less often.',
  },
  {
    id: 'tool-compensate-as-read',
    kind: 'tool',
    edits: [[MISSION, "compensate: {\n      effect: 'write',", "compensate: {\n      effect: 'read',"]],
    changes: 'outcome',
    cause: ['tool compensate'],
    why: 'A compensation is declared as something that acts on nothing.',
  },
];
