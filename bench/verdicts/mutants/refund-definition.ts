/** Changes of refund-eligibility that need no code: prompts, models, rules, tool contracts, decisions. */
import type { Mutant } from '../mutant.ts';

const HOME = 'workflows/refund-eligibility';
const MISSION = `${HOME}/mission.ts`;
const ASSESS = `${HOME}/prompts/assess.ts`;
const CLASSIFY = `${HOME}/prompts/classify.ts`;
const LETTER = `${HOME}/prompts/letter.ts`;
const MODELS = "models: { reader: { model: 'local/instruction-reader', temperature: 0 } }";

export const refundDefinition: readonly Mutant[] = [
  {
    id: 'prompt-final-sale-always',
    kind: 'prompt',
    edits: [
      [
        ASSESS,
        '- Deny final-sale items, unless they arrived damaged, are defective, were delivered late, or we sent the wrong item.',
        '- Always deny final-sale items.',
      ],
    ],
    changes: 'outcome',
    cause: ['prompt assess'],
    why: 'Damaged, late and wrong items of the closing sale are denied now.',
  },
  {
    id: 'prompt-gift-45-days',
    kind: 'prompt',
    edits: [[ASSESS, 'up to 60 days', 'up to 45 days']],
    changes: 'outcome',
    cause: ['prompt assess'],
    why: 'Gifts that are still approved are approved for another reason: the reason quotes the statement.',
  },
  {
    id: 'prompt-late-dropped',
    kind: 'prompt',
    edits: [[ASSESS, '- Approve when the delivery was late and the request was made within the return window.\n', '']],
    changes: 'outcome',
    cause: ['prompt assess'],
    why: 'An opened item that came late is not approved any more.',
  },
  {
    id: 'prompt-damaged-in-window-only',
    kind: 'prompt',
    edits: [[ASSESS, ', or we sent the wrong item, even after the return window.', ', or we sent the wrong item.']],
    changes: 'outcome',
    cause: ['prompt assess'],
    why: 'The statement does not override the window any more; at the least the reason is another.',
  },
  {
    id: 'prompt-statements-swapped',
    kind: 'prompt',
    edits: [
      [
        ASSESS,
        '- Approve when the delivery was late and the request was made within the return window.\n- Deny when the return window has passed.',
        '- Deny when the return window has passed.\n- Approve when the delivery was late and the request was made within the return window.',
      ],
    ],
    changes: 'request',
    why: 'The two never apply to the same case, so their order decides nothing.',
  },
  {
    id: 'prompt-assess-opening',
    kind: 'prompt',
    edits: [
      [
        ASSESS,
        'You decide refund requests of an online shop that no simple rule settles.',
        'You work for an online shop and look at requests that no simple rule settles.',
      ],
    ],
    changes: 'request',
    why: 'The opening says who the model is; every statement of the policy stays.',
  },
  {
    id: 'prompt-classify-without-defects',
    kind: 'prompt',
    edits: [[CLASSIFY, 'the item arrived damaged, is defective, or parts are missing', 'the item arrived damaged']],
    changes: 'outcome',
    cause: ['prompt classify'],
    why: 'What stopped working is not classified as damaged any more, and the category is in the verdict.',
  },
  {
    id: 'prompt-classify-order',
    kind: 'prompt',
    edits: [
      [
        CLASSIFY,
        '- wrong item: we sent something else than was ordered\n- late delivery: it came later than promised',
        '- late delivery: it came later than promised\n- wrong item: we sent something else than was ordered',
      ],
    ],
    changes: 'request',
    why: 'No message speaks of both, so the order of the explanations decides nothing.',
  },
  {
    id: 'prompt-letter-signature',
    kind: 'prompt',
    edits: [[LETTER, 'Sign as "The returns desk".', 'Sign as "Customer care".']],
    changes: 'outcome',
    cause: ['prompt letter'],
    why: 'The letter that is sent has another signature: another write.',
  },
  {
    id: 'prompt-letter-no-apology',
    kind: 'prompt',
    edits: [[LETTER, ' Apologise.', '']],
    changes: 'outcome',
    cause: ['prompt letter'],
    why: 'The letter that is sent does not apologise any more.',
  },
  {
    id: 'prompt-letter-friendly',
    kind: 'prompt',
    edits: [[LETTER, 'short, polite letter', 'short, friendly letter']],
    changes: 'request',
    why: 'The reader writes the same letter, politely or friendly.',
  },
  {
    id: 'prompt-through-a-constant',
    kind: 'prompt',
    edits: [
      [ASSESS, 'export const assess = `', 'const policy = `'],
      [ASSESS, '{{case}}\n`;', '{{case}}\n`;\n\nexport const assess = policy;'],
    ],
    changes: 'none',
    why: 'The same text, exported by way of another constant.',
  },
  {
    id: 'prompt-as-an-object',
    kind: 'prompt',
    edits: [
      [
        MISSION,
        'prompts: { classify, assess, letter }',
        "prompts: { classify, assess: { text: assess, model: 'reader' }, letter }",
      ],
    ],
    changes: 'none',
    why: 'The long form of the same prompt.',
  },
  {
    id: 'prompt-nobody-asks',
    kind: 'prompt',
    edits: [
      [
        MISSION,
        'prompts: { classify, assess, letter }',
        "prompts: { classify, assess, letter, appeal: 'Answer the appeal.\\n{{case}}' }",
      ],
    ],
    changes: 'none',
    why: 'No step asks the new prompt.',
  },
  {
    id: 'model-temperature',
    kind: 'model',
    edits: [[MISSION, 'temperature: 0 ', 'temperature: 0.3 ']],
    changes: 'request',
    why: 'A parameter is part of the request; the reader answers the same at any temperature.',
  },
  {
    id: 'model-another',
    kind: 'model',
    edits: [[MISSION, 'local/instruction-reader', 'local/second-reader']],
    changes: 'request',
    why: 'The local provider answers for every name alike.',
  },
  {
    id: 'model-timeout',
    kind: 'model',
    edits: [[MISSION, 'temperature: 0 ', 'temperature: 0, timeoutMs: 30_000 ']],
    changes: 'request',
    why: 'Steps are given less time: another option of the same steps.',
  },
  {
    id: 'model-output-limit',
    kind: 'model',
    edits: [[MISSION, 'temperature: 0 ', 'temperature: 0, maxOutputTokens: 900 ']],
    changes: 'request',
    why: 'A parameter is part of the request; no answer is that long.',
  },
  {
    id: 'model-renamed',
    kind: 'model',
    edits: [[MISSION, 'models: { reader:', 'models: { judge:']],
    changes: 'none',
    why: 'The name of the entry is in no request; prompts go to the only model.',
  },
  {
    id: 'model-by-default',
    kind: 'model',
    edits: [
      [
        MISSION,
        MODELS,
        "models: {\n    reader: { model: 'local/instruction-reader', temperature: 0 },\n    default: { model: 'local/instruction-reader', temperature: 0 },\n  }",
      ],
    ],
    changes: 'none',
    why: 'Prompts go to another entry with the same model and parameters.',
  },
  {
    id: 'model-default-attempts',
    kind: 'model',
    edits: [[MISSION, 'temperature: 0 ', 'temperature: 0, attempts: 5 ']],
    changes: 'none',
    why: 'Five attempts are what a step has anyway.',
  },
  {
    id: 'rule-window-14-days',
    kind: 'rule',
    edits: [[MISSION, 'windowDays: 30', 'windowDays: 14']],
    changes: 'outcome',
    cause: ['rule windowDays'],
    why: 'Requests of the third and fourth week are too late.',
  },
  {
    id: 'rule-small-50',
    kind: 'rule',
    edits: [[MISSION, 'refundWithoutQuestionUpTo: 60', 'refundWithoutQuestionUpTo: 50']],
    changes: 'outcome',
    cause: ['rule refundWithoutQuestionUpTo'],
    why: 'The desk lamp for 54.90 is assessed instead of settled by rules.',
  },
  {
    id: 'rule-small-59',
    kind: 'rule',
    edits: [[MISSION, 'refundWithoutQuestionUpTo: 60', 'refundWithoutQuestionUpTo: 59']],
    changes: 'none',
    why: 'Nothing costs between 59 and 60.',
  },
  {
    id: 'rule-four-refunds',
    kind: 'rule',
    edits: [[MISSION, 'refundsPerYear: 3', 'refundsPerYear: 4']],
    changes: 'outcome',
    cause: ['rule refundsPerYear'],
    why: 'Customers with three refunds are not turned away by the rule.',
  },
  {
    id: 'rule-person-above-1000',
    kind: 'rule',
    edits: [[MISSION, 'decideAbove: 5_000', 'decideAbove: 1_000']],
    changes: 'unanswered',
    why: 'A person is asked about bicycles, and nobody ever answered that.',
  },
  {
    id: 'rule-person-above-6000',
    kind: 'rule',
    edits: [[MISSION, 'decideAbove: 5_000', 'decideAbove: 6_000']],
    changes: 'none',
    why: 'Nothing costs more than 1,249.',
  },
  {
    id: 'rule-nobody-reads',
    kind: 'rule',
    edits: [[MISSION, 'windowDays: 30,', 'windowDays: 30,\n    appealDays: 14,']],
    changes: 'none',
    why: 'No code reads the new constant.',
  },
  {
    id: 'tool-timeout',
    kind: 'tool',
    edits: [[MISSION, "getPolicy: { effect: 'read',", "getPolicy: { effect: 'read', timeoutMs: 10_000,"]],
    changes: 'request',
    why: 'The step is given less time.',
  },
  {
    id: 'tool-attempts',
    kind: 'tool',
    edits: [[MISSION, "getOrder: { effect: 'read',", "getOrder: { effect: 'read', attempts: 2,"]],
    changes: 'request',
    why: 'The step is tried less often.',
  },
  {
    id: 'tool-description',
    kind: 'tool',
    edits: [
      [MISSION, "getOrder: { effect: 'read',", "getOrder: { effect: 'read', description: 'An order, by its number.',"],
    ],
    changes: 'none',
    why: 'A description is told to agents only, and no agent has this tool.',
  },
  {
    id: 'tool-replayable',
    kind: 'tool',
    edits: [[MISSION, "getPolicy: { effect: 'read',", "getPolicy: { effect: 'read', replayable: true,"]],
    changes: 'none',
    why: 'It says what replays may do, not what runs do.',
  },
  {
    id: 'tool-refund-limit',
    kind: 'tool',
    edits: [
      [`${HOME}/schemas.ts`, 'amount: z.number().positive() });', 'amount: z.number().positive().max(1_000) });'],
    ],
    changes: 'outcome',
    cause: ['tool issueRefund'],
    why: 'The contract refuses the refund of a bicycle, and the run fails.',
  },
  {
    id: 'tool-least-amount',
    kind: 'tool',
    edits: [[`${HOME}/schemas.ts`, 'amount: z.number().positive() });', 'amount: z.number().min(0.01) });']],
    changes: 'none',
    why: 'Amounts are in cents, so at least a cent is what positive means.',
  },
  {
    id: 'tool-answer-with-default',
    kind: 'tool',
    edits: [
      [
        MISSION,
        'z.object({ refundsThisYear: z.int().nonnegative() })',
        "z.object({ refundsThisYear: z.int().nonnegative(), source: z.string().default('ledger') })",
      ],
    ],
    changes: 'none',
    why: 'The contract fills in a member that no answer has, and that nothing looks at.',
  },
  {
    id: 'tool-letter-as-read',
    kind: 'tool',
    edits: [[MISSION, "sendLetter: { effect: 'write'", "sendLetter: { effect: 'read'"]],
    changes: 'outcome',
    cause: ['tool sendLetter'],
    why: 'A letter is declared as something that acts on nothing: the run has one write less.',
  },
  {
    id: 'decision-question',
    kind: 'decision',
    edits: [[MISSION, 'Refund this amount?', 'Shall we refund this amount?']],
    changes: 'none',
    why: 'No run comes to the question.',
  },
];
