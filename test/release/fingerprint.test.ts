/** When causes are looked for, two replays did the same if their outcome is the same, and what there is to explain of it. */
import { describe, expect, it } from 'vitest';
import type { Divergence, Effect, ReplayedStep, ReplayResult } from '../../src/compare/outcome.ts';
import { missionDefinition } from '../../src/mission/definition.ts';
import type { RunEnd, RunFailure } from '../../src/recording/trace.ts';
import { fingerprintOf } from '../../src/release/fingerprint.ts';
import { RuleBook } from '../../src/replay/rule-book.ts';
import type { Json } from '../../src/shared/json.ts';

const text = { type: 'string', compare: 'text' };
const definition = missionDefinition.parse({
  format: 1,
  name: 'claims',
  input: {},
  output: { type: 'object', properties: { approve: { type: 'boolean' }, reason: text } },
  prompts: {},
  models: {},
  rules: {},
  tools: { send: { effect: 'write', input: { type: 'object', properties: { to: {}, letter: text } }, output: {} } },
  decisions: {},
});
const rules = new RuleBook(definition, definition);

function did(result: Json, request: Json, kind?: Effect['kind']): string | undefined {
  const end: RunEnd = { status: 'completed', result };
  const effects: Effect[] = [{ step: 'send#1', ...(kind && { kind }), tool: 'send', request }];
  return fingerprintOf(
    { candidateEnd: end, candidateEffects: effects, outcome: 'changed' } as unknown as ReplayResult,
    rules,
  );
}

const usual = did({ approve: false, reason: 'Too late.' }, { to: 'ada', letter: 'Dear Ada, no.' });

describe('of a changed run', () => {
  it.each<[what: string, result: Json, request: Json]>([
    ['a reason in other case', { approve: false, reason: 'TOO LATE' }, { to: 'ada', letter: 'Dear Ada, no.' }],
    [
      'a letter with other punctuation',
      { approve: false, reason: 'Too late.' },
      { to: 'ada', letter: 'Dear Ada – no!' },
    ],
  ])('what it did is the same for %s', (_, result, request) => {
    expect(did(result, request)).toBe(usual);
  });

  it.each<[what: string, result: Json, request: Json]>([
    ['another verdict', { approve: true, reason: 'Too late.' }, { to: 'ada', letter: 'Dear Ada, no.' }],
    ['a reason of other words', { approve: false, reason: 'Too early.' }, { to: 'ada', letter: 'Dear Ada, no.' }],
    ['another receiver', { approve: false, reason: 'Too late.' }, { to: 'bob', letter: 'Dear Ada, no.' }],
  ])('what it did is something else for %s', (_, result, request) => {
    expect(did(result, request)).not.toBe(usual);
  });

  it('what it did is something else for an activity of the name of a tool, which has no compare rules', () => {
    const asActivity = (letter: string) =>
      did({ approve: false, reason: 'Too late.' }, { to: 'ada', letter }, 'activity');
    expect(asActivity('Dear Ada, no.')).not.toBe(usual);
    expect(asActivity('Dear Ada – no!')).not.toBe(asActivity('Dear Ada, no.'));
  });

  it('what it threw at its end counts, and not where in the code that stands', () => {
    const threw = (message: string, type = 'Error') => {
      const end: RunEnd = { status: 'failed', failure: { message, type } };
      return print({ outcome: 'changed', candidateEnd: end });
    };
    expect(threw('no order\n    at run (/replay/workflow-bundle-3.js:10:7)')).toBe(threw('no order'));
    expect(threw('no order')).not.toBe(threw('no sale'));
    expect(threw('no order')).not.toBe(threw('no order', 'TypeError'));
  });

  it('what it gave with its failure counts, and what that was caused by', () => {
    const gave = (more: Partial<RunFailure>) => {
      const end: RunEnd = { status: 'failed', failure: { message: 'no order', type: 'Error', ...more } };
      return print({ outcome: 'changed', candidateEnd: end });
    };
    const caused = (message: string) => gave({ cause: { message, type: 'Error' } });
    expect(gave({ details: [1] })).not.toBe(gave({ details: [2] }));
    expect(gave({ nonRetryable: true })).not.toBe(gave({}));
    expect(caused('lost\n    at run (/replay/workflow-bundle-3.js:10:7)')).toBe(caused('lost'));
    expect(caused('lost')).not.toBe(caused('late'));
  });

  it('what it hands on at its end counts', () => {
    const handedOn = (input: Json) =>
      print({
        outcome: 'changed',
        candidateEnd: { status: 'continued-as-new', handedOn: { workflowType: 'poll', input } },
      });
    expect(handedOn({ left: 1 })).toBe(handedOn({ left: 1 }));
    expect(handedOn({ left: 1 })).not.toBe(handedOn({ left: 2 }));
  });
});

function print(result: Partial<ReplayResult>, replayed?: Partial<ReplayResult>): string | undefined {
  const whole = { candidateEnd: null, candidateEffects: [], divergence: null, steps: [], ...result } as unknown;
  const raw = replayed && ({ ...(whole as ReplayResult), ...replayed } as ReplayResult);
  return fingerprintOf(whole as ReplayResult, rules, raw);
}

function steps(...ids: readonly string[]): ReplayedStep[] {
  return ids.map((id) => ({ id }) as ReplayedStep);
}

describe('of a failed run', () => {
  const failed = (message: string, thrownIn?: string, after: readonly string[] = []) =>
    print({ outcome: 'failed', failure: { message, ...(thrownIn && { thrownIn }) }, steps: steps(...after) });
  const usually = failed('no sale', 'price', ['getOrder#1']);

  it.each<[what: string, other: string | undefined]>([
    ['after a longer way', failed('no sale', 'price', ['classify#1', 'getOrder#1', 'getSale#1'])],
    ['with a stack in its message', failed('no sale\n    at f (index.js:3:5)', 'price')],
  ])('what it did is the same %s', (_, other) => expect(other).toBe(usually));

  it.each<[what: string, other: string | undefined]>([
    ['another failure', failed('no order', 'price')],
    ['the failure of another function', failed('no sale', 'total')],
    [
      'an end by that failure',
      print({ outcome: 'changed', candidateEnd: { status: 'failed', failure: { message: 'no sale', type: 'Error' } } }),
    ],
  ])('what it did is something else for %s', (_, other) => expect(other).not.toBe(usually));

  it('the positions in a message are those of one bundle', () => {
    const at = (bundle: number, line: number) => failed(`bad: /replay/workflow-bundle-${bundle}.js:${line}:4`);
    expect(at(1, 20)).toBe(at(2, 21));
    expect(failed('at 12:30:15')).not.toBe(failed('at 12:45:10'));
  });

  it('a message may be a flood of empty lines', () => {
    const flood = '\n'.repeat(1_000_000);
    expect(failed(`${flood}no sale`)).not.toBe(failed(`${flood}no order`));
  });
});

describe('of a run that could not be answered', () => {
  const asked = (step: string, left: Partial<Divergence> = {}) =>
    print({
      outcome: 'unanswered',
      unanswered: { step, kind: 'model', reason: 'r', remedy: 'd' },
      divergence: left as Divergence,
    });

  it('the step where the evidence ended counts, and not where the way to it began', () => {
    expect(asked('assess#1', { step: 'in-window#1' })).toBe(asked('assess#1', { step: 'assess#1' }));
    expect(asked('assess#1')).not.toBe(asked('assess#2'));
  });
});

describe('of a run that took other steps', () => {
  const left = (recorded: string | null, issued: string | null, request: Json = null) => {
    const command = (step: string | null) => (step === null ? null : { step, kind: 'model', name: 'm', request });
    return print({
      outcome: 'diverged',
      candidateEnd: { status: 'completed', result: null },
      divergence: { baseline: command(recorded), candidate: command(issued) } as Divergence,
    });
  };

  it('where it left the recorded way counts, and what came instead', () => {
    expect(left('assess#1', 'assess#1', 'one text')).toBe(left('assess#1', 'assess#1', 'another text'));
    expect(left('assess#1', 'assess#1')).not.toBe(left('letter#1', 'letter#1'));
    expect(left('assess#1', 'letter#1')).not.toBe(left('assess#1', 'assess#1'));
    expect(left('assess#1', null)).not.toBe(left('assess#1', 'assess#1'));
  });

  it('what it hands on as it continues as new counts', () => {
    const handedOn = (...input: readonly Json[]) => {
      const request: Json = { workflowType: 'poll', input };
      const command = { step: 'end', kind: 'end', name: 'continued-as-new', request };
      return print({
        outcome: 'diverged',
        candidateEnd: { status: 'continued-as-new' },
        divergence: { kind: 'end', baseline: command, candidate: command } as unknown as Divergence,
      });
    };
    expect(handedOn(1, 'a')).toBe(handedOn(1, 'a'));
    expect(handedOn(1, 'a')).not.toBe(handedOn(1, 'b'));
    expect(handedOn(1, 'a')).not.toBe(handedOn(2, 'a'));
  });
});

describe('nothing is to be explained', () => {
  const candidateEnd: RunEnd = { status: 'completed', result: { approve: true } };

  it('of a run that matched', () => expect(print({ outcome: 'matched', candidateEnd })).toBeUndefined());

  it('of one that is wrong because it was recorded so', () => {
    expect(print({ outcome: 'changed', candidateEnd }, { outcome: 'matched' })).toBeUndefined();
    expect(print({ outcome: 'changed', candidateEnd }, { outcome: 'diverged' })).toBeUndefined();
    expect(print({ outcome: 'changed', candidateEnd }, { outcome: 'changed' })).toBe(
      print({ outcome: 'changed', candidateEnd }),
    );
  });
});
