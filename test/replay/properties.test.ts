import * as fc from 'fast-check';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import * as z from 'zod';
import { Agenda } from '../../src/replay/agenda.ts';
import type { CommandView } from '../../src/replay/command-view.ts';
import { Deadline } from '../../src/replay/deadline.ts';
import type { ReplayInput } from '../../src/replay/departure.ts';
import { Evidence, type RecordedAnswer } from '../../src/replay/evidence.ts';
import type { HistoryEvent } from '../../src/replay/proto.ts';
import { RuleBook } from '../../src/replay/rule-book.ts';
import { createSandbox } from '../../src/replay/sandbox.ts';
import { simulatedOutput } from '../../src/replay/simulated-output.ts';
import type { Json, JsonObject } from '../../src/shared/json.ts';
import { CLERK, clerk } from './missions/clerk.ts';
import {
  answerQuestions,
  buildMission,
  candidateOf,
  inputOf,
  lenient,
  recordMission,
  replayAll,
  strict,
} from './missions/lab.ts';
import { bundlePlain, recordPlainRuns } from './plain/record.ts';
import type { RecordedRun } from './plain/record-runs.ts';
import { bundleVariant } from './plain/variant.ts';

describe('every recording', () => {
  let plain: ReplayInput[];
  let missions: ReplayInput[];
  let code: string;

  beforeAll(async () => {
    code = await bundlePlain();
    plain = chainsOf(await recordPlainRuns(inject('temporalAddress'), code));
    const drive = answerQuestions('yes', ({ name }) => name === 'fine');
    const wanted = ['a', 'b', 'c'].map((text) => ({ input: { text }, drive }));
    missions = await recordMission(inject('temporalAddress'), await buildMission(CLERK, clerk), wanted);
  });

  it('is matched by the code that made it', async () => {
    const results = [
      ...(await replayAll({ sandbox: await createSandbox({ code }, 5_000), definition: undefined }, plain)),
      ...(await replayAll(await candidateOf(await buildMission(CLERK, clerk)), missions)),
    ];
    expect(results.map(({ recording, outcome }) => [recording.workflowType, outcome])).toEqual(
      [...plain, ...missions].map(({ summary }) => [summary.workflowType, 'matched']),
    );
  });

  it('gives the same result however often it is replayed', async () => {
    const sandbox = await createSandbox({ code: await bundleVariant('await greet(', 'await greet(" " + ') }, 5_000);
    const candidate = { sandbox, definition: undefined };
    const edited = await candidateOf(
      await buildMission(CLERK, clerk, [['workflows/clerk/mission.ts', 'Plan', 'Lay out']]),
    );
    for (const options of [strict, lenient]) {
      const [first, second] = [await replayAll(candidate, plain, options), await replayAll(candidate, plain, options)];
      expect(second.map(withoutTime)).toEqual(first.map(withoutTime));
      expect(first.some(({ outcome }) => outcome !== 'matched')).toBe(true);
      const [one, two] = [await replayAll(edited, missions, options), await replayAll(edited, missions, options)];
      expect(two.map(withoutTime)).toEqual(one.map(withoutTime));
    }
  });
});

function withoutTime<Result extends { readonly durationMs: number }>(result: Result) {
  return { ...result, durationMs: 0 };
}

/** The links of one workflow are one recording. */
function chainsOf(runs: readonly RecordedRun[]): ReplayInput[] {
  const ids = [...new Set(runs.map(({ workflowId }) => workflowId))];
  return ids.map((id) => inputOf(runs.filter((run) => run.workflowId === id).map((run) => run.history)));
}

const rules = new RuleBook({
  format: 1,
  name: 'evidence',
  input: {},
  output: {},
  prompts: {},
  models: {},
  rules: {},
  decisions: {},
  tools: {
    read: { effect: 'read', input: { properties: { trace: { volatile: true } } }, output: {} },
    write: { effect: 'write', input: { properties: { trace: { volatile: true } } }, output: {} },
  },
});

interface Asked {
  readonly tool: 'read' | 'write';
  readonly key: number;
  readonly trace: number;
  readonly answered: boolean;
  readonly used: boolean;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  tool: fc.constantFrom('read' as const, 'write' as const),
  key: fc.integer({ min: 0, max: 3 }),
  trace: fc.integer({ min: 0, max: 2 }),
  answered: fc.boolean(),
  used: fc.boolean(),
});

function viewOf({ tool, key, trace }: Pick<Asked, 'tool' | 'key' | 'trace'>, ordinal: number): CommandView {
  return {
    step: `${tool}#${ordinal}`,
    kind: 'tool',
    name: tool,
    effect: tool,
    request: { key, trace },
    notes: [],
    options: {},
  };
}

function recordedOf(all: readonly Asked[]): RecordedAnswer[] {
  const event: HistoryEvent = { activityTaskCompletedEventAttributes: {} };
  return all.map((one, index) => ({
    view: viewOf(one, index),
    events: one.answered ? [{ event, latencyMs: 1 }] : [],
    used: one.used,
  }));
}

const GRADES = ['exact', 'volatile', 'stale', 'none'] as const;

/** How good an answer would be, said another way than the evidence says it. */
function gradeOf(wanted: Asked, answer: RecordedAnswer): number {
  const { key, trace } = answer.view.request as { key: number; trace: number };
  if (answer.view.name !== wanted.tool) return 3;
  if (key !== wanted.key) return 2;
  return trace === wanted.trace ? 0 : 1;
}

describe('evidence', () => {
  it('never gives a worse grade where a free answer of a better one is left', () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 8 }), asked, (all, wanted) => {
        const answers = recordedOf(all);
        const { grade } = new Evidence(answers, rules).find(viewOf(wanted, 99));
        const free = answers.filter((answer) => !answer.used && answer.events.length > 0);
        const best = Math.min(3, ...free.map((answer) => gradeOf(wanted, answer)));
        expect(GRADES.indexOf(grade)).toBeLessThanOrEqual(best);
      }),
    );
  });

  it('gives what its grade says, and nothing used for a write unless it is called stale', () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 8 }), asked, (all, wanted) => {
        const { grade, answer } = new Evidence(recordedOf(all), rules).find(viewOf(wanted, 99));
        expect(answer === undefined).toBe(grade === 'none');
        if (answer === undefined) return;
        expect(gradeOf(wanted, answer)).toBeLessThanOrEqual(GRADES.indexOf(grade));
        if (wanted.tool === 'write' && grade !== 'stale') expect(answer.used).toBe(false);
        if (grade === 'stale') expect(answer.events.length).toBeGreaterThan(0);
      }),
    );
  });

  it('does not depend on the order of the recording where every request is asked once', () => {
    const unique = fc.uniqueArray(asked, {
      selector: ({ tool, key, trace }) => `${tool} ${key} ${trace}`,
      maxLength: 8,
    });
    fc.assert(
      fc.property(unique, fc.nat(), (all, chosen) => {
        const wanted = all[chosen % Math.max(1, all.length)];
        fc.pre(wanted !== undefined && !wanted.used);
        const forward = new Evidence(recordedOf(all), rules).find(viewOf(wanted as Asked, 99));
        const backward = new Evidence(recordedOf(all).reverse(), rules).find(viewOf(wanted as Asked, 99));
        expect(backward.grade).toBe('exact');
        expect(backward.answer?.view.request).toEqual(forward.answer?.view.request);
      }),
    );
  });

  it('answers two equal writes with two answers, and a third with none of them', () => {
    const wanted: Asked = { tool: 'write', key: 1, trace: 1, answered: true, used: false };
    const evidence = new Evidence(recordedOf([wanted, wanted]), rules);
    const steps = [1, 2, 3].map(() => {
      const found = evidence.find(viewOf(wanted, 99));
      if (found.answer) found.answer.used = true;
      return [found.grade, found.answer?.view.step];
    });
    expect(steps).toEqual([
      ['exact', 'write#0'],
      ['exact', 'write#1'],
      ['none', undefined],
    ]);
  });
});

describe('the agenda', () => {
  it('gives everything once, by time, and of one time in the order of arranging', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (times) => {
        const agenda = new Agenda();
        const order = new Map(times.map((timeMs, index) => [{ timeMs, deliver: () => [] }, index]));
        for (const appointment of order.keys()) agenda.add(appointment);
        const taken: [number, number][] = [];
        for (let due = agenda.takeNext(); due.length > 0; due = agenda.takeNext()) {
          expect(new Set(due.map(({ timeMs }) => timeMs)).size).toBe(1);
          taken.push(...due.map((one): [number, number] => [one.timeMs, order.get(one as never) as number]));
        }
        expect(taken).toEqual([...taken].sort(([a, i], [b, j]) => a - b || i - j));
        expect(taken).toHaveLength(times.length);
      }),
    );
  });
});

describe('the deadline', () => {
  it('counts its own time and not what it waits for', async () => {
    let nowMs = 0;
    const deadline = new Deadline(100, () => nowMs);
    await deadline.whileWaiting(
      Promise.resolve().then(() => {
        nowMs += 1_000;
      }),
    );
    nowMs += 100;
    expect(deadline.isOver).toBe(false);
    nowMs += 1;
    expect(deadline.isOver).toBe(true);
  });
});

const leaf: fc.Arbitrary<z.ZodType> = fc.oneof(
  fc.constantFrom(z.boolean(), z.null(), z.iso.datetime(), z.iso.date(), z.email(), z.uuid(), z.url(), z.string()),
  fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => z.string().min(Math.min(a, b)).max(Math.max(a, b))),
  fc.tuple(fc.integer({ min: -100, max: 100 }), fc.nat(50)).map(([from, width]) =>
    z
      .int()
      .min(from)
      .max(from + width),
  ),
  fc.tuple(fc.integer({ min: -100, max: 100 }), fc.nat(50)).map(([from, width]) =>
    z
      .number()
      .gte(from)
      .lte(from + width),
  ),
  fc.integer({ min: -100, max: 100 }).map((least) => z.number().gt(least)),
  fc.integer({ min: -100, max: 100 }).map((most) => z.number().lt(most)),
  fc.integer({ min: -100, max: 100 }).map((most) => z.int().max(most)),
  fc.integer({ min: 1, max: 9 }).map((step) =>
    z
      .int()
      .multipleOf(step)
      .min(step + 1),
  ),
  fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }).map((options) => z.enum(options)),
  fc.oneof(fc.string(), fc.integer(), fc.boolean()).map((value) => z.literal(value)),
);

const schema: fc.Arbitrary<z.ZodType> = fc.letrec<{ any: z.ZodType }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('any'), { maxKeys: 4 }).map((shape) => z.object(shape)),
    fc
      .dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('any'), { maxKeys: 3 })
      .map((shape) => z.object(shape).partial()),
    fc.tuple(tie('any'), fc.nat(3)).map(([item, least]) => z.array(item).min(least)),
    fc.tuple(tie('any'), tie('any')).map((items) => z.tuple(items)),
    fc
      .array(tie('any'), { minLength: 1, maxLength: 3 })
      .map((options) => z.union(options as [z.ZodType, ...z.ZodType[]])),
    fc.tuple(tie('any'), tie('any')).map(([left, right]) => z.intersection(z.object({ left }), z.object({ right }))),
    tie('any').map((inner) => z.record(z.string(), inner)),
    tie('any').map((inner) => inner.nullable()),
  ),
})).any;

describe('a simulated output', () => {
  it('fits the schema that it was made from, and is always the same', () => {
    fc.assert(
      fc.property(schema, (contract) => {
        const form = z.toJSONSchema(contract) as JsonObject;
        const value: Json = simulatedOutput(form);
        expect(contract.safeParse(value).error, JSON.stringify({ form, value })).toBeUndefined();
        expect(z.fromJSONSchema(form as never).safeParse(value).success).toBe(true);
        expect(simulatedOutput(form)).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it('of a schema that names itself comes to an end', () => {
    const Node: z.ZodType = z.object({
      name: z.string(),
      get children() {
        return z.array(Node);
      },
    });
    expect(Node.safeParse(simulatedOutput(z.toJSONSchema(Node) as JsonObject)).success).toBe(true);
  });
});
