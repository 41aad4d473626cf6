/** Changes of delivery-watch (signals, an update, timers, a chain of runs, a child, writes in parallel): code, and several components at once. */
import type { Mutant } from '../mutant.ts';

const HOME = 'workflows/delivery-watch';
const MISSION = `${HOME}/mission.ts`;
const WORKFLOW = `${HOME}/workflow.ts`;
const LOST = '- Remedy is refund when the state is lost.\n';
const WRITES =
  "await Promise.all([step.tool('compensate', { parcelId, remedy, amount }), step.tool('sendNote', { parcelId, text })]);";
const SIGNAL = `  setHandler(carrierNews, (news) => {
    messages.push(news.text);
    unread += 1;
    final ||= news.final;
  });
`;
const CHILD = `    const waited = await executeChild(coolingOff, { workflowId: \`\${parcelId}-cooling-off\`, args: [1_000] });
    step.observe('cooled-off', waited);
`;

export const deliveryCode: readonly Mutant[] = [
  {
    id: 'code-writes-one-by-one',
    kind: 'code',
    step: 'sendNote',
    edits: [
      [
        WORKFLOW,
        WRITES,
        "await step.tool('compensate', { parcelId, remedy, amount });\n  await step.tool('sendNote', { parcelId, text });",
      ],
    ],
    changes: 'request',
    why: 'The same writes in the same order, the second a little later.',
  },
  {
    id: 'code-writes-turned',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        WRITES,
        "await Promise.all([step.tool('sendNote', { parcelId, text }), step.tool('compensate', { parcelId, remedy, amount })]);",
      ],
    ],
    changes: 'outcome',
    cause: ['code: step sendNote together with code: step compensate'],
    why: 'Writes are made in another order.',
  },
  {
    id: 'code-child-waits-longer',
    kind: 'code',
    edits: [[WORKFLOW, 'args: [1_000] }', 'args: [2_000] }']],
    changes: 'outcome',
    cause: ['code: step coolingOff'],
    why: 'A child is started with another argument, and a child is a write.',
  },
  {
    id: 'code-child-dropped',
    kind: 'code',
    edits: [
      [WORKFLOW, `  if (remedy === 'refund') {\n${CHILD}  }\n`, ''],
      [WORKFLOW, '  executeChild,\n', ''],
    ],
    changes: 'outcome',
    cause: ['code: step coolingOff'],
    why: 'No child is started, which is a write, though the end does not depend on it.',
  },
  {
    id: 'code-final-news-ignored',
    kind: 'code',
    edits: [[WORKFLOW, '    final ||= news.final;\n', '    final &&= news.final;\n']],
    changes: 'unanswered',
    why: 'Checks are made after the last word of the carrier, and nobody recorded what they say.',
  },
  {
    id: 'code-addresses-refused',
    kind: 'code',
    edits: [[WORKFLOW, "if (address.trim() === '') throw", 'if (address.length < 100) throw']],
    changes: 'outcome',
    cause: ['code: handler move'],
    why: 'Every update is refused, and no parcel is redirected.',
  },
  {
    id: 'code-update-answers-otherwise',
    kind: 'code',
    step: 'update:completed',
    edits: [[WORKFLOW, '      return moves;\n', '      return moves * 10;\n']],
    changes: 'request',
    why: 'Whoever moves a delivery is answered otherwise; the run ends the same.',
  },
  {
    id: 'code-moves-forgotten',
    kind: 'code',
    edits: [[WORKFLOW, '{ ...watch, checked: checks, messages, moves }', '{ ...watch, checked: checks, messages }']],
    changes: 'outcome',
    cause: ['code: step continue-as-new'],
    why: 'The next run of the chain does not know of the moves.',
  },
  {
    id: 'code-not-observed',
    kind: 'code',
    step: 'watched',
    edits: [[WORKFLOW, "  step.observe('watched', { checks, state: parcel.state, messages: messages.length });\n", '']],
    changes: 'request',
    why: 'The trace has a note less.',
  },
  {
    id: 'code-never-woken',
    kind: 'code',
    step: 'timer',
    edits: [
      [WORKFLOW, 'await condition(() => unread > 0, rules.checkEveryMs);', 'await sleep(rules.checkEveryMs);'],
      [WORKFLOW, '  condition,\n', ''],
    ],
    changes: 'request',
    why: 'News do not hasten a check any more; the same checks are made.',
  },
  {
    id: 'code-behind-a-patch',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        'Math.min(value * rules.voucherShare, rules.voucherMax)',
        "Math.min(value * rules.voucherShare, patched('generous') ? 50 : rules.voucherMax)",
      ],
      [WORKFLOW, '  executeChild,\n', '  executeChild,\n  patched,\n'],
    ],
    changes: 'outcome',
    cause: ['code: step note'],
    why: 'New runs have the patch, and the greatest voucher is worth more.',
  },
  {
    id: 'code-patch-of-nothing',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        'Math.min(value * rules.voucherShare, rules.voucherMax)',
        "patched('tidy')\n        ? Math.min(rules.voucherMax, value * rules.voucherShare)\n        : Math.min(value * rules.voucherShare, rules.voucherMax)",
      ],
      [WORKFLOW, '  executeChild,\n', '  executeChild,\n  patched,\n'],
    ],
    changes: 'none',
    why: 'Both sides of the patch are the same sum.',
  },
  {
    id: 'code-handlers-turned',
    kind: 'code',
    edits: [
      [WORKFLOW, SIGNAL, ''],
      [WORKFLOW, '\n  let checks = watch.checked;', `\n${SIGNAL}\n  let checks = watch.checked;`],
    ],
    changes: 'none',
    why: 'The same handlers, registered in another order.',
  },
  {
    id: 'code-a-query',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        'const move = defineUpdate',
        "const told = defineQuery<readonly string[]>('told');\nconst move = defineUpdate",
      ],
      [WORKFLOW, '  setHandler(carrierNews,', '  setHandler(told, () => messages);\n  setHandler(carrierNews,'],
      [WORKFLOW, '  defineSignal,\n', '  defineQuery,\n  defineSignal,\n'],
    ],
    changes: 'none',
    why: 'Queries leave nothing in a history.',
  },
  {
    id: 'code-while-instead',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        "for (let round = 0; round < rules.checksPerRun && parcel.state === 'on-its-way' && !final; round += 1) {",
        "const upTo = checks + rules.checksPerRun;\n  while (checks < upTo && parcel.state === 'on-its-way' && !final) {",
      ],
    ],
    changes: 'none',
    why: 'The same checks, counted otherwise.',
  },
  {
    id: 'code-amount-as-a-function',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        "remedy === 'refund' ? value : remedy === 'voucher' ? Math.min(value * rules.voucherShare, rules.voucherMax) : 0;",
        '{ refund: value, voucher: Math.min(value * rules.voucherShare, rules.voucherMax), none: 0 }[remedy];',
      ],
    ],
    changes: 'none',
    why: 'The same table, looked up.',
  },
  {
    id: 'code-carried-in-another-order',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        '{ ...watch, checked: checks, messages, moves }',
        '{ moves, messages, checked: checks, address: watch.address, customerName: watch.customerName, value, parcelId }',
      ],
    ],
    changes: 'none',
    why: 'The same input of the next run with its keys in another order.',
  },
  {
    id: 'code-child-says-otherwise',
    kind: 'code',
    step: 'coolingOff',
    edits: [[WORKFLOW, 'return `waited ${waitMs} ms`;', 'return `waited for ${waitMs} ms`;']],
    changes: 'request',
    why: 'The child answers otherwise, and the run notes its answer.',
    beyond: 'a child is another run, whose answer a replay takes from the recording',
  },
  {
    id: 'mixed-prompt-among-others',
    kind: 'mixed',
    edits: [
      [MISSION, LOST, ''],
      [MISSION, 'checkEveryMs: 1_500', 'checkEveryMs: 2_500'],
      [MISSION, 'models: { default:', 'models: { reader:'],
      [WORKFLOW, 'args: [1_000] }', 'args: [2_000] }'],
    ],
    changes: 'outcome',
    cause: ['prompt remedy', 'code: step coolingOff'],
    why: 'Timers and names change no end and no write; a child with another argument is another write.',
  },
  {
    id: 'mixed-share-and-limit',
    kind: 'mixed',
    edits: [
      [MISSION, 'voucherShare: 0.1', 'voucherShare: 0.2'],
      [MISSION, 'voucherMax: 25', 'voucherMax: 20'],
    ],
    changes: 'outcome',
    cause: ['rule voucherShare', 'rule voucherMax', 'rule voucherMax together with rule voucherShare'],
    why: 'Small vouchers double, large ones are capped, and those between are doubled and capped.',
  },
  {
    id: 'mixed-cancelled-out',
    kind: 'mixed',
    edits: [
      [MISSION, 'voucherShare: 0.1', 'voucherPercent: 10'],
      [WORKFLOW, 'value * rules.voucherShare', '(value * rules.voucherPercent) / 100'],
    ],
    changes: 'none',
    why: 'The constant has another name and unit, and the code knows.',
  },
];
