import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logLength, logSince, lostAPort, tellingPart } from '../../src/temporal/server-log.ts';

describe("an embedded server's log", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'server-log-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is read from where this start began', async () => {
    const file = join(directory, 'server.log');
    expect(await logLength(file)).toBe(0);
    await writeFile(file, 'Error: of yesterday\n');
    const begin = await logLength(file);
    await writeFile(file, 'Error: of today\n', { flag: 'a' });
    expect(await logSince(file, begin)).toBe('Error: of today');
  });

  it('that cannot be read says nothing', async () => {
    expect(await logSince(join(directory, 'none.log'), 0)).toBe('');
  });

  it('is quoted from its first error on, and not at length', () => {
    const text = `starting\nready soon\npanic: no such port\n${'goroutine\n'.repeat(500)}`;
    expect(tellingPart(text)).toMatch(/^panic: no such port\ngoroutine/);
    expect(tellingPart(text).length).toBeLessThanOrEqual(600);
    expect(tellingPart('nothing special')).toBe('nothing special');
  });

  it.each([
    ["Error: can't set frontend port 45111: listen tcp 127.0.0.1:45111: bind: address already in use", true],
    ['{"msg":"x"}\npanic: could not listen\n\ngoroutine 1', true],
    ['Error: file is not a database', false],
    ['', false],
  ])('tells a port that was lost from other trouble: %j', (text, lost) => {
    expect(lostAPort(text)).toBe(lost);
  });
});
