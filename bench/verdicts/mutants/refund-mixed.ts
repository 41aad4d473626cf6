/** Changes of several components of refund-eligibility at once: there is a cause to be found among them. */
import type { Mutant } from '../mutant.ts';

const HOME = 'workflows/refund-eligibility';
const MISSION = `${HOME}/mission.ts`;
const WORKFLOW = `${HOME}/workflow.ts`;
const RULES = `${HOME}/rules.ts`;
const SCHEMAS = `${HOME}/schemas.ts`;
const ASSESS = `${HOME}/prompts/assess.ts`;
const LETTER = `${HOME}/prompts/letter.ts`;

const FEE = "const fee = category === 'changed-mind' ? sale.returnFee : 0;";
const NO_OVERRIDE: readonly [string, string, string] = [
  ASSESS,
  ', or we sent the wrong item, even after the return window.',
  ', or we sent the wrong item.',
];

export const refundMixed: readonly Mutant[] = [
  {
    id: 'mixed-prompt-among-others',
    kind: 'mixed',
    edits: [
      NO_OVERRIDE,
      [LETTER, 'short, polite letter', 'short, friendly letter'],
      [MISSION, 'models: { reader:', 'models: { judge:'],
      [RULES, 'return Math.floor(', 'return Math.trunc('],
    ],
    changes: 'outcome',
    cause: ['prompt assess'],
    why: 'Of four changes, only the policy gives other verdicts.',
  },
  {
    id: 'mixed-prompt-with-louder-reasons',
    kind: 'mixed',
    edits: [NO_OVERRIDE, [WORKFLOW, 'reason: assessment.reason };', 'reason: assessment.reason.toUpperCase() };']],
    changes: 'outcome',
    cause: ['prompt assess'],
    why: 'Reasons in capitals are the same reasons, by the schema; the policy is what turns verdicts.',
  },
  {
    id: 'mixed-rule-among-others',
    kind: 'mixed',
    edits: [
      [MISSION, 'refundsPerYear: 3', 'refundsPerYear: 4'],
      [MISSION, 'decideAbove: 5_000', 'decideAbove: 6_000'],
      [
        ASSESS,
        'You decide refund requests of an online shop that no simple rule settles.',
        'You work for an online shop and look at requests that no simple rule settles.',
      ],
    ],
    changes: 'outcome',
    cause: ['rule refundsPerYear'],
    why: 'The opening of the prompt and the limit that nothing reaches change no verdict.',
  },
  {
    id: 'mixed-three-needed',
    kind: 'mixed',
    edits: [
      [
        ASSESS,
        '- Otherwise, deny.',
        '- Always deny when the total is more than {{maxTotal}} dollars.\n- Otherwise, deny.',
      ],
      [MISSION, 'windowDays: 30,', 'windowDays: 30,\n    maxTotal: 1_000,'],
      [
        WORKFLOW,
        '{ windowDays: String(rules.windowDays), case: facts }',
        '{ windowDays: String(rules.windowDays), maxTotal: String(rules.maxTotal), case: facts }',
      ],
    ],
    changes: 'outcome',
    cause: ['prompt assess together with rule maxTotal together with code: step assess'],
    why: 'The statement needs the place, the place needs the code, and the code needs the constant.',
  },
  {
    id: 'mixed-two-causes',
    kind: 'mixed',
    edits: [
      [LETTER, 'Sign as "The returns desk".', 'Sign as "Customer care".'],
      [MISSION, 'refundsPerYear: 3', 'refundsPerYear: 4'],
    ],
    changes: 'outcome',
    cause: ['prompt letter', 'prompt letter together with rule refundsPerYear'],
    why: 'All letters are signed otherwise; whoever has three refunds is denied by the assessment in such a letter.',
  },
  {
    id: 'mixed-each-alone',
    kind: 'mixed',
    edits: [
      [MISSION, 'refundWithoutQuestionUpTo: 60', 'refundWithoutQuestionUpTo: 10'],
      [
        WORKFLOW,
        'if (inWindow && smallAmount && unopened && !sale.finalSale) {',
        'if (inWindow && days < 4 && smallAmount && unopened && !sale.finalSale) {',
      ],
    ],
    changes: 'outcome',
    cause: ['rule refundWithoutQuestionUpTo or code: step assess, each alone', 'rule refundWithoutQuestionUpTo'],
    why: 'Either sends small returns to the assessment; those of the first days are sent by the limit alone.',
  },
  {
    id: 'mixed-excuse',
    kind: 'mixed',
    edits: [
      [
        SCHEMAS,
        'reason: compare.text(z.string()),\n  /** Of the refund',
        'reason: compare.ignore(z.string()),\n  /** Of the refund',
      ],
      [WORKFLOW, 'A small amount, unopened and in time.', 'Small, unopened, in time.'],
    ],
    changes: 'outcome',
    cause: ['code: step assess'],
    why: 'A compare rule that only the candidate declares excuses nothing; the words are changed by the code.',
  },
  {
    id: 'mixed-renamed-write',
    kind: 'mixed',
    edits: [
      [MISSION, 'issueRefund: {', 'payRefund: {'],
      [WORKFLOW, "step.tool('issueRefund',", "step.tool('payRefund',"],
      ['activities/refund-eligibility.ts', 'issueRefund: (', 'payRefund: ('],
    ],
    changes: 'outcome',
    cause: ['tool payRefund together with code: step payRefund'],
    why: 'Another tool is called: the code needs its contract; that the old one is gone matters to nobody.',
  },
  {
    id: 'mixed-nothing',
    kind: 'mixed',
    edits: [
      [MISSION, 'models: { reader:', 'models: { judge:'],
      [MISSION, 'windowDays: 30,', 'windowDays: 30,\n    appealDays: 14,'],
      [RULES, FEE, "const keeps = category === 'changed-mind';\n  const fee = keeps ? sale.returnFee : 0;"],
      [MISSION, 'Refund this amount?', 'Shall we refund this amount?'],
    ],
    changes: 'none',
    why: 'Four changes, none of which any run can notice.',
  },
];
