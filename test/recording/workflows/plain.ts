/** Workflows that speak the wire format by hand, or plain Temporal: sources of real histories for the tests. */
import * as wf from '@temporalio/workflow';
import type { DecisionAnswer, ModelRequest, ModelResponse, StepContext, StepNote } from '../../../src/mission/wire.ts';

interface Activities {
  model(request: ModelRequest, context: StepContext): Promise<ModelResponse>;
  'tool:getOrder'(request: { id: string }, context: StepContext): Promise<{ total: number }>;
  'tool:issueRefund'(request: { orderId: string }, context: StepContext): Promise<{ ok: boolean }>;
  greet(name: string): Promise<string>;
  flaky(): Promise<string>;
  broken(): Promise<string>;
}

const options = { startToCloseTimeout: '5 s' } as const;

function note(step: string, kind: 'rule' | 'observe', input: unknown, result: unknown): StepNote {
  return { step, kind, name: step.replace(/#\d+$/, ''), input, result } as StepNote;
}

function step<K extends keyof Activities>(type: K, id: string): Activities[K] {
  return wf.proxyActivities<Activities>({ ...options, activityId: id })[type];
}

export interface Claim {
  readonly orderId: string;
  readonly email: string;
}

/** A mission by hand: tool, rule, model, decision, write tool, closing observation. */
export async function mission(claim: Claim): Promise<{ approve: boolean; email: string }> {
  const answer: { option?: string } = {};
  wf.setHandler(decideUpdate, ({ option }) => {
    answer.option = option;
    return option;
  });
  const order = await step('tool:getOrder', 'getOrder#1')(
    { id: claim.orderId },
    { step: 'getOrder#1', kind: 'tool', effect: 'read' },
  );
  const small = order.total < 50;
  const verdict = await step('model', 'judge#1')(
    {
      prompt: 'judge',
      model: 'local/echo',
      parameters: { temperature: 0 },
      messages: [{ role: 'user', content: `Refund for ${claim.email}?` }],
    },
    { step: 'judge#1', kind: 'model', notes: [note('small#1', 'rule', { total: order.total }, small)] },
  );
  const option = await decide(verdict.text, answer);
  if (option === 'approve') {
    await step('tool:issueRefund', 'issueRefund#1')(
      { orderId: claim.orderId },
      { step: 'issueRefund#1', kind: 'tool', effect: 'write' },
    );
  }
  wf.upsertMemo({ 'mission.notes': [note('done#1', 'observe', null, { option })] });
  return { approve: option === 'approve', email: claim.email };
}

const decideUpdate = wf.defineUpdate<string, [DecisionAnswer]>('mission.decide');

async function decide(evidence: string, answer: { option?: string }): Promise<string> {
  wf.upsertMemo({
    'mission.decision.approve#1': {
      step: 'approve#1',
      name: 'approve',
      question: 'Refund?',
      options: ['approve', 'deny'],
      evidence,
      notes: [note('asked#1', 'observe', null, 'asked')],
    },
  });
  await wf.condition(() => answer.option !== undefined);
  wf.upsertMemo({ 'mission.decision.approve#1': null });
  return answer.option ?? 'deny';
}

/** Everything else that Temporal gives: timers, signals, children, local activities, patches, retries. */
export async function plain(name: string): Promise<string> {
  const { greet, flaky } = wf.proxyActivities<Activities>({
    ...options,
    retry: { initialInterval: 1, maximumAttempts: 3 },
  });
  const { greet: greetLocally } = wf.proxyLocalActivities<Activities>(options);
  let told = '';
  wf.setHandler(wf.defineSignal<[string]>('tell'), (text) => {
    told = text;
  });
  await wf.condition(() => told !== '');
  await wf.sleep(5);
  wf.patched('second-greeting');
  const child = await wf.executeChild(childGreeting, {
    args: [name],
    workflowId: `${wf.workflowInfo().workflowId}-child`,
  });
  return [await greet(name), await greetLocally(name), await flaky(), child, told].join(' ');
}

export async function childGreeting(name: string): Promise<string> {
  return `child ${name}`;
}

export async function failing(): Promise<string> {
  const { broken } = wf.proxyActivities<Activities>({ ...options, retry: { maximumAttempts: 2, initialInterval: 1 } });
  return broken();
}

/** Continues as new until nothing is left. */
export async function countdown(left: number): Promise<string> {
  const { greet } = wf.proxyActivities<Activities>(options);
  await greet(String(left));
  if (left > 0) return wf.continueAsNew<typeof countdown>(left - 1);
  return 'lift off';
}

export async function forever(): Promise<void> {
  await wf.condition(() => false);
}
