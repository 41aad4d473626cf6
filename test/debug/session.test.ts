/** A debugger over a real run: moments, travelling, state, edits and what they change, without touching the run's world. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { startPlayer } from '../../src/debug/process-player.ts';
import { programOf } from '../../src/debug/saved-case.ts';
import { DebugSession } from '../../src/debug/session.ts';
import type { ReplayInput } from '../../src/replay/departure.ts';
import type { Json } from '../../src/shared/json.ts';
import { CLERK, CLERK_WORKFLOW, clerk } from '../replay/missions/clerk.ts';
import { answerQuestions, buildMission, inputOf, recordMission, strict } from '../replay/missions/lab.ts';

let artifact: Artifact;
let recording: ReplayInput;
let session: DebugSession;

async function open(candidate: Artifact, input = recording): Promise<DebugSession> {
  const player = startPlayer(await programOf('clerk@1', candidate), input, strict);
  return DebugSession.open(player, input.histories);
}

beforeAll(async () => {
  artifact = await buildMission(CLERK, clerk);
  const drive = answerQuestions('yes', ({ name }) => name === 'fine');
  const recorded = await recordMission(inject('temporalAddress'), artifact, [{ input: { text: 'letter' }, drive }]);
  recording = recorded[0] as ReplayInput;
  session = await open(artifact);
});

afterAll(() => session.close());
beforeEach(() => session.reset());

describe('moments', () => {
  it('tell what the run was told and asked, in the order of its history, to its recorded end', () => {
    const { moments } = session;
    expect(session.result.outcome).toBe('matched');
    expect(moments[0]).toMatchObject({
      told: [{ kind: 'start', workflowType: 'clerk', input: { text: 'letter' } }],
      asked: [{ step: 'read#1', kind: 'model', name: 'read' }],
      pending: ['read#1'],
      events: { first: 1, last: 3 },
      way: 'recorded',
    });
    expect(moments[1]?.told).toMatchObject([{ kind: 'answer', step: 'read#1', status: 'completed' }]);
    expect(moments.at(-1)?.end).toEqual(recording.end);
    expect(moments.at(-1)?.pending).toEqual([]);
    const spans = moments.map(({ events }) => events);
    expect(spans.every((span, index) => index === 0 || span?.first === (spans[index - 1]?.last ?? 0) + 1)).toBe(true);
  });

  it('are recorded ones to the end, also of a run whose last task nobody has completed', async () => {
    const events = recording.histories[0]?.events ?? [];
    const started = events.findLastIndex((event) => event.workflowTaskStartedEventAttributes);
    const running = await open(artifact, inputOf([{ events: events.slice(0, started + 1) }]));
    const last = running.moments.at(-1);
    await running.close();
    expect(last).toMatchObject({ way: 'recorded', events: { last: started + 1 } });
    expect(last?.told).toHaveLength(1);
  });

  it('hold the questions that wait for people until they are answered or run out of time', () => {
    const asked = session.moments.findIndex((one) => one.asked.some(({ step }) => step === 'soon#1'));
    expect(session.moments[asked]?.pending).toEqual(expect.arrayContaining(['soon#1', 'timer#1']));
    const fine = session.moments.find((one) => one.asked.some(({ step }) => step === 'fine#1'));
    expect(fine?.told).toMatchObject([{ kind: 'timer', step: 'timer#1' }]);
    expect(fine?.pending).toEqual(expect.arrayContaining(['fine#1', 'find#2']));
    expect(fine?.pending).not.toContain('soon#1');
  });
});

describe('travelling', () => {
  it('goes forward and back, and stays within the run', () => {
    expect(session.back()).toBe(false);
    expect(session.next()).toBe(true);
    expect(session.moment.index).toBe(1);
    session.to('end');
    expect(session.next()).toBe(false);
    expect(session.back()).toBe(true);
  });

  it.each<[string, string]>([
    ['read#1', 'read#1'],
    ['save', 'save#1'],
    ['event:3', 'read#1'],
    ['0', 'read#1'],
  ])('goes to %s', (target, asks) => {
    session.to(target);
    expect(session.moment.asked.map(({ step }) => step)).toContain(asks);
  });

  it.each(['nowhere', '999', 'event:999'])('says where it could go instead of %s', (target) => {
    expect(() => session.to(target)).toThrow(
      expect.objectContaining({ code: 'USAGE', remedy: expect.stringContaining('save#1') }),
    );
  });
});

describe('the state of a moment', () => {
  it('is what the run says of itself there, however often and in whatever order it is asked', async () => {
    session.to('fine#1');
    const there = await session.state();
    expect(there.queries).toMatchObject([
      { name: 'mission.decisions', result: { 'fine#1': { question: 'Is it fine?' } } },
    ]);
    expect(there.updates).toContain('mission.decide');
    session.to('end');
    expect((await session.state()).queries).toEqual([{ name: 'mission.decisions', result: {} }]);
    session.to('fine#1');
    expect(await session.state()).toEqual(there);
  });

  it('names the lines of the author at which it waits', async () => {
    session.to('read#1');
    const { stacks } = await session.state();
    const [line] = (clerk[CLERK_WORKFLOW] ?? '')
      .split('\n')
      .flatMap((text, index) => (text.includes("'read'") ? [index + 1] : []));
    expect(stacks.flat()).toEqual(expect.arrayContaining([expect.objectContaining({ file: CLERK_WORKFLOW, line })]));
    expect(stacks.flat().filter(({ file }) => file !== CLERK_WORKFLOW)).toEqual([]);
  });
});

describe('an edited answer', () => {
  it('of a person goes on to another outcome, and the run stands as it was recorded after a reset', async () => {
    await session.edit('fine', { result: 'no' });
    const given = { kind: 'update', input: { step: 'fine#1', option: 'no' } };
    expect(session.moment.told).toEqual(
      expect.arrayContaining([expect.objectContaining({ ...given, input: expect.objectContaining(given.input) })]),
    );
    expect(session.difference()).toMatchObject({
      outcome: 'changed',
      now: { status: 'completed', result: { done: expect.stringMatching(/^no timeout no /) } },
      recorded: recording.end,
    });
    await session.reset();
    expect(session.difference()).toMatchObject({ outcome: 'matched', steps: [] });
  });

  it('of a model is wrapped as the model would say it, and leads to what the recording cannot answer', async () => {
    await session.edit('read#1', { result: 'other words' });
    expect(session.moment.told).toMatchObject([
      { step: 'read#1', result: { text: 'other words', finishReason: 'stop' } },
    ]);
    const difference = session.difference();
    expect(difference).toMatchObject({ outcome: 'unanswered', unanswered: { step: 'plan#1/turn-1' } });
    expect(difference.steps).toContainEqual({ step: 'read#1', change: 'edited' });
  });

  it('is taken for what nobody was ever asked, so that one can go on by hand', async () => {
    const byHand: Readonly<Record<string, Json>> = {
      'read#1': 'other words',
      'plan#1/turn-1': 'nothing to find',
      'soon#1': 'no',
      'fine#1': { option: 'no', by: 'me' },
      'find#1': { value: 'made up' },
      'save#1': { id: 'by hand' },
    };
    const asked: string[] = [];
    for (let step = 'read#1'; step !== ''; step = session.difference().unanswered?.step ?? '') {
      asked.push(step);
      await session.edit(step, { result: byHand[step] ?? null });
    }
    expect(asked).toEqual(['read#1', 'plan#1/turn-1', 'soon#1', 'fine#1', 'find#1', 'save#1']);
    expect(session.difference()).toMatchObject({
      outcome: 'changed',
      now: { status: 'completed', result: { done: expect.stringMatching(/^no .* no me by hand$/) } },
    });
    expect(session.moments.at(-1)?.way).toBe('simulated');
  });

  it('may be a failure', async () => {
    await session.edit('save#1', { failure: { message: 'the disk is full', type: 'DiskFull' } });
    expect(session.difference()).toMatchObject({
      outcome: 'changed',
      now: { status: 'failed', failure: { message: 'the disk is full', type: 'DiskFull' } },
    });
  });

  it('may be what the run was started with', async () => {
    await session.edit('input', { result: { text: 'parcel' } });
    expect(session.moment.told).toMatchObject([{ kind: 'start', input: { text: 'parcel' } }]);
    expect(session.difference()).toMatchObject({ outcome: 'unanswered', unanswered: { step: 'read#1' } });
  });

  it('that says the same changes nothing', async () => {
    const { told } = session.step('find#2');
    await session.edit('find#2', { result: told?.kind === 'answer' ? told.result : null });
    expect(session.difference()).toMatchObject({ outcome: 'matched', steps: [{ step: 'find#2', change: 'edited' }] });
  });

  it('of what is not answered by anybody is refused, with what can be edited', async () => {
    await expect(session.edit('timer#1', { result: null })).rejects.toMatchObject({
      code: 'USAGE',
      remedy: expect.stringContaining('read#1, plan#1/turn-1'),
    });
  });
});

describe('another version', () => {
  it('is debugged on the run: where it leaves the recorded way is told', async () => {
    const other = await open(
      await buildMission(CLERK, clerk, [[CLERK_WORKFLOW, '{ text: found.value }', "{ text: found.value + '!' }"]]),
    );
    try {
      expect(other.difference()).toMatchObject({ outcome: 'unanswered', divergence: { step: 'save#1' } });
      await other.edit('save#1', { result: { id: 'x' } });
      expect(other.difference()).toMatchObject({
        outcome: 'changed',
        now: { result: { done: expect.stringMatching(/ x$/) } },
      });
    } finally {
      await other.close();
    }
  });

  const TIME = 'it exceeded its time limit (perRecordingMs)';
  const quick = { ...strict, limits: { ...strict.limits, perRecordingMs: 2_000 } };

  it.each([
    ['hangs', 'for (;;);', quick, TIME],
    [
      'outgrows its heap by one array',
      'const growing = []; for (;;) growing.push(growing);',
      // Memory is to run out before time does, on a busy machine too.
      { ...strict, limits: { ...strict.limits, perRecordingMs: 60_000, memoryMb: 256 } },
      'it exceeded its memory limit (memoryMb: 256)',
    ],
  ])('that %s is ended, and says so', async (_, attack, options, reason) => {
    const attacking = await buildMission(CLERK, clerk, [[CLERK_WORKFLOW, 'const words =', `${attack} const words =`]]);
    const player = startPlayer(await programOf('clerk@2', attacking), recording, options);
    await expect(DebugSession.open(player, [])).rejects.toMatchObject({ code: 'DEBUG_FAILED', details: { reason } });
    await player.close();
  });

  it('that hangs on one answer costs that edit: the session stands where it stood, and goes on', async () => {
    const trap = "if (words === 'trap') for (;;);\n  const plan =";
    const trapped = await buildMission(CLERK, clerk, [[CLERK_WORKFLOW, 'const plan =', trap]]);
    const program = await programOf('clerk@3', trapped);
    const started: unknown[] = [];
    const note = (message: unknown) => void started.push(message);
    subscribe('child_process', note);
    const limits = { ...strict.limits, perRecordingMs: 5_000 };
    const player = startPlayer(program, recording, { ...strict, limits });
    const other = await DebugSession.open(player, recording.histories);
    try {
      await expect(other.edit('read#1', { result: 'trap' })).rejects.toMatchObject({
        code: 'DEBUG_FAILED',
        details: { reason: TIME },
      });
      expect(other.edits).toEqual([]);
      // Who types waits for one limit, not for two.
      expect(started).toHaveLength(1);
      other.to('fine#1');
      expect((await other.state()).queries).toMatchObject([{ name: 'mission.decisions' }]);
      await other.edit('save#1', { result: { id: 'x' } });
      expect(other.difference()).toMatchObject({ outcome: 'changed' });
    } finally {
      unsubscribe('child_process', note);
      await other.close();
    }
  });

  it('whose process does not start says so', async () => {
    const player = startPlayer(await programOf('clerk@1', artifact), recording, {
      ...strict,
      limits: { ...strict.limits, memoryMb: 4 },
    });
    await expect(DebugSession.open(player, [])).rejects.toMatchObject({
      code: 'DEBUG_FAILED',
      details: { reason: 'it exceeded its memory limit (memoryMb: 4)' },
    });
    await player.close();
  });

  it('that cannot be loaded says why', async () => {
    const program = await programOf('clerk@4', artifact);
    const bundle = { code: program.bundle.code.replace(/^/, 'throw new Error("not today");') };
    const player = startPlayer({ ...program, bundle }, recording, strict);
    await expect(DebugSession.open(player, [])).rejects.toMatchObject({
      code: 'DEBUG_FAILED',
      details: { reason: expect.stringContaining('not today') },
    });
    await player.close();
  });
});
