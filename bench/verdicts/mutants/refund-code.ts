/** Changes of refund-eligibility's code. */
import type { Mutant } from '../mutant.ts';

const HOME = 'workflows/refund-eligibility';
const WORKFLOW = `${HOME}/workflow.ts`;
const RULES = `${HOME}/rules.ts`;
const SCHEMAS = `${HOME}/schemas.ts`;

const FEE = "const fee = category === 'changed-mind' ? sale.returnFee : 0;";
const READS = `  const sale = await step.tool('getPolicy', { sku: order.sku });
  const { refundsThisYear } = await step.tool('getRefundHistory', { customerId: order.customerId });
`;

export const refundCode: readonly Mutant[] = [
  {
    id: 'code-days-rounded-up',
    kind: 'code',
    step: 'in-window',
    edits: [[RULES, 'return Math.floor(', 'return Math.ceil(']],
    changes: 'request',
    why: 'Every request is a day later in the notes and in the facts; no recorded one crosses a limit by it.',
  },
  {
    id: 'code-fee-for-questions',
    kind: 'code',
    edits: [[RULES, FEE, "const fee = category === 'changed-mind' || category === 'other' ? sale.returnFee : 0;"]],
    changes: 'outcome',
    cause: ['code: workflows/refund-eligibility/rules.ts refundAmount'],
    why: 'Customers who only asked are paid less.',
  },
  {
    id: 'code-final-sale-but-damaged',
    kind: 'code',
    edits: [
      [
        RULES,
        "sale.finalSale && (category === 'changed-mind' || category === 'other')",
        "sale.finalSale && category !== 'damaged'",
      ],
    ],
    changes: 'outcome',
    cause: ['code: workflows/refund-eligibility/rules.ts isFinalSaleRegret'],
    why: 'Late and wrong items of the closing sale are denied by the rule.',
  },
  {
    id: 'code-opened-is-fine',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        'if (inWindow && smallAmount && unopened && !sale.finalSale) {',
        "if (inWindow && smallAmount && (unopened || order.condition === 'opened') && !sale.finalSale) {",
      ],
    ],
    changes: 'outcome',
    cause: ['code: step assess'],
    why: 'Opened items of small value are settled by rules.',
  },
  {
    id: 'code-reason-reworded',
    kind: 'code',
    edits: [[WORKFLOW, 'A small amount, unopened and in time.', 'Small, unopened, in time.']],
    changes: 'outcome',
    cause: ['code: step assess'],
    why: 'The reason has other words.',
  },
  {
    id: 'code-reason-without-stop',
    kind: 'code',
    edits: [[WORKFLOW, 'A small amount, unopened and in time.', 'a small amount – unopened, and in time']],
    changes: 'none',
    why: 'The same words: the schema says that case and punctuation do not matter.',
  },
  {
    id: 'code-amount-within-tolerance',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        'return { ...decision, amount, category, reference };',
        'return { ...decision, amount: amount + 0.001, category, reference };',
      ],
    ],
    changes: 'none',
    why: 'The schema tolerates half a cent, and the refund itself is as it was.',
  },
  {
    id: 'code-refund-a-little-more',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        "step.tool('issueRefund', { orderId: order.id, amount })",
        "step.tool('issueRefund', { orderId: order.id, amount: amount + 0.001 })",
      ],
    ],
    changes: 'outcome',
    cause: ['code: step issueRefund'],
    why: 'The contract of the write tolerates nothing: another amount is paid.',
  },
  {
    id: 'code-observation-added',
    kind: 'code',
    step: 'days',
    edits: [[WORKFLOW, '  const smallAmount =', "  step.observe('days', days);\n  const smallAmount ="]],
    changes: 'request',
    why: 'The trace has a note more.',
  },
  {
    id: 'code-rule-not-noted',
    kind: 'code',
    step: 'unopened',
    edits: [
      [
        WORKFLOW,
        "const unopened = step.rule('unopened', order.condition, (condition) => condition === 'unopened');",
        "const unopened = order.condition === 'unopened';",
      ],
    ],
    changes: 'request',
    why: 'The trace has a note less.',
  },
  {
    id: 'code-reads-in-parallel',
    kind: 'code',
    step: 'getRefundHistory',
    edits: [
      [
        WORKFLOW,
        READS,
        `  const [sale, { refundsThisYear }] = await Promise.all([
    step.tool('getPolicy', { sku: order.sku }),
    step.tool('getRefundHistory', { customerId: order.customerId }),
  ]);
`,
      ],
    ],
    changes: 'request',
    why: 'The history is asked for before the policy is known: the same steps, one of them earlier.',
  },
  {
    id: 'code-reads-swapped',
    kind: 'code',
    step: 'getRefundHistory',
    edits: [[WORKFLOW, READS, READS.split('\n').slice(0, 2).reverse().join('\n').concat('\n')]],
    changes: 'request',
    why: 'The same two reads in another order.',
  },
  {
    id: 'code-letter-knows-the-total',
    kind: 'code',
    step: 'letter',
    edits: [[WORKFLOW, 'item: order.item, reason }', 'item: order.item, total: order.total, reason }']],
    changes: 'request',
    why: 'The prompt does not ask for the total, so the letter is the same.',
  },
  {
    id: 'code-letter-without-a-name',
    kind: 'code',
    edits: [
      [WORKFLOW, 'const { customerName, customerEmail } = request;', 'const { customerEmail } = request;'],
      [WORKFLOW, 'case: { customerName, orderId', 'case: { orderId'],
    ],
    changes: 'outcome',
    cause: ['code: step letter'],
    why: 'The letter does not know whom to greet.',
  },
  {
    id: 'code-total-as-text',
    kind: 'code',
    step: 'assess',
    edits: [[WORKFLOW, '      item,\n      total,', '      item,\n      total: String(total),']],
    changes: 'request',
    why: 'The facts are written otherwise, and the policy never looks at the total.',
  },
  {
    id: 'code-facts-in-another-order',
    kind: 'code',
    edits: [[WORKFLOW, '      message,\n      category,\n      item,', '      item,\n      category,\n      message,']],
    changes: 'none',
    why: 'Facts are rendered with sorted keys.',
  },
  {
    id: 'code-answer-described',
    kind: 'code',
    step: 'assess',
    edits: [
      [
        SCHEMAS,
        '  approve: z.boolean(),\n  reason: z.string(),',
        "  approve: z.boolean(),\n  reason: z.string().describe('In one sentence.'),",
      ],
    ],
    changes: 'request',
    why: 'The schema of the answer is part of the request.',
  },
  {
    id: 'code-schema-synonyms',
    kind: 'code',
    edits: [[SCHEMAS, 'requestId: z.string().min(1),', 'requestId: z.string().nonempty(),']],
    changes: 'none',
    why: 'Two ways to say the same schema.',
  },
  {
    id: 'code-input-may-hold-more',
    kind: 'code',
    edits: [
      [
        SCHEMAS,
        '  requestedAt: z.iso.datetime(),',
        "  requestedAt: z.iso.datetime(),\n  channel: z.enum(['mail', 'chat']).optional(),",
      ],
    ],
    changes: 'none',
    why: 'No recorded input has the new member.',
  },
  {
    id: 'code-days-otherwise',
    kind: 'code',
    edits: [
      [
        RULES,
        '(Date.parse(requestedAt) - Date.parse(deliveredAt)) / DAY_MS',
        '(new Date(requestedAt).getTime() - new Date(deliveredAt).getTime()) / DAY_MS',
      ],
    ],
    changes: 'none',
    why: 'Two ways to the same milliseconds.',
  },
  {
    id: 'code-fee-by-condition',
    kind: 'code',
    edits: [
      [RULES, FEE, "let due = order.total;\n  if (category === 'changed-mind') due -= sale.returnFee;"],
      [RULES, 'Math.round((order.total - fee) * 100)', 'Math.round(due * 100)'],
    ],
    changes: 'none',
    why: 'The same subtraction, written as a condition.',
  },
  {
    id: 'code-denial-as-a-function',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        '  const decide = async',
        "  const deny = (reason: string): Decision => ({ approve: false, decidedBy: 'rules', reason });\n  const decide = async",
      ],
      [
        WORKFLOW,
        "return { approve: false, decidedBy: 'rules', reason: 'Too many refunds this year.' };",
        "return deny('Too many refunds this year.');",
      ],
      [
        WORKFLOW,
        "return { approve: false, decidedBy: 'rules', reason: 'Final-sale items are not taken back.' };",
        "return deny('Final-sale items are not taken back.');",
      ],
    ],
    changes: 'none',
    why: 'Two literals become calls of one function.',
  },
  {
    id: 'code-waits-for-nothing',
    kind: 'code',
    edits: [[WORKFLOW, '  const amount = refundAmount(', '  await Promise.resolve();\n  const amount = refundAmount(']],
    changes: 'none',
    why: 'A promise that is resolved costs no command.',
  },
  {
    id: 'code-early-return-turned',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        "if (inWindow && smallAmount && unopened && !sale.finalSale) {\n      return { approve: true, decidedBy: 'rules', reason: 'A small amount, unopened and in time.' };\n    }",
        "const plain = [inWindow, smallAmount, unopened, !sale.finalSale].every(Boolean);\n    if (plain) return { approve: true, decidedBy: 'rules', reason: 'A small amount, unopened and in time.' };",
      ],
    ],
    changes: 'none',
    why: 'The same four conditions, as a list.',
  },
  {
    id: 'code-negative-zero',
    kind: 'code',
    edits: [[WORKFLOW, 'amount: 0, category', 'amount: -0, category']],
    changes: 'none',
    why: 'JSON knows one zero.',
  },
  {
    id: 'tool-implementation',
    kind: 'tool',
    edits: [['activities/refund-eligibility/orders.ts', 'const RETURN_FEE = 4.95;', 'const RETURN_FEE = 9.95;']],
    changes: 'outcome',
    cause: ['tool getPolicy (code)'],
    why: 'Tools answer otherwise, and so less is refunded.',
    beyond:
      'what tools answer is the world, which a replay takes from the recording; the report lists the file as changed',
  },
];
