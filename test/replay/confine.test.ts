/** What is left of the host in a process where candidates run, for one that got out of its sandbox. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayLimits } from '../../src/replay/answer-policy.ts';
import { type Heard, Questioner } from '../../src/replay/questioner.ts';
import { startConfined } from '../../src/replay/start-confined.ts';

interface Findings {
  readonly sought: number;
  readonly found: readonly string[];
  readonly acts: readonly string[];
  readonly coreFilter: string | undefined;
}

describe('a confined process', () => {
  const limits = replayLimits.parse({});
  const finder = String(new URL('./confined/finder.ts', import.meta.url));
  const start = () => startConfined('finder', finder, limits);
  const asked = new Questioner<object, object, Findings>({ start, options: {}, limits });
  let heard: Heard<Findings>;

  beforeAll(async () => {
    heard = await asked.ask({});
  });
  afterAll(() => asked.close());

  it('has no way to its channel, its listeners and its modules', () => {
    expect(heard).toMatchObject({ kind: 'answer', answer: { found: [], acts: ['cwd', 'on'] } });
    expect(heard).toMatchObject({ answer: { sought: expect.toSatisfy((count: number) => count > 12) } });
  });

  it.runIf(process.platform === 'linux')('leaves none of its memory where V8 aborts it', async () => {
    if (heard.kind !== 'answer') throw new Error(heard.reason);
    expect(Number(heard.answer.coreFilter)).toBe(0);
    expect(Number(await readFile('/proc/self/coredump_filter', 'utf8'))).not.toBe(0);
  });
});
