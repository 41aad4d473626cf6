/**
 * Each feature of Temporal's OpenAI Agents integration, recorded by Temporal's own worker on a real server: what was not changed
 * matches, and what was changed is told at the question or activity that is another.
 */
import type { Client } from '@temporalio/client';
import { WorkflowStreamClient } from '@temporalio/workflow-streams/client';
import { expect } from 'vitest';
import { describeFeatures } from './integrations/describe-features.ts';
import type { Edits, Told } from './integrations/feature-bench.ts';
import { type Feature, QUESTION } from './integrations/features.ts';

const FEATURES: readonly Feature[] = [
  { type: 'streamed', drive: (handle, client) => readAlong(client, handle.workflowId) },
  { type: 'tracked' },
  { type: 'booked' },
  { type: 'handedOver' },
  { type: 'consulted' },
  { type: 'delegated' },
  { type: 'structured' },
  { type: 'approved', drive: (handle) => handle.signal('approve') },
  { type: 'conversed', args: [[QUESTION, 'And order 17?']] },
  { type: 'retried' },
  { type: 'replaced', args: [QUESTION, true] },
  { type: 'replaced', args: [QUESTION, false] },
  { type: 'local' },
];

/** Reads what a run publishes until it ends. Updates are refused while a busy machine's first workflow task is tried again. */
async function readAlong(client: Client, workflowId: string): Promise<void> {
  const seen: unknown[] = [];
  const stream = WorkflowStreamClient.create(client, workflowId);
  const read = async () => {
    for await (const { data } of stream.subscribe('events')) seen.push(data);
  };
  const again = async (error: Error): Promise<void> => {
    if (!/Workflow Task in failed state/.test(error.message)) throw error;
    return read().catch(again);
  };
  await read().catch(again);
}

const FOUND = 'I have looked it up. Order 16: delivered on 1 March.';

const ENDS: Readonly<Record<string, unknown>> = {
  streamed: { text: FOUND, words: 11 },
  tracked: 'I have looked it up. trackParcel of 16: call 1',
  // Its server remembers the first call.
  booked: [1, 2].map((call) => `I have looked it up. readLedger of 16: call ${call}`),
  handedOver: { text: FOUND, by: 'Refunds' },
  consulted: `I have looked it up. ${FOUND}`,
  delegated: `I have looked it up. ${FOUND}`,
  structured: { orderId: '16', delivered: true, note: FOUND },
  approved: 'I have looked it up. refunded order 16',
  conversed: 'You asked: And order 17? (2 before)',
  retried: `You asked: ${QUESTION}`,
  'replaced-true': `You asked: ${QUESTION}`,
  'replaced-false': 'Model invocation failed: 400 The model is closed.',
  local: FOUND,
};

/** One edit for each feature: what a model is told, which model it is, what tools there are, what is handed on. */
const EDITS: Edits = [
  ['Speak while you think.', 'Speak slowly.'],
  ["statelessMcpServer('carriers')", "statelessMcpServer('carriers', { factoryArgument: 'north' })"],
  ["'Read the ledger.', model: 'shop-model'", "'Read the ledger.', model: 'shop-model-large'"],
  ['Refund what was lost.', 'Refund what was lost.\\nAsk nothing.'],
  ["'shop-model-expert'", "'shop-model-expert-2'"],
  ['What of order', 'What happened to order'],
  ['delivered: z.boolean()', 'delivered: z.boolean(), urgent: z.boolean()'],
  ['`refunded order', '`gave back order'],
  ['await session.getItems())', '(await session.getItems()).slice(-1))'],
  ['maximumAttempts: 5', 'maximumAttempts: 3'],
  ["ask('shop-model');", "ask('shop-model-large');"],
  ['Be quick.', 'Be slow.'],
];

const TOLD: readonly Told[] = [
  [
    'streamed',
    'invokeModelStreamActivity#1',
    '/request/systemInstructions',
    '"Speak while you think." → "Speak slowly."',
  ],
  ['tracked', 'carriers-stateless-list-tools#1', '', 'null → {"factoryArgument":"north"}'],
  ['booked', 'invokeModelActivity#1', '/modelName', '/modelName  "shop-model" → "shop-model-large"'],
  ['handedOver', 'invokeModelActivity#2', '/request/systemInstructions', '+ Ask nothing.'],
  ['consulted', 'invokeModelActivity#2', '/modelName', '/modelName  "shop-model-expert" → "shop-model-expert-2"'],
  ['delegated', 'colleague#1', '', '"What of order 16?" → "What happened to order 16?"'],
  [
    'structured',
    'invokeModelActivity#1',
    '/request/outputType/schema/properties/urgent',
    '(absent) → {"type":"boolean"}',
  ],
  ['approved', 'invokeModelActivity#2', '/request/input/2/output/text', '"refunded order 16" → "gave back order 16"'],
  ['conversed', 'end', '/input/1/0', '(absent)'],
  ['retried', 'invokeModelActivity#1', '/options/retry/maximumAttempts', '5 → 3'],
  ['replaced-true', 'invokeModelActivity#2', '/modelName', '"shop-model" → "shop-model-large"'],
];

describeFeatures('openai-agents', {
  features: FEATURES,
  ends: ENDS,
  edits: EDITS,
  told: TOLD,
  endsAsRecorded: {
    // What they ask is another; what they are answered is not.
    structured: expect.stringContaining('Invalid output type'),
    conversed: 'You asked: And order 17? (1 before)',
  },
});
