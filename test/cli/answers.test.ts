/** `mission answers`: what is kept, by prompt and tool, and deleting it, which is on the record. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeptAnswer } from '../../src/registry/answers.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { type Ran, run } from './run.ts';

const DAY_MS = 86_400_000;
let directory: string;
let registry: Registry;
let now: Date;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-answers-'));
  now = new Date();
  registry = await openRegistry({ directory, actor: 'ada', clock: () => now });
});

beforeEach(async () => {
  await registry.answers.remove();
  await keep({ key: 'a', daysAgo: 40 });
  await keep({ key: 'b' });
  await keep({ key: 'c', mission: 'ticket', kind: 'tool', name: 'getTicket', inputTokens: 0, outputTokens: 0 });
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

async function keep({ daysAgo = 0, ...over }: Partial<KeptAnswer> & { readonly daysAgo?: number }): Promise<void> {
  const today = now;
  now = new Date(today.getTime() - daysAgo * DAY_MS);
  const answer = { key: '', mission: 'refund', kind: 'model', name: 'judge', answer: 'yes' } as const;
  await registry.answers.keep({ ...answer, inputTokens: 10, outputTokens: 2, ...over });
  now = today;
}

const mission = (...argv: string[]): Promise<Ran> => run(argv, { cwd: directory, shared: registry });
const kept = async () =>
  (await registry.answers.totals()).map(({ mission: of, name, answers }) => `${of} ${name} ${answers}`);

describe('mission answers list', () => {
  it('adds up what is kept, by mission, prompt and tool', async () => {
    const { code, out } = await mission('answers', 'list');
    expect(code).toBe(0);
    expect(out).toMatch(/refund +model judge +2 answers +24 tokens +1 kB/);
    expect(out).toMatch(/ticket +tool getTicket +1 answer +0 tokens/);
    const one = await mission('answers', 'list', 'ticket', '--json');
    expect(JSON.parse(one.out)).toMatchObject({ answers: [{ mission: 'ticket', name: 'getTicket', answers: 1 }] });
    expect((await mission('answers', 'list', 'nothing')).out).toBe('No answers are kept.\n');
  });
});

describe('mission answers clear', () => {
  it('deletes those of a mission, or of all, or what is older, on the record', async () => {
    const before = (await registry.audit.list({ action: 'answers.remove' })).length;
    expect((await mission('answers', 'clear', '--all', '--before', '30d')).out).toBe('1 answer deleted.\n');
    expect(await kept()).toEqual(['refund judge 1', 'ticket getTicket 1']);
    expect(JSON.parse((await mission('answers', 'clear', 'refund', '--json')).out)).toEqual({ removed: 1 });
    expect(await kept()).toEqual(['ticket getTicket 1']);
    expect((await mission('answers', 'clear', '--all')).out).toBe('1 answer deleted.\n');
    expect(await kept()).toEqual([]);
    expect(await registry.audit.list({ action: 'answers.remove' })).toHaveLength(before + 3);
  });

  it.each([
    ['nothing is named', []],
    ['a mission and all are named', ['refund', '--all']],
  ])('deletes nothing when %s', async (_, argv) => {
    const { code, err } = await mission('answers', 'clear', ...argv);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('mission answers clear --all') });
    expect(await kept()).toHaveLength(2);
  });
});
