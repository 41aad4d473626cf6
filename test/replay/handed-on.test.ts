/**
 * What a run hands on beside its requests: options to activities, children and the next link of its chain, and whom it addresses.
 * Every one that a history records is compared, each by an edit; what says the same in other words is no difference.
 */
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import type { ReplayInput } from '../../src/replay/departure.ts';
import type { HistoryEvent } from '../../src/replay/proto.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { createSandbox, type Sandbox } from '../../src/replay/sandbox.ts';
import { HANDING, recordHandedOn } from './handed-on/record.ts';
import { lenient } from './missions/lab.ts';
import { bundlePlain } from './plain/record.ts';

type Scenario = (typeof HANDING)[number];
type Edit = readonly [from: string, to: string];

const FIRST = 'initialInterval: 100,';
const QUEUE = "taskQueue: 'nobody',\n    startTo";
const CLOSE = "parentClosePolicy: 'ABANDON',";
const REUSE = "workflowIdReusePolicy: 'REJECT_DUPLICATE',";
const TOPIC = "Topic: [\n                'child'";

/** How the compiled workflows name the SDK. */
const SDK = '_temporalio_workflow__WEBPACK_IMPORTED_MODULE_0__';

const OTHERS: readonly (readonly [scenario: Scenario, what: string, edit: Edit, pointer: string])[] = [
  ['activities', 'startToClose', ["'20s'", "'21s'"], '/options/startToCloseMs'],
  ['activities', 'scheduleToStart', ["'30s'", "'31s'"], '/options/scheduleToStartMs'],
  ['activities', 'scheduleToClose', ["'40s'", "'41s'"], '/options/scheduleToCloseMs'],
  ['activities', 'no scheduleToClose', ["scheduleToCloseTimeout: '40s',", ''], '/options/scheduleToCloseMs'],
  ['activities', 'heartbeats', ["heartbeatTimeout: '5s'", "heartbeatTimeout: '6s'"], '/options/heartbeatMs'],
  ['activities', 'attempts', ['maximumAttempts: 3', 'maximumAttempts: 4'], '/options/retry/maximumAttempts'],
  ['activities', 'longest interval', [FIRST, `${FIRST} maximumInterval: 9_000,`], '/options/retry/maximumMs'],
  ['activities', 'what is final', [FIRST, `${FIRST} nonRetryableErrorTypes: ['No'],`], '/options/retry/nonRetryable/0'],
  ['activities', 'priority', ['priorityKey: 2', 'priorityKey: 3'], '/options/priority/priorityKey'],
  ['activities', 'fairness key', ["'desk'", "'shop'"], '/options/priority/fairnessKey'],
  ['activities', 'fairness weight', ['fairnessWeight: 1.5', 'fairnessWeight: 1.6'], '/options/priority/fairnessWeight'],
  ['activities', 'another task queue', [QUEUE, "taskQueue: 'somebody',\n    startTo"], '/options/taskQueue'],
  ['activities', 'its own task queue', [QUEUE, 'startTo'], '/options/taskQueue'],
  ['children', 'execution timeout', ["'60s'", "'61s'"], '/options/executionTimeoutMs'],
  ['children', 'run timeout', ["'50s'", "'51s'"], '/options/runTimeoutMs'],
  ['children', 'task timeout', ["workflowTaskTimeout: '15s'", "workflowTaskTimeout: '16s'"], '/options/taskTimeoutMs'],
  ['children', 'no task timeout', ["workflowTaskTimeout: '15s',", ''], '/options/taskTimeoutMs'],
  ['children', 'retry policy', ['maximumAttempts: 2', 'maximumAttempts: 3'], '/options/retry/maximumAttempts'],
  ['children', 'close policy', [CLOSE, "parentClosePolicy: 'REQUEST_CANCEL',"], '/options/parentClosePolicy'],
  ['children', 'no close policy', [CLOSE, ''], '/options/parentClosePolicy'],
  ['children', 'reuse of ids', [REUSE, "workflowIdReusePolicy: 'ALLOW_DUPLICATE',"], '/options/workflowIdReusePolicy'],
  ['children', 'priority', ['priorityKey: 4', 'priorityKey: 5'], '/options/priority/priorityKey'],
  ['children', 'memo', ['id: 7', 'id: 8'], '/options/memo/order/id'],
  ['children', 'a memo more', ['/bare`', '/bare`, memo: { more: 1 }'], '/options/memo'],
  ['children', 'search attributes', [TOPIC, `${TOPIC}, 'more'`], '/options/searchAttributes/Topic/1'],
  ['children', 'cron schedule', ["'0 0 1 1 *'", "'0 0 2 1 *'"], '/options/cronSchedule'],
  [
    'children',
    'another task queue',
    ["/elsewhere`,\n        taskQueue: 'no", "/elsewhere`, taskQueue: 'some"],
    '/options/taskQueue',
  ],
  ['calls', 'another run cancelled', ['firstExecutionRunId).cancel', 'workflowId).cancel'], '/runId'],
  ['calls', 'whichever run cancelled', [', other.firstExecutionRunId).cancel', ').cancel'], '/runId'],
  ['calls', 'whichever run signalled', [', other.firstExecutionRunId).signal', ').signal'], '/runId'],
  [
    'calls',
    'any run, not a child',
    ['child.signal(', `(0,${SDK}.getExternalWorkflowHandle)(child.workflowId).signal(`],
    '/options/childOnly',
  ],
  ['links', 'memo', ['given: {', 'given: { more: true,'], '/options/memo/given/more'],
  ['links', 'a memo more', ['given: {', 'more: true, given: {'], '/options/memo/more'],
  ['links', 'search attributes', ["'given'", "'taken'"], '/options/searchAttributes/Topic/0'],
  ['links', 'run timeout', ["'70s'", "'40s'"], '/options/runTimeoutMs'],
  ['links', 'task timeout', ["'12s'", "'13s'"], '/options/taskTimeoutMs'],
  ['links', 'a pause', ["backoffStartInterval: '1s'", "backoffStartInterval: '2s'"], '/options/backoffMs'],
  ['links', 'another task queue', ["Timeout: '70s'", "Timeout: '70s', taskQueue: 'nobody'"], '/options/taskQueue'],
];

const DEFAULTS =
  "parentClosePolicy: 'TERMINATE', workflowIdReusePolicy: 'ALLOW_DUPLICATE', workflowTaskTimeout: '10s', priority: {}";
const KIT_MEMO = "'mission.stamp': { version: 'order@4' }, 'mission.link': 3, 'mission.decision.ask#1': 'any'";

const SAME: readonly (readonly [scenario: Scenario, what: string, edit: Edit])[] = [
  ['activities', 'a summary', ["summary: 'shown only'", "summary: 'told otherwise'"]],
  ['activities', 'its own task queue, left out', ['taskQueue: (0,', 'noQueue: (0,']],
  ['activities', 'the defaults of retries', [FIRST, `${FIRST} backoffCoefficient: 2, maximumInterval: 10_000,`]],
  ['activities', 'no eager start', ["'20s'", "'20s', allowEagerDispatch: false"]],
  ['children', 'its own task queue, left out', ['/own`,\n        taskQueue', '/own`']],
  ['children', 'the defaults', ['/bare`', `/bare\`, ${DEFAULTS}, memo: {}, searchAttributes: {}`]],
  ['children', 'a summary', ["staticSummary: 'shown only'", "staticSummary: 'told otherwise'"]],
  ['children', 'memo that the kit writes', ['/bare`', `/bare\`, memo: { ${KIT_MEMO} }`]],
  [
    'children',
    'search attributes of earlier kits',
    ['/bare`', "/bare`, searchAttributes: { MissionName: ['order'], MissionVersion: ['order@4'] }"],
  ],
  ['links', 'memo that the kit writes', ['given: {', `${KIT_MEMO}, given: {`]],
];

describe('what a run hands on', () => {
  let code: string;
  let inputs: ReadonlyMap<string, ReplayInput>;
  const loaded: Sandbox[] = [];

  beforeAll(async () => {
    code = await bundlePlain('../handed-on/workflows.ts');
    inputs = await recordHandedOn(inject('temporalAddress'), code);
  });

  afterEach(async () => {
    for (const sandbox of loaded.splice(0)) await sandbox.destroy();
  });

  async function replay(name: string, ...edits: readonly Edit[]): Promise<ReplayResult> {
    const sandbox = await createSandbox({ code: edited(code, edits) }, 5_000);
    loaded.push(sandbox);
    return replayRecording({ sandbox, definition: undefined }, inputs.get(name) as ReplayInput, lenient);
  }

  it.each(HANDING.flatMap((name) => [name, `${name} under terms`]))(
    'is the same when nothing was changed: %s',
    async (name) => {
      expect(await replay(name)).toMatchObject({ outcome: 'matched', divergence: null });
    },
  );

  it.each(OTHERS)('%s: another one is told: %s', async (scenario, _, edit, pointer) => {
    for (const name of [scenario, `${scenario} under terms`]) {
      const { divergence, determinism } = await replay(name, edit);
      expect(divergence?.differences.map((one) => one.pointer)).toEqual([pointer]);
      expect(divergence?.kind).toBe(scenario === 'links' ? 'end' : 'request');
      expect(determinism.deterministic).toBe(true);
    }
  });

  it('is no other write where only options differ', async () => {
    const edits: readonly Edit[] = [
      [CLOSE, ''],
      ['id: 7', 'id: 8'],
      ["/elsewhere`,\n        taskQueue: 'no", "/elsewhere`, taskQueue: 'some"],
    ];
    expect(await replay('children', ...edits)).toMatchObject({ outcome: 'diverged', effectDifferences: [] });
    expect(await replay('activities', [FIRST, ''])).toMatchObject({ outcome: 'diverged', effectDifferences: [] });
  });

  it('is another write where another run is addressed', async () => {
    const { effectDifferences } = await replay('calls', [', other.firstExecutionRunId).cancel', ').cancel']);
    expect(effectDifferences.map(({ pointer }) => pointer)).toEqual([expect.stringMatching(/\/request\/runId$/)]);
  });

  it('reaches the next link of a simulated chain', async () => {
    const result = await replay('links under terms', ['given: {', 'given: { more: true,'], ["'given'", "'taken'"]);
    expect(result).toMatchObject({
      outcome: 'changed',
      baselineEnd: { result: { given: { link: 2 }, seen: 3 } },
      candidateEnd: { result: { given: { link: 2, more: true }, seen: 3 } },
    });
    const told = { id: 'note#3', request: '3 {"given":{"more":true,"link":2}} {"Topic":["taken"]}' };
    expect(result.steps).toContainEqual(expect.objectContaining(told));
  });

  it('is carried over from the start of a simulated link that hands on nothing', async () => {
    const { steps } = await replay('links under terms', ['seen: link', 'seen: link, other: true']);
    const told = { id: 'note#2', request: '2 {"from":"client"} {"Topic":["client"]}' };
    expect(steps).toContainEqual(expect.objectContaining(told));
  });

  it('goes on as it did, by what a run gave itself, and after the pause that it asked for', async () => {
    for (const name of ['onward', 'onward under terms']) {
      const { steps, ...result } = await replay(name, ["'patient'", "'impatient'"]);
      expect(result.candidateEnd).toEqual(result.baselineEnd);
      expect(result).toMatchObject({ endDifferences: [], baselineEnd: { result: { paused: true } } });
      expect(steps).toContainEqual(expect.objectContaining({ id: 'note#2', request: '2 {"Topic":["mine"]}' }));
    }
  });

  it('has a priority only where one was recorded: older servers record none', async () => {
    const input = inputs.get('activities') as ReplayInput;
    const histories = input.histories.map(({ events }) => ({ events: (events ?? []).map(withoutPriority) }));
    const sandbox = await createSandbox({ code }, 5_000);
    loaded.push(sandbox);
    const result = await replayRecording({ sandbox, definition: undefined }, { ...input, histories }, lenient);
    expect(result).toMatchObject({ outcome: 'matched', divergence: null });
  });

  it.each(SAME)('%s: the same in other words is no difference: %s', async (scenario, _, edit) => {
    for (const name of [scenario, `${scenario} under terms`]) {
      expect(await replay(name, edit)).toMatchObject({ outcome: 'matched', divergence: null });
    }
  });
});

function withoutPriority(event: HistoryEvent): HistoryEvent {
  const { activityTaskScheduledEventAttributes: scheduled } = event;
  return scheduled ? { ...event, activityTaskScheduledEventAttributes: { ...scheduled, priority: null } } : event;
}

/** The compiled text with others in it. Each must occur, and nowhere else, or another thing would have been changed. */
function edited(code: string, edits: readonly Edit[]): string {
  return edits.reduce((text, [from, to]) => {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`The bundle contains this ${parts.length - 1} times: ${from}`);
    return parts.join(to);
  }, code);
}
