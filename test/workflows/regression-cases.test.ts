/** The regression cases of this repository hold, and a candidate that breaks one is told. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../cli/run.ts';

const CASE = 'damaged-after-the-window';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mission-cases-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('mission cases', () => {
  it('passes on the source of this repository, with no registry and no server', async () => {
    const { code, out } = await run(['cases', '--out', folder, '--workers', '1'], {});
    expect(out).toContain('2 of 2 cases right: passed');
    expect(out).toContain(`✓ replay-fixtures/refund-eligibility/${CASE}`);
    expect(code).toBe(0);
    expect(await readFile(join(folder, 'refund-eligibility', 'junit.xml'), 'utf8')).toContain('<testsuite');
    expect(out).toContain('Coverage: 2 ways in 2 recordings; 9 of 10 prompts, models, tools and decisions used');
    expect(out).toContain('tool issueRefund never failed');
    expect(out).toContain('Never used: decision large-refund');
  });

  it('fails, with the field and who wants it so, when a case does not come to its expected end', async () => {
    await cp('replay-fixtures', folder, { recursive: true });
    const file = join(folder, 'refund-eligibility', CASE, 'case.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"approve": true', '"approve": false'));
    const { code, out } = await run(['cases', '--dir', folder, '--json', '--workers', '1'], {});
    expect(code).toBe(1);
    const { verdict, missions } = JSON.parse(out);
    expect(verdict).toBe('failed');
    expect(missions[0].coverage).toMatchObject({ recordings: 2, paths: 2 });
    const wrong = missions[0].cases.find((one: { verdict: string }) => one.verdict === 'wrong');
    expect(wrong.detail).toContain('/approve');
    expect(wrong.case).toMatchObject({ addedBy: 'maintainers', guards: expect.stringContaining('assess') });
  });

  it('lists who added each case, why, and what it guards against', async () => {
    const { code, out } = await run(['cases', '--list'], {});
    expect(code).toBe(0);
    expect(out).toContain('an item that arrived damaged is refunded');
    expect(out).toMatch(/maintainers, \d{4}-\d\d-\d\d, guards against wordings of assess/);
  });

  it('says what to do when there is none', async () => {
    const { code, err } = await run(['cases', 'no-such-mission'], {});
    expect(code).not.toBe(0);
    expect(err).toContain('There is no regression case of no-such-mission');
    expect(err).toContain('mission case add');
  });
});
