/** What a blocked step is answered with, and what a pair of ended runs is counted as: from the histories alone. */
import { compare, defineMission, volatile } from 'mission-runtime/mission';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { shadowSource } from '../../src/fleet/shadow-source.ts';
import type { MissionDefinition } from '../../src/mission/definition.ts';
import { DEFINITION_KEY } from '../../src/mission/mission.ts';
import { SHADOW_UNANSWERED } from '../../src/mission/wire.ts';
import { comparePair } from '../../src/shadow/compare-pair.ts';
import { findAnswer } from '../../src/shadow/find-answer.ts';
import { terminationReason } from '../../src/shadow/stopped-shadow.ts';
import { historyOf, type ToldEnd, type ToldStep } from './histories.ts';

interface Contract {
  readonly effect: 'read' | 'write';
  readonly replayable?: boolean;
}

function definitionOf(tools: Readonly<Record<string, Contract>>): MissionDefinition {
  const input = z.object({ to: z.string(), at: volatile(z.string()).optional() });
  const output = z.object({ id: z.string() });
  const mission = defineMission({
    name: 'orders',
    input: z.object({}),
    output: z.object({ sent: z.int(), note: compare.text(z.string()).optional() }),
    tools: Object.fromEntries(Object.entries(tools).map(([name, one]) => [name, { input, output, ...one }])),
  });
  return mission.workflow(async () => ({ sent: 0 }))[DEFINITION_KEY];
}

const primary = definitionOf({ send: { effect: 'write' }, look: { effect: 'read' } });
const definitions = { candidate: primary, primary };
const send = (to: string, answer?: string, more: Partial<ToldStep> = {}): ToldStep => ({
  tool: 'send',
  request: { to },
  ...(answer !== undefined && { answer: { id: answer } }),
  ...more,
});

describe('where a step gets its answer', () => {
  it.each<[string, Record<string, Contract>, Record<string, Contract>, 'live' | 'primary']>([
    ['a read in both', { a: { effect: 'read' } }, { a: { effect: 'read' } }, 'live'],
    ['a write in both', { a: { effect: 'write' } }, { a: { effect: 'write' } }, 'primary'],
    ['a read that was a write', { a: { effect: 'read' } }, { a: { effect: 'write' } }, 'primary'],
    [
      'a replayable read that was a write',
      { a: { effect: 'read', replayable: true } },
      { a: { effect: 'write' } },
      'primary',
    ],
    ['a write that was a read', { a: { effect: 'write' } }, { a: { effect: 'read' } }, 'primary'],
    ['a new read', { a: { effect: 'read' } }, {}, 'primary'],
    ['a new replayable read', { a: { effect: 'read', replayable: true } }, {}, 'live'],
    ['a new write', { a: { effect: 'write' } }, {}, 'primary'],
    ['a tool that the candidate does not declare', {}, { a: { effect: 'read' } }, 'primary'],
  ])('%s', (_, candidate, before, source) => {
    expect(shadowSource('tool:a', definitionOf(candidate), definitionOf(before))).toBe(source);
  });

  it.each(['sendMail', 'tool:', 'tool:constructor', 'mission.route'])('%s has no contract, and never runs', (type) => {
    expect(shadowSource(type, primary, primary)).toBe('primary');
  });

  it('a model is asked', () => {
    expect(shadowSource('model', primary, primary)).toBe('live');
  });
});

describe('the answer to a blocked step', () => {
  const answerTo = (activityId: string, theirs: readonly ToldStep[], ours: readonly ToldStep[], end?: ToldEnd) =>
    findAnswer({
      primary: [historyOf(theirs, end)],
      shadow: [historyOf(ours)],
      runId: 'run',
      activityId,
      definitions,
    });
  const over = { result: { sent: 1 } };

  it('is that of the same request, whatever step asked it', () => {
    const theirs = [send('ann', '1'), send('bob', '2')];
    expect(answerTo('send#1', theirs, [send('bob')])).toEqual({ kind: 'completed', result: { id: '2' } });
    const late: ToldStep = { tool: 'send', request: { to: 'bob', at: 'noon' } };
    expect(answerTo('send#1', theirs, [late])).toEqual({ kind: 'completed', result: { id: '2' } });
  });

  it('is given once, in order, by however many attempts', () => {
    const theirs = [send('ann', '1'), send('ann', '2')];
    const ours = [send('ann', '1'), send('ann'), send('ann')];
    for (const _ of [1, 2]) {
      expect(answerTo('send#1', theirs, ours)).toMatchObject({ result: { id: '1' } });
      expect(answerTo('send#2', theirs, ours)).toMatchObject({ result: { id: '2' } });
    }
    expect(answerTo('send#3', theirs, ours)).toEqual({ kind: 'wait' });
    const parallel = [send('ann'), send('ann')];
    expect(answerTo('send#2', [send('ann', '1')], parallel)).toEqual({ kind: 'wait' });
    expect(answerTo('send#1', [send('ann', '1')], parallel)).toMatchObject({ result: { id: '1' } });
  });

  it('is a failure where the real run had one', () => {
    const failure = { message: 'The bank is closed.', type: 'BankClosed' };
    expect(answerTo('send#1', [send('ann', undefined, { failure })], [send('ann')])).toEqual({
      kind: 'failed',
      ...failure,
    });
  });

  it.each<[string, ToldStep[], ToldEnd | undefined, object]>([
    ['has not come to it', [], undefined, { kind: 'wait' }],
    ['has asked and waits', [send('ann')], undefined, { kind: 'wait' }],
    [
      'ended before it was answered',
      [send('ann')],
      over,
      { kind: 'never', reason: 'the real run ended before send was answered' },
    ],
    ['may still ask the same', [send('eve', '1')], undefined, { kind: 'wait' }],
    ['asked something else in its place', [send('eve', '1')], over, { kind: 'completed', result: { id: '1' } }],
    ['asked nothing of the kind', [], over, { kind: 'never', reason: 'the real run made no such call of send' }],
  ])('while the real run %s', (_, theirs, end, answer) => {
    expect(answerTo('send#1', theirs, [send('ann')], end)).toEqual(answer);
  });

  it('is not there for a local activity, which stands in the history when it is done', () => {
    expect(answerTo('1', [], [])).toMatchObject({ kind: 'never', reason: expect.stringContaining('local activity') });
  });
});

describe('a pair that has ended', () => {
  const judge = (
    theirs: readonly ToldStep[],
    ours: readonly ToldStep[],
    ends: readonly [ToldEnd, ToldEnd] = [{ result: { sent: 1 } }, { result: { sent: 1 } }],
    versions = definitions,
  ) =>
    comparePair({ primary: [historyOf(theirs, ends[0])], shadow: [historyOf(ours, ends[1])], definitions: versions });
  const done = { result: { sent: 1 } };
  const failed = (type: string) => ({ failure: { message: 'No.', type } });
  const unanswered = {
    failure: { message: 'no', type: SHADOW_UNANSWERED, details: { step: 'send#2', reason: 'no such call' } },
  };

  it.each<[string, ToldStep[], ToldStep[], [ToldEnd, ToldEnd], object]>([
    ['matched', [send('a', '1')], [send('a', '1')], [done, done], { outcome: 'matched', step: null }],
    [
      'matched under the compare rules',
      [],
      [],
      [{ result: { sent: 1, note: 'In  time.' } }, { result: { sent: 1, note: 'In time.' } }],
      { outcome: 'matched' },
    ],
    [
      'changed in its end',
      [],
      [],
      [done, { result: { sent: 2 } }],
      { outcome: 'changed', detail: { end: [{ pointer: '/sent' }] } },
    ],
    [
      'changed in a write',
      [send('a', '1')],
      [send('b', '1')],
      [done, done],
      { outcome: 'changed', step: 'send#1', detail: { effects: [{ pointer: '/0/request/to' }] } },
    ],
    [
      'diverged by a read',
      [{ tool: 'look', request: { to: 'a' }, effect: 'read', answer: {} }],
      [{ tool: 'look', request: { to: 'b' }, effect: 'read', answer: {} }],
      [done, done],
      { outcome: 'diverged', step: 'look#1', detail: { effects: [], divergence: { kind: 'request' } } },
    ],
    [
      'unanswered, with the write that it would have made and not those that it did not reach',
      [send('a', '1'), send('c', '3')],
      [send('a', '1'), send('b')],
      [done, unanswered],
      {
        outcome: 'unanswered',
        step: 'send#2',
        detail: { reason: 'no such call', end: [], effects: [{ pointer: '/1/request/to', candidate: 'b' }] },
      },
    ],
    ['failed alone', [], [], [done, failed('Broken')], { outcome: 'failed', detail: { reason: 'Broken: No.' } }],
    ['failed alike', [], [], [failed('Refused'), failed('Refused')], { outcome: 'matched' }],
    ['failed otherwise', [], [], [failed('Refused'), failed('Broken')], { outcome: 'changed' }],
    ['excluded with its real run', [], [], [{ terminated: 'x' }, done], { outcome: 'excluded' }],
    ['excluded when somebody ended it', [], [], [done, { terminated: 'by hand' }], { outcome: 'excluded' }],
    [
      'excluded when it was late',
      [],
      [],
      [done, { terminated: terminationReason({ kind: 'late', step: '', reason: 'too late' }) }],
      { outcome: 'excluded', detail: { reason: 'too late' } },
    ],
    [
      'unanswered when a question was ended',
      [],
      [],
      [done, { terminated: terminationReason({ kind: 'unanswered', step: 'sure#1', reason: 'nobody' }) }],
      { outcome: 'unanswered', step: 'sure#1', detail: { reason: 'nobody' } },
    ],
  ])('is %s', (_, theirs, ours, ends, found) => {
    expect(judge(theirs, ours, ends)).toMatchObject(found);
  });

  it('counts as a write what either version calls one, whatever the run said', () => {
    const candidate = definitionOf({ send: { effect: 'read' } });
    const asRead = [send('b', '1', { effect: 'read' })];
    expect(judge([send('a', '1')], asRead, [done, done], { candidate, primary })).toMatchObject({
      outcome: 'changed',
      detail: { effects: [{ pointer: '/0/request/to', baseline: 'a', candidate: 'b' }] },
    });
  });

  it('keeps the first differences only', () => {
    const many = Array.from({ length: 60 }, (_, index) => send(`${index}`, '1'));
    expect(judge(many, []).detail.effects).toHaveLength(20);
  });
});
