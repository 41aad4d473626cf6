/**
 * What counts as a write: what a mission declares to be one, and everything else that nothing declares to be a read. A candidate
 * that drops, adds, turns or words one otherwise has changed what happens, though it comes to the same end.
 */
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { jsonToPayload } from '../../src/recording/payloads.ts';
import { StepNamer } from '../../src/replay/command-view.ts';
import type { ReplayCandidate, ReplayInput } from '../../src/replay/departure.ts';
import { compareEffectsOf, effectsIn } from '../../src/replay/effects.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { RuleBook } from '../../src/replay/rule-book.ts';
import { viewOfCommand } from '../../src/replay/view-of-command.ts';
import { activityView, childView, operationView, signalView, timerView } from '../../src/replay/view-parts.ts';
import { buildMission, candidateOf, type Edit, lenient, recordMission, type Sources } from './missions/lab.ts';
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

const loaded: ReplayCandidate[] = [];

afterEach(async () => {
  for (const { sandbox } of loaded.splice(0)) await sandbox.destroy();
});

async function replay(candidate: ReplayCandidate, input: ReplayInput | undefined): Promise<ReplayResult> {
  loaded.push(candidate);
  return replayRecording(candidate, input as ReplayInput, lenient);
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
  return { sent: true };
});
`,
  'activities/index.ts': `
import { defineActivities, defineTools } from 'mission-runtime/activity';
import { desk } from '../workflows/dispatch/mission.ts';

export default defineActivities({ tools: defineTools(desk, { weigh: ({ parcel }) => ({ grams: parcel.length }) }) });
`,
};

describe('a mission', () => {
  let input: ReplayInput | undefined;

  beforeAll(async () => {
    const artifact = await buildMission('dispatch', dispatch);
    [input] = await recordMission(inject('temporalAddress'), artifact, [{ input: { parcel: 'book' } }]);
  });

  const tried = async (edit: Edit) =>
    replay(await candidateOf(await buildMission('dispatch', dispatch, [edit])), input);

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

  it.each<[string, string]>([
    ['a timer', '  await sleep(10);\n'],
    ['a rule', "  step.rule('known', parcel.length, (length) => length > 0);\n"],
    ['a tool that is a read', "  await step.tool('weigh', { parcel });\n"],
  ])('that drops %s has only diverged', async (_, line) => {
    expect(await tried([DISPATCH, line, ''])).toMatchObject({ outcome: 'diverged', effectDifferences: [] });
  });
});
