/** Which files of a folder are taken for histories. How they are read is the business of decode-history.test.ts. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readHistoryFiles } from '../../src/recording/history-files.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mission-test-histories-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Files that hold nothing: each one that is taken for a history comes out as unreadable. */
async function taken(files: readonly string[]): Promise<string[]> {
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '{}');
  }
  const found: string[] = [];
  for await (const { where } of readHistoryFiles(folder)) found.push(where);
  return found;
}

const artifact = `${'0'.repeat(64)}.json.gz`;

it('leaves out what regression cases keep beside their histories', async () => {
  const cases = ['order/pen/history.json', 'order/pen/history.1.json', 'order/pen/case.json'];
  expect(await taken([...cases, `order/artifacts/${artifact}`])).toEqual([
    'order/pen/history.1.json',
    'order/pen/history.json',
  ]);
});

it('takes files of such names for histories anywhere else', async () => {
  const files = [artifact, 'artifacts/run.json', 'case.json', 'other/history.json'];
  expect(await taken(files)).toEqual(files);
});

it('says that there is none where a folder holds nothing else', async () => {
  await expect(taken([`artifacts/${artifact}`])).rejects.toMatchObject({ code: 'USAGE' });
});
