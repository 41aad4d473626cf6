import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import type { ReplayInput } from '../../src/replay/departure.ts';
import { NO_LIVE_ANSWERS } from '../../src/replay/live-answers.ts';
import { patchMarkerOf } from '../../src/replay/lockstep/event-facts.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { createSandbox, type Sandbox } from '../../src/replay/sandbox.ts';
import { bothEngines } from './plain/activations.ts';
import { coreReplays } from './plain/core-activations.ts';
import { bundlePlain, recordPlainRuns } from './plain/record.ts';
import { recordInterruptedRuns } from './plain/record-interrupted.ts';
import type { RecordedRun } from './plain/record-runs.ts';
import { bundleVariant } from './plain/variant.ts';

const options = { answers: answerPolicy.parse({}), limits: replayLimits.parse({}), live: NO_LIVE_ANSWERS };
const lenient = { ...options, answers: answerPolicy.parse({ activity: 'recorded' }) };

/** The links of one workflow are one recording. */
function recordingsOf(runs: readonly RecordedRun[]): Map<string, ReplayInput> {
  const names = new Set(runs.map((run) => run.name.replace(/ \(link.*/, '')));
  return new Map(
    [...names].map((name) => {
      const links = runs.filter((run) => run.name === name || run.name.startsWith(`${name} (link`));
      const recording = buildRecording(links.map((run) => run.history));
      return [name, { summary: recording, end: recording.end, histories: recording.histories }];
    }),
  );
}

describe('replay of plain Temporal workflows', () => {
  let runs: RecordedRun[];
  let inputs: Map<string, ReplayInput>;
  let original: Sandbox;

  beforeAll(async () => {
    const code = await bundlePlain();
    const address = inject('temporalAddress');
    const recorded = await Promise.all([recordPlainRuns(address, code), recordInterruptedRuns(address, code)]);
    runs = recorded.flat();
    inputs = recordingsOf(runs);
    original = await createSandbox({ code }, 5_000);
  });

  const replay = (sandbox: Sandbox, name: string, how = options): Promise<ReplayResult> =>
    replayRecording({ sandbox, definition: undefined }, inputs.get(name) as ReplayInput, how);

  it('finds every recording matched by the code that made it', async () => {
    for (const name of inputs.keys()) {
      const { outcome, divergence, failure } = await replay(original, name);
      expect({ name, outcome, divergence, failure }).toEqual({
        name,
        outcome: 'matched',
        divergence: null,
        failure: undefined,
      });
    }
  });

  const changes: readonly (readonly [what: string, scenario: string, from: string, to: string, expected: object])[] = [
    [
      'a changed argument',
      'sequential',
      'greet(first)',
      'greet(first.toUpperCase())',
      { outcome: 'unanswered', kind: 'request', step: 'greet#2', deterministic: true },
    ],
    [
      'a changed result',
      'sequential',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
      'return `${second}!`',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
      'return `${second}?`',
      { outcome: 'changed', kind: 'end', step: 'end', deterministic: true },
    ],
    [
      'a removed step',
      'sequential',
      'const second = await greet(first);',
      'const second = first;',
      { outcome: 'changed', kind: 'missing', step: 'greet#2', deterministic: false },
    ],
    [
      'an added step',
      'sequential',
      'const first = await greet(name);',
      'await sleep(5); const first = await greet(name);',
      { outcome: 'diverged', kind: 'extra', step: 'timer#1', deterministic: false },
    ],
    [
      'steps in another order',
      'attributes',
      "await greet('x');\n  upsertMemo({ note: null });",
      "upsertMemo({ note: null });\n  await greet('x');",
      { outcome: 'diverged', kind: 'order', deterministic: false },
    ],
    [
      'a sequence made parallel',
      'sequential',
      'const first = await greet(name);\n  const second = await greet(first);',
      'const [first, second] = await Promise.all([greet(name), greet(["hello", name].join(" "))]); void first;',
      { outcome: 'diverged', kind: 'extra', deterministic: true },
    ],
    [
      'a timer of another length',
      'timers',
      'await sleep(20);',
      'await sleep(30);',
      { outcome: 'diverged', kind: 'request', step: 'timer#1', deterministic: true },
    ],
    [
      'another failure',
      'fails',
      "message: 'no luck'",
      "message: 'bad luck'",
      { outcome: 'changed', kind: 'end', deterministic: true },
    ],
    [
      'other details of a failure',
      'fails',
      'details: [{ a: 1 }]',
      'details: [{ a: 2 }]',
      { outcome: 'changed', kind: 'end', end: '/failure/details/0/a', deterministic: true },
    ],
    [
      'another cause of a failure',
      'fails',
      "new Error('below')",
      "new Error('above')",
      { outcome: 'changed', kind: 'end', end: '/failure/cause/message', deterministic: true },
    ],
    [
      'a failure that is tried again',
      'fails',
      'nonRetryable: true',
      'nonRetryable: false',
      { outcome: 'changed', kind: 'end', end: '/failure/nonRetryable', deterministic: true },
    ],
    [
      'other activity options',
      'retried',
      "startToCloseTimeout: '10s',\n  retry: { initialInterval: 10, maximumAttempts: 3 },\n});\nconst local",
      "startToCloseTimeout: '10s',\n  retry: { initialInterval: 10, maximumAttempts: 7 },\n});\nconst local",
      { outcome: 'unanswered-or-diverged', deterministic: true },
    ],
    [
      'a signal of another name',
      'external',
      "handle.signal(poke, 'hello')",
      "handle.signal('jab', 'hello')",
      { outcome: 'unanswered', kind: 'extra', step: 'signal:jab#1', deterministic: true },
    ],
    [
      'an activity of another type with the same argument',
      'sequential',
      'const second = await greet(first);',
      'const second = await failTwice(first);',
      { outcome: 'unanswered', kind: 'extra', step: 'failTwice#1', deterministic: false },
    ],
    [
      'another argument of a later link',
      'chain',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
      'greet(`link ${left}`)',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
      'greet(left === 0 ? "last" : `link ${left}`)',
      { outcome: 'unanswered', kind: 'request', step: 'greet#3', deterministic: true },
    ],
  ];

  it.each(changes)('flags %s', async (_, scenario, from, to, expected) => {
    const code = await bundleVariant(from, to);
    const sandbox = await createSandbox({ code }, 5_000);
    const result = await replay(sandbox, scenario);
    const { outcome, divergence, determinism, endDifferences } = result;
    const wanted = expected as { outcome: string; kind?: string; step?: string; end?: string; deterministic: boolean };
    expect(wanted.outcome.split('-or-')).toContain(outcome);
    if (wanted.kind !== undefined) expect(divergence?.kind).toBe(wanted.kind);
    if (wanted.step !== undefined) expect(divergence?.step).toBe(wanted.step);
    if (wanted.end !== undefined) expect(endDifferences).toMatchObject([{ pointer: wanted.end }]);
    expect(determinism.deterministic).toBe(wanted.deterministic);
    const links = runs.filter((run) => run.name === scenario || run.name.startsWith(`${scenario} (link`));
    const official = await coreReplays(code, links);
    expect(official.every(({ error }) => error === undefined)).toBe(wanted.deterministic);
  });

  it('passes over a deprecated patch whose call is gone from the code, as Temporal does', async () => {
    const code = await bundleVariant("deprecatePatch('gone');", '');
    const [run] = runs.filter(({ name }) => name === 'patchedFlow');
    const markers = run?.history.events?.flatMap((event) => patchMarkerOf(event) ?? []);
    expect(markers).toEqual([
      { patchId: 'first', deprecated: false },
      { patchId: 'gone', deprecated: true },
    ]);
    const result = await replay(await createSandbox({ code }, 5_000), 'patchedFlow');
    expect(result).toMatchObject({ outcome: 'matched', divergence: null });
    const [both] = await bothEngines({ code }, run === undefined ? [] : [run]);
    expect(both?.error).toBeUndefined();
    expect(both?.ours).toEqual(both?.core);
  });

  it('takes a patch in the last task of an open run as Temporal does, whose task is no replay any more', async () => {
    const from = 'const second = await greet(first);';
    const code = await bundleVariant(
      from,
      "const second = await (patched('later') ? failTwice(first) : greet(first));",
    );
    const { events = [] } = runs.find(({ name }) => name === 'sequential')?.history ?? {};
    const answered = events?.findIndex((event) => event.activityTaskCompletedEventAttributes) ?? -1;
    const { histories, end, ...summary } = buildRecording([{ events: events?.slice(0, answered + 3) ?? [] }]);
    const candidate = { sandbox: await createSandbox({ code }, 5_000), definition: undefined };
    expect(await replayRecording(candidate, { summary, end, histories }, options)).toMatchObject({
      outcome: 'matched',
      beyond: [{ step: 'failTwice#1' }],
    });
  });

  it('finds a chain changed that is recorded up to a link, and hands on something else there', async () => {
    const code = await bundleVariant('continueAsNew<typeof chain>(left - 1)', 'continueAsNew(left - 1, "more")');
    const [first] = inputs.get('chain')?.histories ?? [];
    const { histories, end, ...summary } = buildRecording([first ?? {}]);
    const candidate = { sandbox: await createSandbox({ code }, 5_000), definition: undefined };
    expect(await replayRecording(candidate, { summary, end, histories }, options)).toMatchObject({
      outcome: 'changed',
      baselineEnd: { status: 'continued-as-new', handedOn: { workflowType: 'chain', input: 1 } },
      candidateEnd: { status: 'continued-as-new', handedOn: { workflowType: 'chain', input: [1, 'more'] } },
      endDifferences: [{ pointer: '/handedOn/input' }],
      divergence: { kind: 'end', step: 'end' },
    });
  });

  it('goes on with recorded answers when the policy allows them, to the end of the chain', async () => {
    const sandbox = await createSandbox({ code: await bundleVariant('greet(`link ', 'greet(`Link ') }, 5_000);
    const result = await replay(sandbox, 'chain', lenient);
    expect(result).toMatchObject({
      outcome: 'changed',
      candidateEnd: { status: 'completed', result: 0 },
      effectDifferences: [{ pointer: '/0/request' }, { pointer: '/1/request' }, { pointer: '/2/request' }],
      evidence: { stale: 3 },
    });
  });
});
