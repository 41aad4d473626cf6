/**
 * Each feature of Temporal's AI SDK integration, recorded by Temporal's own worker on a real server: what was not changed matches,
 * and what was changed is told at the question or activity that is another. It has no streaming, and no MCP client with a memory.
 */
import { expect } from 'vitest';
import { describeFeatures } from './integrations/describe-features.ts';
import type { Edits, Told } from './integrations/feature-bench.ts';
import { type Feature, QUESTION } from './integrations/features.ts';

const FEATURES: readonly Feature[] = [
  { type: 'tracked' },
  { type: 'looped' },
  { type: 'consulted' },
  { type: 'delegated' },
  { type: 'structured' },
  { type: 'approved', args: [[{ role: 'user', content: QUESTION }]], drive: (handle) => handle.signal('approve') },
  { type: 'embedded' },
  { type: 'retried' },
  { type: 'replaced', args: [QUESTION, true] },
  { type: 'replaced', args: [QUESTION, false] },
  { type: 'streamed' },
];

const FOUND = 'I have looked it up. Order 16: delivered on 1 March.';

const ENDS: Readonly<Record<string, unknown>> = {
  tracked: 'I have looked it up. parcel of order 16: at the depot',
  looped: { text: FOUND, steps: 2 },
  consulted: `I have looked it up. ${FOUND}`,
  delegated: `I have looked it up. ${FOUND}`,
  structured: { orderId: '16', delivered: true, note: FOUND },
  approved: 'I have looked it up. refunded order 16',
  embedded: 'Order 16',
  retried: `You asked: ${QUESTION}`,
  'replaced-true': `You asked: ${QUESTION}`,
  'replaced-false': 'The model is closed.',
  streamed: 'Streaming not supported.',
};

/** One edit for each feature: what a model is told, which model it is, what tools there are, what is handed on. */
const EDITS: Edits = [
  ["name: 'carriers'", "name: 'carriers', clientArgs: 'north'"],
  ['Loop until you know.', 'Loop until you know.\\nAsk nothing.'],
  ["'shop-model-expert'", "'shop-model-expert-2'"],
  ['What of order', 'What happened to order'],
  ['delivered: z.boolean()', 'delivered: z.boolean(), urgent: z.boolean()'],
  ['`refunded order', '`gave back order'],
  ["'Order 18'", "'Order 19'"],
  ['maximumAttempts: 5', 'maximumAttempts: 3'],
  ["ask('shop-model');", "ask('shop-model-large');"],
];

const TOLD: readonly Told[] = [
  ['tracked', 'carriers-listTools#1', '/clientArgs', '(absent) → "north"'],
  ['looped', 'invokeModel#1', '/options/prompt/0/content', '+ Ask nothing.'],
  ['consulted', 'invokeModel#2', '/modelId', '"shop-model-expert" → "shop-model-expert-2"'],
  ['delegated', 'colleague#1', '', '"What of order 16?" → "What happened to order 16?"'],
  ['structured', 'invokeModel#1', '/options/responseFormat/schema/properties/urgent', '(absent) → {"type":"boolean"}'],
  [
    'approved',
    'invokeModel#2',
    '/options/prompt/3/content/0/output/value',
    '"refunded order 16" → "gave back order 16"',
  ],
  ['embedded', 'invokeEmbeddingModel#2', '/values/2', '"Order 18" → "Order 19"'],
  ['retried', 'invokeModel#1', '/options/retry/maximumAttempts', '5 → 3'],
  ['replaced-true', 'invokeModel#2', '/modelId', '"shop-model" → "shop-model-large"'],
];

describeFeatures('ai-sdk', {
  features: FEATURES,
  ends: ENDS,
  edits: EDITS,
  told: TOLD,
  endsAsRecorded: {
    // What it asks is another; what it is answered is not. Here that throws out of the workflow task.
    structured: expect.stringContaining('did not match schema'),
  },
});
