/** Refactorings of invoice-approval. */
import { type Mutant, refactoring } from '../mutant.ts';

const HOME = 'workflows/invoice-approval';
const MISSION = `${HOME}/mission.ts`;
const WORKFLOW = `${HOME}/workflow.ts`;
const MATCHING = `${HOME}/matching.ts`;
const PROMPTS = `${HOME}/prompts.ts`;
const SCHEMAS = `${HOME}/schemas.ts`;

const CHECKS = `  if (line.quantity > ordered.quantity) return \`\${line.lineId}: more than ordered\`;
  if (line.quantity > received) return \`\${line.lineId}: more than received\`;
  if (line.unitPrice > ordered.unitPrice * (1 + tolerance)) return \`\${line.lineId}: price too high\`;
  return undefined;
`;
const CHECKS_AS_A_LIST = `  const checks: readonly (readonly [boolean, string])[] = [
    [line.quantity > ordered.quantity, 'more than ordered'],
    [line.quantity > received, 'more than received'],
    [line.unitPrice > ordered.unitPrice * (1 + tolerance), 'price too high'],
  ];
  const found = checks.find(([isWrong]) => isWrong);
  return found && \`\${line.lineId}: \${found[1]}\`;
`;
const HELD = "  if (decision.status === 'held') return { ...settled, reference: '' };\n";
const TOOLS = "const tools = ['getVendor', 'getBankAccount', 'getContract'] as const;";

export const invoiceRefactorings: readonly Mutant[] = [
  refactoring('code', 'tolerance-first', 'The same product.', [
    MATCHING,
    'ordered.unitPrice * (1 + tolerance)',
    '(1 + tolerance) * ordered.unitPrice',
  ]),
  refactoring('code', 'checks-as-a-list', 'The first that holds, of the same three.', [
    MATCHING,
    CHECKS,
    CHECKS_AS_A_LIST,
  ]),
  refactoring('code', 'sum-in-a-loop', 'The same sum, in the same order.', [
    MATCHING,
    'const sum = lines.reduce((total, { quantity, unitPrice }) => total + quantity * unitPrice, 0);',
    'let sum = 0;\n  for (const { quantity, unitPrice } of lines) sum += quantity * unitPrice;',
  ]),
  refactoring('code', 'line-by-members', 'The same two members.', [
    WORKFLOW,
    'const { orderId, lineId } = line;',
    'const orderId = line.orderId;\n      const lineId = line.lineId;',
  ]),
  refactoring('code', 'mismatches-filtered', 'The same list, without an empty one for each line.', [
    WORKFLOW,
    'matched.flatMap((line) => mismatchOf(line, rules.priceTolerance) ?? [])',
    'matched.map((line) => mismatchOf(line, rules.priceTolerance)).filter((one) => one !== undefined)',
  ]),
  refactoring('code', 'clean-negated', 'Not more than none is none.', [
    WORKFLOW,
    '(count) => count === 0',
    '(count) => !(count > 0)',
  ]),
  refactoring('code', 'small-negated', 'Not more is at most.', [
    WORKFLOW,
    '(total) => total <= rules.payWithoutQuestionUpTo',
    '(total) => !(total > rules.payWithoutQuestionUpTo)',
  ]),
  refactoring('code', 'large-turned', 'The same comparison, from the other side.', [
    WORKFLOW,
    'amount >= rules.decideFrom',
    'rules.decideFrom <= amount',
  ]),
  refactoring(
    'code',
    'settle-declared',
    'A function declaration instead of a constant.',
    [WORKFLOW, 'const settle = async (): Promise<Decision> => {', 'async function settle(): Promise<Decision> {'],
    [WORKFLOW, "'person', reason, risk };\n  };", "'person', reason, risk };\n  }"],
  ),
  refactoring(
    'code',
    'tools-written-out',
    'The list stands where it is used.',
    [WORKFLOW, `    ${TOOLS}\n`, ''],
    [WORKFLOW, '{ tools, maxTurns: 6 }', "{ tools: ['getVendor', 'getBankAccount', 'getContract'], maxTurns: 6 }"],
  ),
  refactoring('code', 'decided-by-turned', 'The same condition, the other way round.', [
    WORKFLOW,
    "decidedBy: by === 'timeout' ? 'timeout' : 'person'",
    "decidedBy: by !== 'timeout' ? 'person' : 'timeout'",
  ]),
  refactoring(
    'code',
    'held-after-paid',
    'A settlement has one status, whichever is asked for first.',
    [WORKFLOW, HELD, ''],
    [WORKFLOW, "  const text = await step.model('reply'", `${HELD}  const text = await step.model('reply'`],
  ),
  refactoring('code', 'status-turned', 'A table has no order.', [
    WORKFLOW,
    "{ pay: 'paid', return: 'returned', hold: 'held' }",
    "{ hold: 'held', pay: 'paid', return: 'returned' }",
  ]),
  refactoring('code', 'conditions-turned', 'None of them does anything.', [
    WORKFLOW,
    "risk === 'low' && clean && !large",
    "!large && clean && risk === 'low'",
  ]),
  refactoring('code', 'reply-facts-turned', 'Facts are rendered with sorted keys.', [
    WORKFLOW,
    '{ invoice: { invoiceId, amount, reason: decision.reason } }',
    '{ invoice: { reason: decision.reason, amount, invoiceId } }',
  ]),
  refactoring('code', 'quantity-above-zero', 'Two ways to say the same schema.', [
    SCHEMAS,
    'quantity: z.int().positive(),',
    'quantity: z.int().gt(0),',
  ]),
  refactoring('prompt', 'prompt-with-a-constant', 'A template with a constant in it is the same text.', [
    PROMPTS,
    'export const audit = `Judge the risk',
    "const TASK = 'Judge the risk';\n\nexport const audit = `${TASK}",
  ]),
  refactoring('model', 'model-members-turned', 'Members of an object have no order.', [
    MISSION,
    "{ model: 'local/instruction-reader', temperature: 0, attempts: 3 }",
    "{ attempts: 3, temperature: 0, model: 'local/instruction-reader' }",
  ]),
  refactoring('tool', 'tool-members-turned', 'Members of an object have no order.', [
    MISSION,
    '      output: OrderedLine,\n      replayable: true,\n',
    '      replayable: true,\n      output: OrderedLine,\n',
  ]),
  refactoring('rule', 'rule-computed', 'The same number.', [
    MISSION,
    'payWithoutQuestionUpTo: 1_000',
    'payWithoutQuestionUpTo: 10 ** 3',
  ]),
  refactoring('decision', 'decision-members-turned', 'Members of an object have no order.', [
    MISSION,
    "      timeoutMs: 6_000,\n      onTimeout: 'hold',\n",
    "      onTimeout: 'hold',\n      timeoutMs: 6_000,\n",
  ]),
  refactoring(
    'mixed',
    'all-tidied',
    'Each of them is equivalent, and so are all together.',
    [MISSION, 'payWithoutQuestionUpTo: 1_000', 'payWithoutQuestionUpTo: 10 ** 3'],
    [MATCHING, CHECKS, CHECKS_AS_A_LIST],
    [SCHEMAS, 'quantity: z.int().positive(),', 'quantity: z.int().gt(0),'],
    [WORKFLOW, "risk === 'low' && clean && !large", "!large && clean && risk === 'low'"],
  ),
];
