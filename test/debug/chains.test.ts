/** A debugger over runs that continued as new: the same step ids and event numbers in every link, and each link edited by itself. */
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startPlayer } from '../../src/debug/process-player.ts';
import type { Program } from '../../src/debug/program.ts';
import { programOf } from '../../src/debug/saved-case.ts';
import { DebugSession } from '../../src/debug/session.ts';
import type { ReplayInput } from '../../src/replay/departure.ts';
import { buildMission, record, recordMission, strict } from '../replay/missions/lab.ts';
import { driveRelay, RELAY, relay } from '../replay/missions/relay.ts';
import { bundlePlain } from '../replay/plain/record.ts';

let session: DebugSession;
let plain: DebugSession;

async function open(program: Program, input: ReplayInput | undefined): Promise<DebugSession> {
  const recording = input as ReplayInput;
  return DebugSession.open(startPlayer(program, recording, strict), recording.histories);
}

beforeAll(async () => {
  const address = inject('temporalAddress');
  const artifact = await buildMission(RELAY, relay);
  const [relayed] = await recordMission(address, artifact, [{ input: { text: 'letter' }, drive: driveRelay }]);
  session = await open(await programOf('relay@1', artifact), relayed);
  const bundle = { code: await bundlePlain() };
  const activities = { greet: async (name: string) => `hello ${name}` };
  const [chained] = await record(address, { bundle, activities, type: 'chain' }, [{ input: 2 }]);
  plain = await open({ name: 'plain', bundle, definition: undefined }, chained);
});

afterAll(() => Promise.all([session.close(), plain.close()]));
beforeEach(() => session.reset());

/** The first link says `about Read letter 1 yes one.`, and the second goes on with the like. */
function said(): unknown {
  const { now } = session.difference();
  return now?.status === 'completed' ? (now.result as { said?: unknown }).said : now;
}

function changes(of = session): Record<string, string> {
  return Object.fromEntries(of.difference().steps.map(({ step, change }) => [step, change]));
}

describe('the steps of a chain', () => {
  it('have the number of their link where it is not the first, wherever they are named', () => {
    const { moments } = session;
    const named = (kind: string) =>
      moments.flatMap(({ asked }) => asked.flatMap((one) => (one.kind === kind ? one.step : [])));
    expect(named('model')).toEqual(['read#1', 'read#1/2']);
    expect(named('decision')).toEqual(['fine#1', 'fine#1/2']);
    expect(moments.flatMap(({ told }) => told.flatMap((one) => ('step' in one ? one.step : [])))).toEqual(
      named('model'),
    );
    const pending = moments.map((moment) => moment.pending.join());
    expect(pending).toEqual(['read#1', 'fine#1', '', '', 'read#1/2', 'fine#1/2', '', '']);
    expect(said()).toBe('about Read letter 1 yes one.about Read letter 2 yes two.');
  });

  it.each([
    ['read#1', 'read#1/2', 0],
    ['read#1/2', 'start', 4],
    ['read#1/1', 'end', 0],
    ['fine', 'start', 1],
    ['fine', 'end', 5],
    ['event:18', 'start', 3],
    ['event:18', 'end', 7],
    ['event:18/1', 'end', 3],
    ['event:18/2', 'start', 7],
  ])('are gone to as %s from %s', (target, from, index) => {
    session.to(from);
    session.to(target);
    expect(session.moment.index).toBe(index);
  });

  it.each(['read#1/3', 'event:18/3', 'read/3'])('that are not there are not gone to: %s', (target) => {
    expect(() => session.to(target)).toThrow(
      expect.objectContaining({ code: 'USAGE', remedy: expect.stringContaining('read#1/2') }),
    );
  });
});

describe('an edit in a chain', () => {
  it('of the first link leaves the step of that id in the next one alone', async () => {
    await session.edit('read#1', { result: 'other' });
    expect(said()).toBe('other yes one.about Read letter 2 yes two.');
    expect(session.moments.map(({ way }) => way)).toContain('simulated');
    expect(changes()).toEqual({ 'read#1': 'edited' });
  });

  it('of a later link leaves the first one as it was recorded', async () => {
    await session.edit('read#1/2', { result: 'other' });
    expect(said()).toBe('about Read letter 1 yes one.other yes two.');
    expect(session.moment).toMatchObject({ link: 1, told: [{ step: 'read#1/2', result: { text: 'other' } }] });
    expect(changes()).toEqual({ 'read#1/2': 'edited' });
  });

  it('may be one of several, and counts in the simulation too', async () => {
    await session.edit('read#1', { result: 'other' });
    await session.edit('read#1/2', { result: 'another' });
    await session.edit('fine#1/2', { result: 'no' });
    expect(said()).toBe('other yes one.another no two.');
    await session.edit('read#1/2', { result: 'yet another' });
    expect(said()).toBe('other yes one.yet another no two.');
    expect(changes()).toEqual({ 'read#1': 'edited', 'read#1/2': 'edited', 'fine#1/2': 'edited' });
  });

  it.each([
    ['fine#1', 'no one.about Read letter 2 yes two.'],
    ['fine#1/2', 'yes one.about Read letter 2 no two.'],
  ])('may be of a decision: %s', async (target, rest) => {
    await session.edit(target, { result: 'no' });
    expect(said()).toBe(`about Read letter 1 ${rest}`);
  });

  it.each([
    ['read', 'start', 'read#1'],
    ['read', 'fine#1/2', 'read#1/2'],
    ['read#1', 'end', 'read#1'],
    ['event:18', 'start', 'event:18'],
    ['event:18', 'end', 'event:18/2'],
    ['event:18/1', 'end', 'event:18'],
  ])('of %s, standing at %s, is of %s', async (target, from, edited) => {
    session.to(from);
    await session.edit(target, { result: 'other' });
    expect(changes()).toHaveProperty([edited], 'edited');
    expect(session.edits).toHaveLength(1);
  });

  it.each([
    ['event:18', 'about Read letter 1 yes other.about Read letter 2 yes two.', 3],
    ['event:18/2', 'about Read letter 1 yes one.about Read letter 2 yes other.', 7],
  ])('may be of a signal: %s', async (target, text, index) => {
    await session.edit(target, { result: 'other' });
    expect(said()).toBe(text);
    expect(session.moment).toMatchObject({ index, told: [{ kind: 'signal', name: 'tell', input: 'other' }] });
    expect(changes()).toEqual({ [target]: 'edited' });
  });

  it('of an event that answers a step is one of that step', async () => {
    await session.edit('event:7/2', { result: 'other' });
    expect(said()).toBe('about Read letter 1 yes one.other yes two.');
    await session.edit('event:15/1', { result: 'no' });
    expect(said()).toBe('about Read letter 1 no one.other yes two.');
    await session.edit('event:1', { result: { text: 'letter', before: 'So: ' } });
    expect(said()).toBe('So: about Read letter 1 no one.other yes two.');
    expect(session.edits.map(({ target, link }) => [target, link])).toEqual([
      ['read#1', 1],
      ['fine#1', 0],
      ['input', 0],
    ]);
  });

  it('is asked for by the name with which it can be given', async () => {
    const parcel = { text: 'parcel' };
    await session.edit('input', { result: parcel });
    expect(session.difference().unanswered).toMatchObject({ step: 'read#1' });
    await session.edit('read#1', { result: 'it' });
    expect(session.difference().unanswered).toMatchObject({ step: 'read#1/2' });
    await session.edit('read#1/2', { result: 'that' });
    expect(said()).toBe('it yes one.that yes two.');
  });

  it('of plain workflows, whose steps are counted through the chain, tells what changed and nothing else', async () => {
    await plain.edit('greet#2/2', { result: 'hello you' });
    expect(plain.difference()).toMatchObject({ outcome: 'matched', steps: [{ step: 'greet#2/2', change: 'edited' }] });
    await plain.reset();
    await plain.edit('input', { result: 1 });
    expect(changes(plain)).toEqual({
      input: 'edited',
      'greet#1': 'request',
      'greet#2/2': 'request',
      'greet#3/3': 'gone',
    });
  });
});

describe('an edit that would change nothing is refused:', () => {
  const EDITABLE = /event:18\/2 \(signal tell\)/;

  it.each([
    ['event:5/2', { result: 'x' }, /event:5\/2 is ActivityTaskScheduled/, EDITABLE],
    ['event:1/2', { result: 'x' }, /event:1\/2 is WorkflowExecutionStarted/, EDITABLE],
    ['event:99', { result: 'x' }, /no event:99: the recording has 22 and 22 events/, /event:18 \(signal tell\)/],
    ['event:18/3', { result: 'x' }, /no event:18\/3/, /event:7 \(the answer of read#1\)/],
    ['event:18/2', { failure: { message: 'no', type: 'No' } }, /WorkflowExecutionSignaled.*cannot fail/, /JSON/],
    ['fine#1/2', { failure: { message: 'no', type: 'No' } }, /fine#1\/2 comes from outside.*cannot fail/, /JSON/],
    ['input', { failure: { message: 'no', type: 'No' } }, /input comes from outside.*cannot fail/, /JSON/],
    ['read#1/3', { result: 'x' }, /no answer to edit at "read#1\/3"/, /read#1\/2/],
  ])('%s with %j', async (target, answer, message, remedy) => {
    await expect(session.edit(target, answer)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
    expect(session.edits).toEqual([]);
  });
});
