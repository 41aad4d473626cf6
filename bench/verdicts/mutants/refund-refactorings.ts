/** Refactorings of refund-eligibility: what a tidy person does on a quiet day. */
import { type Mutant, refactoring } from '../mutant.ts';

const HOME = 'workflows/refund-eligibility';
const MISSION = `${HOME}/mission.ts`;
const WORKFLOW = `${HOME}/workflow.ts`;
const RULES = `${HOME}/rules.ts`;
const ASSESS = `${HOME}/prompts/assess.ts`;

const LETTER =
  "const text = await step.model('letter', { case: { customerName, orderId: order.id, item: order.item, reason } });";
const FEE = "const fee = category === 'changed-mind' ? sale.returnFee : 0;";
const WRITES = `    issueRefund: { effect: 'write', input: RefundOrder, output: Receipt },
    sendLetter: { effect: 'write', input: Letter, output: Receipt },
`;

export const refundRefactorings: readonly Mutant[] = [
  refactoring('code', 'order-taken-apart', 'The same member, by a name of its own.', [
    WORKFLOW,
    'const days = daysSince(order.deliveredAt, request.requestedAt);',
    'const { deliveredAt } = order;\n  const days = daysSince(deliveredAt, request.requestedAt);',
  ]),
  refactoring('code', 'window-negated', 'Not more is at most.', [
    WORKFLOW,
    '() => days <= rules.windowDays',
    '() => !(days > rules.windowDays)',
  ]),
  refactoring('code', 'small-turned', 'The same comparison, from the other side.', [
    WORKFLOW,
    '(total) => total <= rules.refundWithoutQuestionUpTo',
    '(total) => rules.refundWithoutQuestionUpTo >= total',
  ]),
  refactoring('code', 'unopened-in-a-list', 'A list of one.', [
    WORKFLOW,
    "(condition) => condition === 'unopened'",
    "(condition) => ['unopened'].includes(condition)",
  ]),
  refactoring('code', 'few-negated', 'Not at least is fewer.', [
    WORKFLOW,
    '(count) => count < rules.refundsPerYear',
    '(count) => !(count >= rules.refundsPerYear)',
  ]),
  refactoring('code', 'regret-in-two-steps', 'The same condition, one half at a time.', [
    RULES,
    "return sale.finalSale && (category === 'changed-mind' || category === 'other');",
    "if (!sale.finalSale) return false;\n  return ['changed-mind', 'other'].includes(category);",
  ]),
  refactoring('code', 'fee-by-table', 'The same fee, looked up.', [
    RULES,
    FEE,
    "const fees: Partial<Record<RefundVerdict['category'], number>> = { 'changed-mind': sale.returnFee };\n  const fee = fees[category] ?? 0;",
  ]),
  refactoring('code', 'amount-in-cents', 'The same rounding, in two lines.', [
    RULES,
    'return Math.max(0, Math.round((order.total - fee) * 100) / 100);',
    'const cents = Math.round((order.total - fee) * 100);\n  return Math.max(0, cents / 100);',
  ]),
  refactoring('code', 'day-in-hours', 'As many milliseconds.', [
    RULES,
    'const DAY_MS = 86_400_000;',
    'const DAY_MS = 24 * 60 * 60 * 1_000;',
  ]),
  refactoring('code', 'verdict-member-by-member', 'The same members, without a spread.', [
    WORKFLOW,
    'return { ...decision, amount, category, reference };',
    'const { approve, decidedBy } = decision;\n    return { approve, decidedBy, reason: decision.reason, amount, category, reference };',
  ]),
  refactoring('code', 'comment-by-condition', 'What `??` does with a text that may be missing.', [
    WORKFLOW,
    'reason: comment ?? decision.reason',
    'reason: comment === undefined ? decision.reason : comment',
  ]),
  refactoring(
    'code',
    'decide-declared',
    'A function declaration instead of a constant.',
    [WORKFLOW, 'const decide = async (): Promise<Decision> => {', 'async function decide(): Promise<Decision> {'],
    [WORKFLOW, 'reason: assessment.reason };\n  };', 'reason: assessment.reason };\n  }'],
  ),
  refactoring('code', 'context-taken-apart', 'The context is taken apart a line later.', [
    WORKFLOW,
    'async ({ step, rules }, request) => {',
    'async (context, request) => {\n  const { step, rules } = context;',
  ]),
  refactoring('code', 'letter-facts-named', 'The same facts, with a name and in another order.', [
    WORKFLOW,
    LETTER,
    "const facts = { reason, item: order.item, orderId: order.id, customerName };\n  const text = await step.model('letter', { case: facts });",
  ]),
  refactoring('code', 'facts-spread', 'The same members, by way of another object.', [
    WORKFLOW,
    '      item,\n      total,\n      condition,\n      gift,\n',
    '      ...{ item, total, condition, gift },\n',
  ]),
  refactoring('code', 'days-in-a-template', 'Two ways to write a number.', [
    WORKFLOW,
    'windowDays: String(rules.windowDays)',
    'windowDays: `${rules.windowDays}`',
  ]),
  refactoring(
    'prompt',
    'prompt-renamed',
    'The constant has another name inside its file.',
    [ASSESS, 'export const assess = `You decide', 'const text = `You decide'],
    [ASSESS, '{{case}}\n`;', '{{case}}\n`;\n\nexport const assess = text;'],
  ),
  refactoring('prompt', 'prompts-in-another-order', 'Prompts have names, and no order.', [
    MISSION,
    'prompts: { classify, assess, letter }',
    'prompts: { letter, assess, classify }',
  ]),
  refactoring('prompt', 'prompt-with-its-model', 'The only model, named.', [
    MISSION,
    'prompts: { classify, assess, letter }',
    "prompts: { classify, assess, letter: { text: letter, model: 'reader' } }",
  ]),
  refactoring(
    'tool',
    'tool-input-named',
    'The same schema, with a name.',
    [MISSION, 'export const refund =', 'const BySku = z.object({ sku: z.string() });\n\nexport const refund ='],
    [MISSION, "effect: 'read', input: z.object({ sku: z.string() })", "effect: 'read', input: BySku"],
  ),
  refactoring('tool', 'tools-in-another-order', 'Tools have names, and no order.', [
    MISSION,
    WRITES,
    WRITES.split('\n').slice(0, 2).reverse().join('\n').concat('\n'),
  ]),
  refactoring('rule', 'rule-computed', 'The same number.', [
    MISSION,
    'refundWithoutQuestionUpTo: 60',
    'refundWithoutQuestionUpTo: 6 * 10',
  ]),
  refactoring(
    'decision',
    'decision-options-named',
    'The same two options.',
    [MISSION, 'export const refund =', "const OPTIONS = ['refund', 'deny'] as const;\n\nexport const refund ="],
    [MISSION, "options: ['refund', 'deny'] }", 'options: OPTIONS }'],
  ),
  refactoring(
    'mixed',
    'all-tidied',
    'Each of them is equivalent, and so are all together.',
    [MISSION, 'prompts: { classify, assess, letter }', 'prompts: { letter, assess, classify }'],
    [RULES, 'const DAY_MS = 86_400_000;', 'const DAY_MS = 24 * 60 * 60 * 1_000;'],
    [WORKFLOW, '() => days <= rules.windowDays', '() => rules.windowDays >= days'],
    [WORKFLOW, 'reason: comment ?? decision.reason', 'reason: comment === undefined ? decision.reason : comment'],
  ),
];
