/** Kept answers: the first one stays, and they can be deleted, which is on the record. */
import { expect, it } from 'vitest';
import type { KeptAnswer } from '../../src/registry/answers.ts';
import { describeOnBothEngines } from './engines.ts';

function kept(over: Partial<KeptAnswer> = {}): KeptAnswer {
  const answer = { result: { text: 'yes\u0000', n: 1 } };
  return {
    key: 'a',
    mission: 'refund',
    kind: 'model',
    name: 'judge',
    answer,
    inputTokens: 10,
    outputTokens: 2,
    ...over,
  };
}

describeOnBothEngines('answers', (bench) => {
  it('gives back what was kept first, whoever comes second', async () => {
    const { answers } = await bench.open();
    expect(await answers.find('a')).toBeUndefined();
    expect(await answers.keep(kept())).toEqual(kept().answer);
    expect(await answers.keep(kept({ answer: { result: 'no' } }))).toEqual(kept().answer);
    expect(await answers.find('a')).toEqual(kept().answer);
  });

  it('adds up by mission, prompt and tool, and deletes by mission and time', async () => {
    let now = new Date('2026-03-01T00:00:00.000Z');
    const { answers, audit } = await bench.open({ clock: () => now, actor: 'ada' });
    await answers.keep(kept());
    now = new Date('2026-03-05T00:00:00.000Z');
    await answers.keep(kept({ key: 'b' }));
    await answers.keep(kept({ key: 'c', mission: 'ticket', kind: 'tool', name: 'getTicket' }));
    expect(await answers.totals()).toMatchObject([
      {
        mission: 'refund',
        name: 'judge',
        answers: 2,
        inputTokens: 20,
        outputTokens: 4,
        oldest: '2026-03-01T00:00:00.000Z',
        newest: '2026-03-05T00:00:00.000Z',
      },
      { mission: 'ticket', kind: 'tool', name: 'getTicket', answers: 1 },
    ]);
    expect(await answers.remove({ before: '2026-03-02T00:00:00.000Z' })).toBe(1);
    expect(await answers.remove({ mission: 'ticket' })).toBe(1);
    expect(await answers.remove({ mission: 'ticket' })).toBe(0);
    expect(await answers.totals()).toMatchObject([{ mission: 'refund', answers: 1 }]);
    const { entries } = await audit.list({ subject: 'ticket' }).then((list) => ({ entries: list }));
    expect(entries).toMatchObject([{ action: 'answers.remove', details: { answers: 1 } }]);
  });
});
