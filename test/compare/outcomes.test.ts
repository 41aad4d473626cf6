import { describe, expect, it } from 'vitest';
import { classifyOutcome } from '../../src/compare/classify-outcome.ts';
import { compareEffects } from '../../src/compare/compare-effects.ts';
import { asFarAs, compareEnds } from '../../src/compare/compare-ends.ts';
import { compareRulesOf } from '../../src/compare/compare-rules.ts';
import type { Difference } from '../../src/compare/difference.ts';
import type { Divergence, Effect, ReplayOutcome } from '../../src/compare/outcome.ts';
import type { RunEnd, RunFailure } from '../../src/recording/trace.ts';
import type { Json } from '../../src/shared/json.ts';

describe('classifyOutcome: the whole truth table', () => {
  const difference: Difference = { pointer: '/approve', kind: 'changed', baseline: true, candidate: false };
  const divergence: Divergence = {
    kind: 'extra',
    step: 's',
    index: 0,
    baseline: null,
    candidate: null,
    differences: [],
  };
  const unanswered = { step: 's', kind: 'model' as const, reason: 'r', remedy: '' };
  const failure = { message: 'm' };

  /** Columns: failure, unanswered, end differs, effects differ, divergence. `*` stands for both. */
  const table: [string, ReplayOutcome][] = [
    ['1****', 'failed'],
    ['01***', 'unanswered'],
    ['001**', 'changed'],
    ['0001*', 'changed'],
    ['00001', 'diverged'],
    ['00000', 'matched'],
  ];
  const rows = Array.from({ length: 32 }, (_, bits) => bits.toString(2).padStart(5, '0'));

  it.each(rows)('%s', (row) => {
    const matching = table.filter(([pattern]) =>
      Array.from(pattern).every((bit, index) => bit === '*' || bit === row[index]),
    );
    const on = (index: number) => row[index] === '1';
    const outcome = classifyOutcome({
      failure: on(0) ? failure : undefined,
      unanswered: on(1) ? unanswered : undefined,
      endDifferences: on(2) ? [difference] : [],
      effectDifferences: on(3) ? [difference] : [],
      divergence: on(4) ? divergence : null,
    });
    expect(matching.map(([, expected]) => expected)).toEqual([outcome]);
  });
});

describe('compareEnds: two ends differ by result, by failure, or by the way in which they ended', () => {
  const completed = (result: Json): RunEnd => ({ status: 'completed', result });
  const failed = (type: string, message = 'm'): RunEnd => ({ status: 'failed', failure: { type, message } });
  const failing = (more: Partial<RunFailure>): RunEnd => ({
    status: 'failed',
    failure: { type: 'T', message: 'm', ...more },
  });
  const handingOn = (input: Json, workflowType = 'poll'): RunEnd => ({
    status: 'continued-as-new',
    handedOn: { workflowType, input },
  });
  const cases: [string, RunEnd, RunEnd, Partial<Difference>[]][] = [
    ['same result', completed({ a: 1 }), completed({ a: 1 }), []],
    ['another result', completed({ a: 1 }), completed({ a: 2 }), [{ pointer: '/a', kind: 'changed' }]],
    ['same failure', failed('T'), failed('T'), []],
    ['another failure', failed('T'), failed('U', 'n'), [{ pointer: '/failure/message' }, { pointer: '/failure/type' }]],
    [
      'other details of the same failure',
      failing({ details: [{ a: 1 }] }),
      failing({ details: [{ a: 2 }] }),
      [{ pointer: '/failure/details/0/a', kind: 'changed' }],
    ],
    ['a failure that is final', failing({}), failing({ nonRetryable: true }), [{ pointer: '/failure/nonRetryable' }]],
    [
      'another cause',
      failing({ cause: { type: 'C', message: 'm' } }),
      failing({ cause: { type: 'C', message: 'n' } }),
      [{ pointer: '/failure/cause/message' }],
    ],
    ['the same is handed on', handingOn({ left: 1 }), handingOn({ left: 1 }), []],
    [
      'something else is handed on',
      handingOn({ left: 1 }),
      handingOn({ left: 2 }),
      [{ pointer: '/handedOn/input/left', kind: 'changed', baseline: 1, candidate: 2 }],
    ],
    [
      'another workflow goes on',
      handingOn(1),
      handingOn(1, 'other'),
      [{ pointer: '/handedOn/workflowType', kind: 'changed' }],
    ],
    ['both cancelled', { status: 'cancelled' }, { status: 'cancelled' }, []],
    [
      'completed, then failed',
      completed({ a: 1 }),
      failed('T'),
      [{ pointer: '', baseline: { status: 'completed' }, candidate: { status: 'failed', type: 'T' } }],
    ],
    ['open, then timed out', { status: 'open' }, { status: 'timed-out' }, [{ pointer: '', kind: 'type-changed' }]],
  ];
  it.each(cases)('%s', (_, baseline, candidate, differences) => {
    const found = compareEnds(baseline, candidate);
    expect(found).toHaveLength(differences.length);
    expect(found).toMatchObject(differences);
  });

  it.each<[what: string, said: RunEnd, found: RunEnd, compared: RunEnd]>([
    ['message and type', failed('T'), failing({ details: [1], nonRetryable: true }), failed('T')],
    ['details', failing({ details: [2] }), failing({ details: [1] }), failing({ details: [1] })],
    ['a cause', failing({ cause: { type: 'C', message: 'n' } }), failed('T'), failed('T')],
    ['that it goes on', { status: 'continued-as-new' }, handingOn(1), { status: 'continued-as-new' }],
    ['what is handed on', handingOn(2), handingOn(1), handingOn(1)],
    ['another end', completed(1), handingOn(1), handingOn(1)],
  ])('an expectation that says %s is held against as much', (_, said, found, compared) => {
    expect(asFarAs(said, found)).toEqual(compared);
  });

  it('follows the compare rules of the output', () => {
    const rules = compareRulesOf({ properties: { a: { compare: 'ignore' } } });
    expect(compareEnds(completed({ a: 1 }), completed({ a: 2 }), rules)).toEqual([]);
  });
});

describe('compareEffects: writes are compared by tool and request, in order', () => {
  const effect = (tool: string, amount: number, step = `${tool}#${amount}`): Effect => ({
    step,
    tool,
    request: { amount },
  });
  const [pay1, pay2, mail] = [effect('pay', 1), effect('pay', 2), effect('mail', 0)];
  const cases: [string, Effect[], Effect[], Partial<Difference>[]][] = [
    ['the same, under other step ids', [pay1], [effect('pay', 1, 'other')], []],
    ['one dropped write is one removed', [pay1, mail, pay2], [mail, pay2], [{ kind: 'removed', pointer: '/0' }]],
    ['one more', [mail], [mail, pay1], [{ kind: 'added', pointer: '/1' }]],
    [
      'another request',
      [mail, pay1],
      [mail, pay2],
      [{ kind: 'changed', pointer: '/1/request/amount', baseline: 1, candidate: 2 }],
    ],
    ['another order', [mail, pay1], [pay1, mail], [{ kind: 'moved', pointer: '/0', from: '/1' }]],
    [
      'another tool is not a change of request',
      [pay1],
      [mail],
      [
        { kind: 'removed', pointer: '/0' },
        { kind: 'added', pointer: '/0' },
      ],
    ],
    [
      'a child of the same name and request as a tool is another write',
      [pay1],
      [{ ...pay1, kind: 'child' }],
      [
        { kind: 'removed', pointer: '/0' },
        {
          kind: 'added',
          pointer: '/0',
          candidate: { step: 'pay#1', kind: 'child', tool: 'pay', request: { amount: 1 } },
        },
      ],
    ],
  ];
  it.each(cases)('%s', (_, baseline, candidate, differences) => {
    const found = compareEffects(baseline, candidate);
    expect(found).toHaveLength(differences.length);
    expect(found).toMatchObject(differences);
  });

  it('follows the compare rules of the tool that writes', () => {
    const ignoring = compareRulesOf({ properties: { amount: { compare: 'ignore' } } });
    const rulesOf = ({ tool }: Effect) =>
      compareRulesOf(tool === 'pay' ? { properties: { amount: { compare: 'ignore' } } } : true);
    expect(compareEffects([pay1], [pay2], () => ignoring)).toEqual([]);
    expect(compareEffects([pay1, mail], [pay2, effect('mail', 9)], rulesOf)).toMatchObject([
      { pointer: '/1/request/amount' },
    ]);
  });
});
