import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRedactionKey } from '../../src/recording/redaction-key.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'redaction-key-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('the redaction key', () => {
  it('is made once, for its owner only', async () => {
    const file = join(root, 'deep', 'redaction.key');
    const [first, second] = await Promise.all([loadRedactionKey(file), loadRedactionKey(file)]);
    expect(first).toHaveLength(32);
    expect(await loadRedactionKey(file)).toEqual(first);
    expect(second).toEqual(first);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('given as text wins over the file', async () => {
    expect(await loadRedactionKey(join(root, 'none'), 'ab'.repeat(32))).toEqual(Buffer.alloc(32, 0xab));
  });

  it.each([
    ['a short text', 'abc'],
    ['another text', 'x'.repeat(64)],
  ])('that is %s is refused', async (_, text) => {
    const file = join(root, 'redaction.key');
    await writeFile(file, text);
    await expect(loadRedactionKey(file)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(loadRedactionKey(file, text)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
