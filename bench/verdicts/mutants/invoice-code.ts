/** Changes of invoice-approval (a fan-out, an agent with three tools, and a question with a time limit): code, and several components at once. */
import type { Mutant } from '../mutant.ts';

const HOME = 'workflows/invoice-approval';
const MISSION = `${HOME}/mission.ts`;
const WORKFLOW = `${HOME}/workflow.ts`;
const MATCHING = `${HOME}/matching.ts`;
const PROMPTS = `${HOME}/prompts.ts`;
const SUSPENDED = '- Risk is high when the vendor is suspended.\n';
const ORDERED = 'if (line.quantity > ordered.quantity) return `${line.lineId}: more than ordered`;\n';
const RECEIVED = 'if (line.quantity > received) return `${line.lineId}: more than received`;\n';

export const invoiceCode: readonly Mutant[] = [
  {
    id: 'code-lines-in-parallel',
    kind: 'code',
    step: 'received-L1',
    edits: [
      [
        WORKFLOW,
        `      const ordered = await step.tool('getOrderLine', { orderId, lineId }, { id: \`ordered-\${lineId}\` });
      const { received } = await step.tool('getReceived', { orderId, asOf: uuid4() }, { id: \`received-\${lineId}\` });
`,
        `      const [ordered, { received }] = await Promise.all([
        step.tool('getOrderLine', { orderId, lineId }, { id: \`ordered-\${lineId}\` }),
        step.tool('getReceived', { orderId, asOf: uuid4() }, { id: \`received-\${lineId}\` }),
      ]);
`,
      ],
    ],
    changes: 'request',
    why: 'What was received is asked for earlier.',
  },
  {
    id: 'code-received-first',
    kind: 'code',
    edits: [[MATCHING, `${ORDERED}  ${RECEIVED}`, `${RECEIVED}  ${ORDERED}`]],
    changes: 'outcome',
    cause: ['code: workflows/invoice-approval/matching.ts mismatchOf'],
    why: 'A line that is more than both is said to be more than received.',
  },
  {
    id: 'code-mismatches-turned',
    kind: 'code',
    step: 'pay-invoice',
    edits: [[WORKFLOW, 'rules.priceTolerance) ?? []);', 'rules.priceTolerance) ?? []).reverse();']],
    changes: 'request',
    why: 'The output says that their order does not matter; a person sees them in another order.',
  },
  {
    id: 'code-another-trace-id',
    kind: 'code',
    step: 'received-L1',
    edits: [
      [WORKFLOW, 'asOf: uuid4()', "asOf: 'today'"],
      [WORKFLOW, "import { uuid4 } from '@temporalio/workflow';\n", ''],
    ],
    changes: 'request',
    why: 'The step is asked with another value of a field that decides nothing.',
  },
  {
    id: 'code-steps-renamed',
    kind: 'code',
    step: 'order-line-L1',
    edits: [[WORKFLOW, 'id: `ordered-${lineId}`', 'id: `order-line-${lineId}`']],
    changes: 'request',
    why: 'Steps have other names in the trace.',
  },
  {
    id: 'code-high-risk-is-returned',
    kind: 'code',
    edits: [[WORKFLOW, "if (risk === 'high' && !clean) return", "if (risk === 'high') return"]],
    changes: 'outcome',
    cause: ['code: step pay-invoice'],
    why: 'Nobody is asked about a high risk any more.',
  },
  {
    id: 'code-audit-without-the-note',
    kind: 'code',
    step: 'audit',
    edits: [
      [WORKFLOW, 'mismatches: mismatches.length, note };', 'mismatches: mismatches.length };'],
      [
        WORKFLOW,
        'const { invoiceId, vendorId, account, note } = invoice;',
        'const { invoiceId, vendorId, account } = invoice;',
      ],
    ],
    changes: 'request',
    why: 'No statement looks at the note.',
  },
  {
    id: 'code-three-turns',
    kind: 'code',
    edits: [[WORKFLOW, 'maxTurns: 6', 'maxTurns: 3']],
    changes: 'outcome',
    cause: ['code: step audit'],
    why: 'The agent is cut off before it answers, and the run fails.',
  },
  {
    id: 'code-four-turns',
    kind: 'code',
    edits: [[WORKFLOW, 'maxTurns: 6', 'maxTurns: 4']],
    changes: 'none',
    why: 'Three looks and an answer are four turns.',
  },
  {
    id: 'code-tools-in-another-order',
    kind: 'code',
    step: 'audit',
    edits: [
      [WORKFLOW, "['getVendor', 'getBankAccount', 'getContract']", "['getContract', 'getBankAccount', 'getVendor']"],
    ],
    changes: 'request',
    why: 'The agent looks at the same things in another order.',
  },
  {
    id: 'code-rule-with-the-list',
    kind: 'code',
    step: 'clean',
    edits: [
      [
        WORKFLOW,
        "step.rule('clean', mismatches.length, (count) => count === 0)",
        "step.rule('clean', mismatches, (list) => list.length === 0)",
      ],
    ],
    changes: 'request',
    why: 'The note says more of what the rule looked at.',
  },
  {
    id: 'code-held-with-a-reference',
    kind: 'code',
    edits: [[WORKFLOW, "{ ...settled, reference: '' }", "{ ...settled, reference: 'none' }"]],
    changes: 'none',
    why: 'The reference is not compared, says the schema.',
  },
  {
    id: 'code-amount-in-cents',
    kind: 'code',
    edits: [
      [
        MATCHING,
        'total + quantity * unitPrice, 0);\n  return Math.round(sum * 100) / 100;',
        'total + Math.round(quantity * unitPrice * 100), 0);\n  return sum / 100;',
      ],
    ],
    changes: 'none',
    why: 'The same sum, in whole cents.',
  },
  {
    id: 'code-matching-in-a-loop',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        '  const mismatches = matched.flatMap((line) => mismatchOf(line, rules.priceTolerance) ?? []);\n',
        '  const mismatches: string[] = [];\n  for (const line of matched) {\n    const mismatch = mismatchOf(line, rules.priceTolerance);\n    if (mismatch !== undefined) mismatches.push(mismatch);\n  }\n',
      ],
    ],
    changes: 'none',
    why: 'The same list, collected in a loop.',
  },
  {
    id: 'code-status-by-switch',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        "const STATUS = { pay: 'paid', return: 'returned', hold: 'held' } as const;",
        "function statusOf(option: 'pay' | 'return' | 'hold'): Settlement['status'] {\n  if (option === 'hold') return 'held';\n  return option === 'pay' ? 'paid' : 'returned';\n}",
      ],
      [WORKFLOW, 'STATUS[option]', 'statusOf(option)'],
    ],
    changes: 'none',
    why: 'The same table, written as conditions.',
  },
  {
    id: 'mixed-prompt-among-others',
    kind: 'mixed',
    edits: [
      [PROMPTS, SUSPENDED, ''],
      [MISSION, 'temperature: 0.4', 'temperature: 0.9'],
      [MISSION, 'Who the vendor is, and whether it may be paid.', 'A vendor, and whether it may be paid.'],
      [MISSION, 'decideFrom: 8_000', 'decideFrom: 9_000'],
    ],
    changes: 'outcome',
    cause: ['prompt audit'],
    why: 'Parameters and descriptions change requests only; the limit changes nothing.',
  },
  {
    id: 'mixed-letter-and-timeout',
    kind: 'mixed',
    edits: [
      [PROMPTS, 'Sign as "Accounts payable".', 'Sign as "The accountants".'],
      [MISSION, "onTimeout: 'hold'", "onTimeout: 'return'"],
    ],
    changes: 'outcome',
    cause: ['prompt reply', 'prompt reply together with decision pay-invoice'],
    why: 'Returned invoices get another letter; those that nobody decided are returned with it.',
  },
  {
    id: 'mixed-rule-among-others',
    kind: 'mixed',
    edits: [
      [MISSION, 'payWithoutQuestionUpTo: 1_000', 'payWithoutQuestionUpTo: 1_700'],
      [MISSION, 'priceTolerance: 0.02', 'priceTolerance: 0.05'],
      [WORKFLOW, 'maxTurns: 6', 'maxTurns: 4'],
    ],
    changes: 'outcome',
    cause: ['rule payWithoutQuestionUpTo'],
    why: 'The tolerance and the turns change nothing.',
  },
  {
    id: 'mixed-three-needed',
    kind: 'mixed',
    edits: [
      [PROMPTS, 'less than 30 days ago', 'less than {{accountDays}} days ago'],
      [MISSION, 'priceTolerance: 0.02,', 'priceTolerance: 0.02,\n    accountDays: 60,'],
      [WORKFLOW, '{ invoice: facts }', '{ invoice: facts, accountDays: String(rules.accountDays) }'],
    ],
    changes: 'outcome',
    cause: ['prompt audit together with rule accountDays together with code: step audit'],
    why: 'The place needs the code, the code needs the constant.',
  },
  {
    id: 'mixed-cancelled-out',
    kind: 'mixed',
    edits: [
      [MISSION, 'priceTolerance: 0.02', 'priceTolerance: 2'],
      [WORKFLOW, 'mismatchOf(line, rules.priceTolerance)', 'mismatchOf(line, rules.priceTolerance / 100)'],
    ],
    changes: 'none',
    why: 'The constant is in percent now, and so is the code.',
  },
];
