/**
 * What counts as a write: what a mission declares to be one, and everything else that nothing declares to be a read. A candidate
 * that drops, adds, turns or words one otherwise has changed what happens, though it comes to the same end.
 */
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { jsonToPayload } from '../../src/recording/payloads.ts';
import { StepNamer } from '../../src/replay/command-view.ts';
import type { ReplayCandidate, ReplayInput, ReplayOptions } from '../../src/replay/departure.ts';
import { compareEffectsOf, effectsIn } from '../../src/replay/effects.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { RuleBook } from '../../src/replay/rule-book.ts';
import { viewOfCommand } from '../../src/replay/view-of-command.ts';
import { activityView, childView, operationView, signalView, timerView } from '../../src/replay/view-parts.ts';
import { buildMission, candidateOf, type Edit, lenient, recordMission, type Sources, strict } from './missions/lab.ts';
import { plainCandidate, recordScenarios, type TextEdit } from './simulated/record.ts';

const activity = (activityType: string) =>
  activityView({ activityId: '1', activityType, payloads: [], options: {} }, new StepNamer());
const child = (workflowId: string) =>
  childView({ workflowType: 'ship', payloads: [], options: { workflowId } }, new StepNamer());
const operation = (endpoint: string) =>
  operationView({ endpoint, service: 'desk', operation: 'book', input: null }, new StepNamer());

describe('what counts as a write', () => {
  it.each([
    ['an activity', activity('charge'), [{ kind: 'activity', tool: 'charge', request: null }]],
    [
      'a child with an id',
      child('order-1/ship'),
      [{ kind: 'child', request: { workflowId: 'order-1/ship', input: null } }],
    ],
    ['a child without', child(crypto.randomUUID()), [{ kind: 'child', request: { input: null } }]],
    ['an operation', operation('shop'), [{ kind: 'activity', request: { endpoint: 'shop', input: null } }]],
    [
      'a signal',
      signalView({ name: 'go', target: { workflowId: 'other' }, payloads: [], childOnly: false }, new StepNamer()),
      [{ kind: 'signal', tool: 'go', request: { workflowId: 'other', input: null } }],
    ],
    ['a timer: no', timerView(null, new StepNamer()), []],
    ['a model of the AI SDK: no', activity('invokeModel'), []],
    ['a model of the OpenAI Agents SDK: no', activity('invokeModelActivity'), []],
  ])('%s', (_, view, effects) => {
    expect(effectsIn([view])).toEqual(effects.map((effect) => ({ step: view.step, tool: view.name, ...effect })));
  });

  it('is an operation at another endpoint, and a child of another id', () => {
    const compare = (before: ReturnType<typeof child>, after: ReturnType<typeof child>) =>
      compareEffectsOf([before], [after], RuleBook.of(undefined)).map(({ pointer }) => pointer);
    expect(compare(operation('shop'), operation('store'))).toEqual(['/0/request/endpoint']);
    expect(compare(child('a'), child('b'))).toEqual(['/0/request/workflowId']);
    expect(compare(child(crypto.randomUUID()), child(crypto.randomUUID()))).toEqual([]);
  });

  it('is a local activity, of which nothing is compared that was not recorded', () => {
    const issued = viewOfCommand(
      { scheduleLocalActivity: { activityId: '1', activityType: 'charge', arguments: [jsonToPayload('mine')] } },
      new StepNamer(),
    );
    if (issued === undefined) throw new Error('no view');
    const recorded = { ...activity('charge'), localRequest: 'unknown' } as const;
    expect(issued.request).not.toEqual(recorded.request);
    const rules = RuleBook.of(undefined);
    expect(compareEffectsOf([recorded], [issued], rules)).toEqual([]);
    expect(compareEffectsOf([recorded], [], rules)).toMatchObject([{ kind: 'removed', pointer: '/0' }]);
    expect(compareEffectsOf([activity('charge')], [issued], rules)).toMatchObject([{ pointer: '/0/request' }]);
  });
});

const loaded = new Set<ReplayCandidate>();

afterEach(async () => {
  for (const { sandbox } of loaded) await sandbox.destroy();
  loaded.clear();
});

async function replay(
  candidate: ReplayCandidate,
  input: ReplayInput | undefined,
  options: Partial<ReplayOptions> = lenient,
): Promise<ReplayResult> {
  loaded.add(candidate);
  return replayRecording(candidate, input as ReplayInput, { ...strict, ...options });
}

describe('a plain workflow', () => {
  let input: ReplayInput | undefined;

  beforeAll(async () => {
    input = (await recordScenarios(inject('temporalAddress'), ['deeds'])).get('deeds');
  });

  it.each<[what: string, edit: TextEdit, differences: object[]]>([
    [
      'drops an activity',
      ["  await note('first deed');\n", ''],
      [{ pointer: '/3', kind: 'removed', baseline: { kind: 'activity', tool: 'note', request: 'first deed' } }],
    ],
    [
      'drops the activity before a local one',
      ["  await slow('second deed');\n", ''],
      [{ pointer: '/4', kind: 'removed', baseline: { kind: 'activity', tool: 'slow' } }],
    ],
    [
      'drops a local activity',
      ["  await local.stamp('third deed');\n", ''],
      [{ pointer: '/5', kind: 'removed', baseline: { kind: 'activity', tool: 'stamp', request: null } }],
    ],
    [
      'drops a signal',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
      ["  await getExternalWorkflowHandle(`${workflowId}/listener`).signal(poke, 'a word');\n", ''],
      [{ pointer: '/1', kind: 'removed', baseline: { kind: 'signal', tool: 'poke' } }],
    ],
    [
      'drops a child',
      ["  await executeChild(kid, { args: ['without a name'] });\n", ''],
      [
        {
          pointer: '/2',
          kind: 'removed',
          baseline: { kind: 'child', tool: 'kid', request: { input: 'without a name' } },
        },
      ],
    ],
    [
      'drops the cancellation of another run',
      ["await getExternalWorkflowHandle('no-such-run')\n    .cancel()\n", 'await Promise.resolve()\n'],
      [{ pointer: '/6', kind: 'removed', baseline: { kind: 'signal', tool: 'cancel' } }],
    ],
    [
      'turns two activities',
      ["note('first deed');\n  await slow('second deed');", "slow('second deed');\n  await note('first deed');"],
      [{ kind: 'moved' }],
    ],
    [
      'asks an activity for something else',
      ["note('first deed')", "note('another deed')"],
      [{ pointer: '/3/request', kind: 'changed', baseline: 'first deed', candidate: 'another deed' }],
    ],
    [
      'gives a child another id',
      [
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
        'startChild(listener, { workflowId: `${workflowId}/listener` })',
        "startChild(listener, { workflowId: 'mine' })",
      ],
      [{ pointer: '/0/request/workflowId', candidate: 'mine' }],
    ],
  ])('that %s has changed', async (_, edit, differences) => {
    expect(await replay(await plainCandidate([edit]), input)).toMatchObject({
      outcome: 'changed',
      endDifferences: [],
      effectDifferences: differences,
    });
  });

  it('whose local activity is where it leaves the recorded way has no answer, unless recorded ones are allowed', async () => {
    const candidate = await plainCandidate([["  await slow('second deed');\n", '']]);
    expect(await replay(candidate, input, strict)).toMatchObject({
      outcome: 'unanswered',
      unanswered: { kind: 'activity', step: 'stamp#1', remedy: expect.stringContaining('activity=recorded') },
    });
  });

  it.each<[what: string, edit: TextEdit]>([
    ['drops a timer', ['  await sleep(1);\n', '']],
    ['adds a timer', ["await note('first deed');", "await note('first deed');\n  await sleep(5);"]],
    ['draws a number before a child gets its id', ['await sleep(1);', 'await sleep(1 + Math.random());']],
  ])('that %s has only diverged', async (_, edit) => {
    expect(await replay(await plainCandidate([edit]), input)).toMatchObject({
      outcome: 'diverged',
      effectDifferences: [],
    });
  });
});

const SIGNAL: TextEdit = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
  "  await getExternalWorkflowHandle(`${workflowId}/listener`).signal(poke, 'a word');\n  await listening.result();\n",
  '',
];

describe('a plain workflow of which the policy declares reads', () => {
  let inputs: ReadonlyMap<string, ReplayInput>;

  beforeAll(async () => {
    inputs = await recordScenarios(inject('temporalAddress'), ['deeds', 'parent']);
  });

  const tried = async (edits: readonly TextEdit[], reads: readonly string[], options = lenient, name = 'deeds') =>
    replay(await plainCandidate(edits), inputs.get(name), { ...options, reads });

  it.each<[what: string, reads: string[], edit: TextEdit]>([
    ['drops one', ['note'], ["  await note('first deed');\n", '']],
    ['drops one that is local', ['stamp'], ["  await local.stamp('third deed');\n", '']],
    ['drops one that is a child', ['kid'], ["  await executeChild(kid, { args: ['without a name'] });\n", '']],
    ['drops one whose name begins so', ['no*'], ["  await note('first deed');\n", '']],
    [
      'turns one and a write',
      ['note'],
      ["note('first deed');\n  await slow('second deed');", "slow('second deed');\n  await note('first deed');"],
    ],
  ])('that %s has only diverged', async (_, reads, edit) => {
    const result = await tried([edit], reads);
    expect(result).toMatchObject({ outcome: 'diverged', effectDifferences: [], readsUsed: reads });
    const undeclared = await tried([edit], ['quote']);
    expect(undeclared.outcome).toBe('changed');
    expect(undeclared.readsUsed).toBeUndefined();
  });

  it.each<[what: string, reads: string[], call: string]>([
    ['an activity', ['note'], "await note('begin');"],
    [
      'a child',
      ['kid'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
      "const good = await executeChild(kid, { args: ['good'], workflowId: `${workflowId}/good` });",
    ],
  ])('that repeats %s gets the same answer again, and has only diverged', async (_, reads, call) => {
    const twice: TextEdit = [call, `${call.replace('const good = ', '')}\n  ${call}`];
    expect(await tried([twice], reads, strict, 'parent')).toMatchObject({
      outcome: 'diverged',
      effectDifferences: [],
      readsUsed: reads,
      evidence: { exact: expect.any(Number) },
    });
    expect(await tried([twice], ['quote'], strict, 'parent')).toMatchObject({ outcome: 'unanswered' });
  });

  it('is asked for nothing but what was recorded: another request has no answer', async () => {
    const edit: TextEdit = ["  await note('begin');\n  const good", "  await note('another');\n  const good"];
    expect(await tried([edit], ['note'], strict, 'parent')).toMatchObject({
      outcome: 'unanswered',
      unanswered: { step: 'note#1', kind: 'activity', reason: expect.stringMatching(/another request/) },
    });
    expect(await tried([edit], ['note'], lenient, 'parent')).toMatchObject({
      outcome: 'diverged',
      effectDifferences: [],
    });
  });

  it.each<[what: string, reads: string[], edit: TextEdit, tool: string]>([
    ['a write beside it', ['slow', 'stamp'], ["  await note('first deed');\n", ''], 'note'],
    ['a signal, whatever is declared', ['poke', 'cancel', 'p*'], SIGNAL, 'poke'],
    [
      'a cancellation of another run',
      ['cancel'],
      ["await getExternalWorkflowHandle('no-such-run')\n    .cancel()\n", 'await Promise.resolve()\n'],
      'cancel',
    ],
  ])('that drops %s has changed', async (_, reads, edit, tool) => {
    expect(await tried([edit], reads)).toMatchObject({
      outcome: 'changed',
      effectDifferences: [{ kind: 'removed', baseline: { tool } }],
    });
  });

  it('says which declarations were of use, also of a run that is followed', async () => {
    const reads = ['quote', 'kid', 'no*', 'poke'];
    expect(await tried([], reads)).toMatchObject({
      outcome: 'matched',
      readsUsed: ['kid', 'no*'],
    });
  });
});

const DISPATCH = 'workflows/dispatch/workflow.ts';

const dispatch: Sources = {
  'workflows/dispatch/mission.ts': `
import { defineMission } from 'mission-runtime/mission';
import * as z from 'zod';

export const desk = defineMission({
  name: 'dispatch',
  input: z.object({ parcel: z.string() }),
  output: z.object({ sent: z.boolean() }),
  tools: {
    weigh: { effect: 'read', input: z.object({ parcel: z.string() }), output: z.object({ grams: z.number() }) },
    label: { effect: 'write', input: z.object({ parcel: z.string() }), output: z.object({ done: z.boolean() }) },
  },
});
`,
  [DISPATCH]: `
import { executeChild, sleep, workflowInfo } from '@temporalio/workflow';
import { desk } from './mission.ts';

export async function carry(parcel: string): Promise<string> {
  return 'carried ' + parcel;
}

export const dispatch = desk.workflow(async ({ step }, { parcel }) => {
  step.rule('known', parcel.length, (length) => length > 0);
  await step.tool('weigh', { parcel });
  await sleep(10);
  await executeChild(carry, { workflowId: workflowInfo().workflowId + '/carry', args: [parcel] });
  await step.tool('label', { parcel });
  return { sent: true };
});
`,
  'activities/index.ts': `
import { defineActivities, defineTools } from 'mission-runtime/activity';
import { desk } from '../workflows/dispatch/mission.ts';

export default defineActivities({ tools: defineTools(desk, {
  weigh: ({ parcel }) => ({ grams: parcel.length }),
  label: () => ({ done: true }),
}) });
`,
};

describe('a mission', () => {
  let input: ReplayInput | undefined;

  beforeAll(async () => {
    const artifact = await buildMission('dispatch', dispatch);
    [input] = await recordMission(inject('temporalAddress'), artifact, [{ input: { parcel: 'book' } }]);
  });

  const tried = async (edit: Edit, reads?: readonly string[]) =>
    replay(await candidateOf(await buildMission('dispatch', dispatch, [edit])), input, { ...lenient, reads });

  it('that drops a child has changed', async () => {
    const line = "  await executeChild(carry, { workflowId: workflowInfo().workflowId + '/carry', args: [parcel] });\n";
    expect(await tried([DISPATCH, line, ''])).toMatchObject({
      outcome: 'changed',
      endDifferences: [],
      effectDifferences: [
        { pointer: '/0', kind: 'removed', baseline: { step: 'carry#1', kind: 'child', request: { input: 'book' } } },
      ],
    });
  });

  it('that drops a child which the policy declares to be a read has only diverged', async () => {
    const line = "  await executeChild(carry, { workflowId: workflowInfo().workflowId + '/carry', args: [parcel] });\n";
    expect(await tried([DISPATCH, line, ''], ['carry'])).toMatchObject({
      outcome: 'diverged',
      effectDifferences: [],
      readsUsed: ['carry'],
    });
  });

  it('that drops a tool which its contract calls a write has changed, whatever the policy declares', async () => {
    const result = await tried([DISPATCH, "  await step.tool('label', { parcel });\n", ''], ['label', 'tool:*', 'l*']);
    expect(result).toMatchObject({ outcome: 'changed', effectDifferences: [{ kind: 'removed', pointer: '/1' }] });
    expect(result.readsUsed).toBeUndefined();
  });

  it.each<[string, string]>([
    ['a timer', '  await sleep(10);\n'],
    ['a rule', "  step.rule('known', parcel.length, (length) => length > 0);\n"],
    ['a tool that is a read', "  await step.tool('weigh', { parcel });\n"],
  ])('that drops %s has only diverged', async (_, line) => {
    expect(await tried([DISPATCH, line, ''])).toMatchObject({ outcome: 'diverged', effectDifferences: [] });
  });
});
