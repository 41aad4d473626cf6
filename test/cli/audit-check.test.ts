/** An auditor holds a file against an exported trail and a head that was kept: also when the trail is long, and went on since. */
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { fromStoredRecording } from '../../src/recording/build-recording.ts';
import { AUDIT_START, type AuditEntry, type AuditHead, chainEntry } from '../../src/registry/audit-chain.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { explainRun } from '../../src/release/explain-run.ts';
import type { Explanation, PartCheck } from '../../src/release/explanation.ts';
import { sampleRecording } from '../registry/samples.ts';
import { type ExplainedRuns, explainedRuns } from './explained-runs.ts';
import { type Ran, run } from './run.ts';

const name = `audit-check-${process.pid}`;
let runs: ExplainedRuns;
/** Made of the whole trail when the run was recorded, and of the entries alone that concern it. */
let chain: Explanation;
let single: Explanation;
let moved: Explanation;
/** The whole trail, which went on since. */
let trail: AuditEntry[];

const at = (file: string) => join(runs.directory, file);

async function explained(workflowId: string, chainMax: number): Promise<Explanation> {
  const { registry } = runs;
  const [summary] = await registry.recordings.list({ workflowId });
  const recording = fromStoredRecording(await registry.recordings.get(summary?.id ?? ''));
  return JSON.parse(JSON.stringify(await explainRun({ registry, recording, isRecorded: true, chainMax })));
}

beforeAll(async () => {
  runs = await explainedRuns(name, inject('temporalAddress'));
  chain = await explained(`${name}-run`, 5_000);
  single = await explained(`${name}-run`, 3);
  moved = await explained(`${name}-moved`, 3);
  for (let seq = 1; seq <= 3; seq += 1) await runs.registry.recordings.put(sampleRecording(seq));
  await runs.mission('audit', 'keygen', '--out', at('key'));
  await runs.mission('audit', 'head', '--sign', at('key.pem'), '--out', at('head.json'));
  await runs.registry.recordings.put(sampleRecording(4));
  await runs.mission('audit', 'export', '--out', at('whole.jsonl'));
  trail = (await readFile(at('whole.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEntry);
});

beforeEach(() => exported(trail));

afterAll(() => runs.close());

const exported = (entries: readonly AuditEntry[]) =>
  writeFile(at('trail.jsonl'), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));

const WITH_TRAIL = ['--trail', 'trail.jsonl'];
const WITH_HEAD = ['--head', 'head.json', '--public-key', 'key.pub.pem'];

interface Checked extends Ran {
  readonly states: Readonly<Record<string, PartCheck['state']>>;
}

/** With no registry to look into. */
async function check(file: unknown, ...flags: string[]): Promise<Checked> {
  await writeFile(at('file.json'), JSON.stringify(file));
  const argv = ['audit', 'check', at('file.json'), '--json'];
  const own = flags.map((flag) => (/\.\w+$/.test(flag) ? at(flag) : flag));
  const ran = await run([...argv, ...own], { cwd: tmpdir() });
  const { checks = [] } = JSON.parse(ran.out) as { checks?: readonly PartCheck[] };
  return { ...ran, states: Object.fromEntries(checks.map(({ part, state }) => [part, state])) };
}

const partsIn = ({ states }: Checked, state: PartCheck['state']) =>
  Object.keys(states).filter((part) => states[part] === state);

/** The same entries said anew, so that all hashes fit each other. */
function rewritten(entries: readonly AuditEntry[], change: Partial<AuditEntry>, after: AuditHead): AuditEntry[] {
  let head = after;
  return entries.map(({ at: when, actor, action, subject, details }) => {
    const entry = chainEntry(head, {
      at: when,
      actor,
      action,
      subject,
      details: details as never,
      ...(change as object),
    });
    head = entry;
    return entry;
  });
}

describe('a file of single entries', () => {
  it('is made where the trail is too long, and then leads to no head by itself', async () => {
    expect([chain.audit.kind, single.audit.kind]).toEqual(['chain', 'entries']);
    expect(single.audit.entries.length).toBeLessThan(chain.audit.entries.length);
    const { code, states, out } = await check(single, ...WITH_HEAD);
    expect({ code, head: states['head'], moves: states['moves'] }).toEqual({
      code: 3,
      head: 'unproven',
      moves: 'unproven',
    });
    expect(out).toContain('--trail');
  });

  it('is proven by the exported trail and a head that was signed after it was made', async () => {
    const checked = await check(single, ...WITH_TRAIL, ...WITH_HEAD);
    expect(checked.code).toBe(0);
    expect(partsIn(checked, 'proven')).toHaveLength(13);
    const ofMoved = await check(moved, ...WITH_TRAIL, ...WITH_HEAD);
    expect(ofMoved.code).toBe(0);
    expect(ofMoved.states).toMatchObject({ version: 'proven', run: 'proven', moves: 'proven' });
    // It was moved to a version that no route led to then.
    expect(partsIn(ofMoved, 'unproven')).toEqual(['release', 'report']);
  });

  it('is only consistent with an export that no head vouches for', async () => {
    const checked = await check(single, ...WITH_TRAIL);
    expect(checked.code).toBe(0);
    expect(partsIn(checked, 'proven')).toEqual([]);
    expect(checked.states).toMatchObject({ export: 'consistent', moves: 'consistent' });
  });

  it('is proven as far as the head reaches', async () => {
    const reached = trail.find(({ seq }) => seq === single.audit.concerning.release);
    const checked = await check(single, ...WITH_TRAIL, '--head', `${reached?.seq}:${reached?.hash}`);
    expect(checked.code).toBe(3);
    expect(checked.states).toMatchObject({ head: 'unproven', version: 'proven', recording: 'consistent' });
    expect(checked.states).toMatchObject({ trace: 'consistent', run: 'consistent', export: 'consistent' });
  });

  it('that leaves out a move is found out by the trail', async () => {
    const isMove = ({ action }: { readonly action: string }) => action === 'run.move';
    const entries = moved.audit.entries.filter((entry) => !isMove(entry));
    const without = { ...moved, moves: [], audit: { ...moved.audit, entries } };
    expect((await check(without)).code).toBe(0);
    const { code, out } = await check(without, ...WITH_TRAIL);
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ error: { details: { parts: expect.arrayContaining(['moves']) } } });
  });

  it('that rests on another release than its own is found out by the trail', async () => {
    const { registry } = runs;
    const [own] = await registry.routes.history(name);
    const weights = own?.weights ?? [];
    const by = { by: 'ada', reason: 'again', activation: { report: null, forced: true } };
    const later = await registry.routes.set(own?.revision ?? 0, { mission: name, weights, ...by });
    await runs.mission('audit', 'export', '--out', at('later.jsonl'));
    const entry = (await registry.audit.list({ action: 'route.set', subject: `${name}#${later.revision}` }))[0];
    const concerning = { ...single.audit.concerning, release: entry?.seq ?? null, report: null };
    const entries = [...single.audit.entries, ...(entry === undefined ? [] : [entry])];
    const other = {
      ...single,
      release: { route: later, report: null },
      audit: { ...single.audit, entries, concerning },
    };
    expect((await check(other)).code).toBe(0);
    const { code, out } = await check(other, '--trail', 'later.jsonl');
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ error: { details: { parts: ['release'] } } });
  });

  it('with an entry that was made up, and its hash with it, is found out by the trail', async () => {
    const before = single.audit.entries.findIndex(({ action }) => action === 'version.append');
    const [honest] = single.audit.entries.slice(before);
    const previous = { seq: (honest?.seq ?? 0) - 1, hash: honest?.previousHash ?? '' };
    const forged = rewritten(honest === undefined ? [] : [honest], { actor: 'eve' }, previous);
    const entries = single.audit.entries.toSpliced(before, 1, ...forged);
    const file = { ...single, audit: { ...single.audit, entries } };
    expect((await check(file)).code).toBe(0);
    const { code, out } = await check(file, ...WITH_TRAIL);
    expect(code).toBe(4);
    expect(JSON.parse(out).error.message).toContain(`Entry ${honest?.seq} of the exported trail is another one`);
  });
});

describe('an exported trail', () => {
  it('proves a chain by a head that was signed after the file was made', async () => {
    expect(await check(chain, ...WITH_HEAD)).toMatchObject({ code: 3, states: { head: 'unproven' } });
    const checked = await check(chain, ...WITH_TRAIL, ...WITH_HEAD);
    expect(checked.code).toBe(0);
    expect(partsIn(checked, 'proven')).toHaveLength(13);
  });

  it('may tell of moves that came after the file: a workflow id is used again', async () => {
    const subject = `${name}-moved/another-run`;
    const head = trail.at(-1) ?? AUDIT_START;
    const draft = { at: new Date(0).toISOString(), actor: 'ada', action: 'run.move', subject, details: {} };
    await exported([...trail, chainEntry(head, draft)]);
    expect((await check(moved, ...WITH_TRAIL, ...WITH_HEAD)).code).toBe(0);
  });

  it('that ends before the entries does not prove them; with a head it is cut', async () => {
    const last = single.audit.concerning.recording ?? 0;
    await exported(trail.slice(0, last - 1));
    const checked = await check(single, ...WITH_TRAIL);
    expect(checked).toMatchObject({ code: 3, states: { export: 'unproven', moves: 'unproven' } });
    expect(checked.out).toContain(`ends at ${last - 1}`);
    const { code, out } = await check(single, ...WITH_TRAIL, ...WITH_HEAD);
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'AUDIT_BROKEN', details: { problem: 'truncated' } } });
  });

  it('of another registry has other entries', async () => {
    const other = await openRegistry({ directory: at('other'), actor: 'ada' });
    try {
      for (let seq = 1; seq <= trail.length; seq += 1) await other.recordings.put(sampleRecording(seq));
      await run(['audit', 'export', '--out', at('trail.jsonl')], { cwd: runs.directory, shared: other });
    } finally {
      await other.close();
    }
    for (const file of [single, chain]) {
      const { code, out } = await check(file, ...WITH_TRAIL);
      expect(code).toBe(4);
      expect(JSON.parse(out)).toMatchObject({ error: { details: { parts: ['export'] } } });
    }
  });

  it('that was edited, or that the head is not of, is broken itself', async () => {
    await exported(trail.map((entry) => (entry.seq === 2 ? { ...entry, actor: 'eve' } : entry)));
    const edited = await check(single, ...WITH_TRAIL);
    expect(edited.code).toBe(4);
    expect(JSON.parse(edited.out)).toMatchObject({ error: { details: { problem: 'edited', seq: 2 } } });
    await exported(trail);
    const head = `${trail.length}:${AUDIT_START.hash}`;
    const { code, out } = await check(single, ...WITH_TRAIL, '--head', head);
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ error: { details: { problem: 'other-head' } } });
    expect((await check(single, '--trail', 'nowhere.jsonl')).code).toBe(2);
  });
});

describe('a file that was made up as a whole', () => {
  /** Every entry said anew by somebody else: file and trail agree, and all hashes fit. */
  async function madeUp(): Promise<Explanation> {
    const forged = rewritten(trail, { actor: 'eve' }, AUDIT_START);
    await exported(forged);
    const entries = forged.filter(({ seq }) => chain.audit.entries.some((entry) => entry.seq === seq));
    const { seq, hash } = entries.at(-1) ?? AUDIT_START;
    return { ...chain, audit: { ...chain.audit, entries, head: { seq, hash } } };
  }

  it('is called consistent, never proven, and it is said what proves it', async () => {
    const file = await madeUp();
    for (const flags of [[], WITH_TRAIL]) {
      const checked = await check(file, ...flags);
      expect(checked.code).toBe(0);
      expect(partsIn(checked, 'proven')).toEqual([]);
      expect(checked.out).toContain('--head');
    }
    const { out } = await run(['audit', 'check', at('file.json')], { cwd: tmpdir() });
    expect(out).toContain('≈ is consistent, and not proven');
    expect(out).not.toContain('✓');
  });

  it('does not hold against a head that was kept', async () => {
    const file = await madeUp();
    expect((await check(file, ...WITH_TRAIL, ...WITH_HEAD)).code).toBe(4);
    const kept = chain.audit.entries.at(-1);
    expect((await check(file, '--head', `${kept?.seq}:${kept?.hash}`)).code).toBe(4);
    expect((await check(chain, '--head', `${kept?.seq}:${kept?.hash}`)).states).toMatchObject({ trail: 'proven' });
  });
});
