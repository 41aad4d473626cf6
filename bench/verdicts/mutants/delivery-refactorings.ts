/** Refactorings of delivery-watch. */
import { type Mutant, refactoring } from '../mutant.ts';

const HOME = 'workflows/delivery-watch';
const MISSION = `${HOME}/mission.ts`;
const WORKFLOW = `${HOME}/workflow.ts`;
const SCHEMAS = `${HOME}/schemas.ts`;

const VOUCHER = 'Math.min(value * rules.voucherShare, rules.voucherMax)';
const WRITES = "step.tool('compensate', { parcelId, remedy, amount }), step.tool('sendNote', { parcelId, text })";

export const deliveryRefactorings: readonly Mutant[] = [
  refactoring('code', 'messages-sliced', 'Two ways to copy a list.', [
    WORKFLOW,
    'const messages = [...watch.messages];',
    'const messages = watch.messages.slice();',
  ]),
  refactoring(
    'code',
    'unread-as-a-flag',
    'How many there are was never asked.',
    [WORKFLOW, 'let unread = 0;', 'let unread = false;'],
    [WORKFLOW, 'unread += 1;', 'unread = true;'],
    [WORKFLOW, '() => unread > 0', '() => unread'],
    [WORKFLOW, '    unread = 0;\n', '    unread = false;\n'],
  ),
  refactoring('code', 'final-by-if', 'What `||=` does.', [
    WORKFLOW,
    'final ||= news.final;',
    'if (news.final) final = true;',
  ]),
  refactoring('code', 'address-by-length', 'An empty text has no length.', [
    WORKFLOW,
    "address.trim() === ''",
    'address.trim().length === 0',
  ]),
  refactoring('code', 'check-id-joined', 'The same text.', [
    WORKFLOW,
    '{ id: `check-${checks}` }',
    "{ id: ['check', checks].join('-') }",
  ]),
  refactoring('code', 'rounds-from-one', 'As many rounds.', [
    WORKFLOW,
    'for (let round = 0; round < rules.checksPerRun',
    'for (let round = 1; round <= rules.checksPerRun',
  ]),
  refactoring('code', 'late-turned', 'The same comparison, from the other side.', [
    WORKFLOW,
    '(days) => days > rules.lateAfterDays',
    '(days) => rules.lateAfterDays < days',
  ]),
  refactoring('code', 'complained-by-some', 'There are messages, or there are none.', [
    WORKFLOW,
    "step.rule('complained', messages.length > 0)",
    "step.rule(\n    'complained',\n    messages.some(() => true),\n  )",
  ]),
  refactoring('code', 'state-turned', 'The same condition, the other way round.', [
    WORKFLOW,
    "parcel.state === 'on-its-way' ? 'given-up' : parcel.state;",
    "parcel.state !== 'on-its-way' ? parcel.state : 'given-up';",
  ]),
  refactoring('code', 'facts-turned', 'Facts are rendered with sorted keys.', [
    WORKFLOW,
    "{ state, daysLate: parcel.daysLate, moves, message: messages.join(' ') }",
    "{ message: messages.join(' '), moves, daysLate: parcel.daysLate, state }",
  ]),
  refactoring('code', 'amount-by-ifs', 'A variable instead of conditions in each other.', [
    WORKFLOW,
    `const amount =\n    remedy === 'refund' ? value : remedy === 'voucher' ? ${VOUCHER} : 0;`,
    `let amount = 0;\n  if (remedy === 'refund') amount = value;\n  if (remedy === 'voucher') amount = ${VOUCHER};`,
  ]),
  refactoring('code', 'least-turned', 'The lesser of the same two.', [
    WORKFLOW,
    VOUCHER,
    'Math.min(rules.voucherMax, rules.voucherShare * value)',
  ]),
  refactoring('code', 'writes-named', 'The same two writes at the same time.', [
    WORKFLOW,
    `await Promise.all([${WRITES}]);`,
    `const writes = [${WRITES}];\n  await Promise.all(writes);`,
  ]),
  refactoring('code', 'wait-computed', 'As many milliseconds.', [WORKFLOW, 'args: [1_000] }', 'args: [2 * 500] }']),
  refactoring('code', 'none-negated-twice', 'Not another is this one.', [
    WORKFLOW,
    "if (remedy === 'none') {",
    "if (!(remedy !== 'none')) {",
  ]),
  refactoring('code', 'context-taken-apart', 'The context is taken apart a line later.', [
    WORKFLOW,
    'async ({ step, rules }, watch) => {',
    'async (context, watch) => {\n  const { step, rules } = context;',
  ]),
  refactoring('code', 'moves-at-least-zero', 'Two ways to say the same schema.', [
    SCHEMAS,
    'moves: z.int().nonnegative().default(0),',
    'moves: z.int().min(0).default(0),',
  ]),
  refactoring('prompt', 'prompt-with-a-constant', 'A template with a constant in it is the same text.', [
    MISSION,
    'Sign as "Deliveries".',
    'Sign as "${\'Deliveries\'}".',
  ]),
  refactoring('model', 'model-members-turned', 'Members of an object have no order.', [
    MISSION,
    "{ model: 'local/instruction-reader', temperature: 0 }",
    "{ temperature: 0, model: 'local/instruction-reader' }",
  ]),
  refactoring('rule', 'rule-computed', 'The same number.', [MISSION, 'voucherShare: 0.1', 'voucherShare: 1 / 10']),
  refactoring('tool', 'tool-timeout-computed', 'As many milliseconds.', [
    MISSION,
    'timeoutMs: 20_000',
    'timeoutMs: 20 * 1_000',
  ]),
  refactoring(
    'mixed',
    'all-tidied',
    'Each of them is equivalent, and so are all together.',
    [MISSION, 'voucherShare: 0.1', 'voucherShare: 1 / 10'],
    [SCHEMAS, 'moves: z.int().nonnegative().default(0),', 'moves: z.int().min(0).default(0),'],
    [WORKFLOW, 'final ||= news.final;', 'if (news.final) final = true;'],
    [WORKFLOW, '(days) => days > rules.lateAfterDays', '(days) => rules.lateAfterDays < days'],
  ),
];
