/** Lines of an export are read one by one, wherever the chunks of the file end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExport } from '../../src/cli/exported-trail.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-export-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function read(text: string): Promise<unknown[]> {
  const file = join(directory, 'trail.jsonl');
  await writeFile(file, text);
  const lines: unknown[] = [];
  for await (const line of readExport(file)) lines.push(line);
  return lines;
}

describe('an export', () => {
  it('larger than a chunk is read whole, with letters of several bytes', async () => {
    const entries = Array.from({ length: 3_000 }, (_, seq) => ({ seq, text: 'größe €'.repeat(seq % 17) }));
    const text = entries.map((entry) => JSON.stringify(entry)).join('\n');
    expect(Buffer.byteLength(text)).toBeGreaterThan(3 * 65_536);
    expect(await read(`${text}\n`)).toEqual(entries);
    expect(await read(text.replaceAll('\n', '\r\n'))).toEqual(entries);
  });

  it('that is empty has no lines; the line that is no JSON is named', async () => {
    expect(await read('')).toEqual([]);
    await expect(read('{}\n\n{"seq":')).rejects.toMatchObject({ code: 'AUDIT_BROKEN', details: { line: 3 } });
    const nowhere = readExport(join(directory, 'nowhere.jsonl'));
    await expect(nowhere.next()).rejects.toMatchObject({ code: 'USAGE' });
  });
});
