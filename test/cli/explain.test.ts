/** "Which logic was applied to this decision?": answered from a real recorded run, and proven offline. */
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chainEntry } from '../../src/registry/audit-chain.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { Route } from '../../src/registry/routes.ts';
import { releaseOf } from '../../src/release/explain-run.ts';
import type { Explanation } from '../../src/release/explanation.ts';
import { verifyExplanation } from '../../src/release/verify-explanation.ts';
import { type ExplainedRuns, explainedRuns } from './explained-runs.ts';
import { run } from './run.ts';

const name = `explain-${process.pid}`;
const workflowId = `${name}-run`;
const movedId = `${name}-moved`;
let runs: ExplainedRuns;
let directory: string;
let registry: Registry;
let sequence = 0;

const mission: ExplainedRuns['mission'] = (...argv) => runs.mission(...argv);

beforeAll(async () => {
  runs = await explainedRuns(name, inject('temporalAddress'));
  ({ directory, registry } = runs);
});

afterAll(() => runs.close());

/** The parts of a file that do not hold. */
function brokenIn(file: unknown): string[] {
  const { checks } = verifyExplanation(file);
  return checks.filter(({ state }) => state === 'broken').map(({ part }) => part);
}

async function explained(id = workflowId): Promise<Explanation> {
  return JSON.parse((await mission('explain', id, '--json')).out);
}

describe('an explanation', () => {
  it('tells version, release, evidence, definition, route and trace', async () => {
    const { code, out } = await mission('explain', workflowId);
    expect(code).toBe(0);
    const words = out.replaceAll(/\s+/g, ' ');
    for (const part of [
      `${name}@2`,
      'by ada, revision 2',
      'passed under policy',
      'has weight 10000/10000',
      '"kind"',
      'Pay this claim?',
      'grace: checked by phone',
      'Audit trail: entries',
    ])
      expect(words).toContain(part);
    expect((await explained()).routing).toMatchObject({ revision: 2, bucket: expect.any(Number), probability: 1 });
  });

  it('is one file that proves itself without a registry, and with a head that was kept', async () => {
    const file = join(directory, 'run.json');
    expect((await mission('explain', workflowId, '--out', file)).code).toBe(0);
    const { intact, checks } = JSON.parse((await run(['audit', 'check', file, '--json'], { cwd: tmpdir() })).out);
    expect(intact).toBe(true);
    expect(checks.map(({ part, state }: { part: string; state: string }) => `${part} ${state}`)).toEqual([
      'trail consistent',
      'artifact consistent',
      'version consistent',
      'release consistent',
      'routing consistent',
      'report consistent',
      'recording consistent',
      'trace consistent',
      'run consistent',
      'stamp consistent',
      'moves consistent',
    ]);
    const { audit } = JSON.parse(await readFile(file, 'utf8')) as Explanation;
    const last = audit.entries.at(-1);
    const head = `${last?.seq}:${last?.hash}`;
    expect((await run(['audit', 'check', file, '--head', head], { cwd: tmpdir() })).code).toBe(0);
    expect(last?.seq).toBe((await registry.audit.head()).seq);
    const other = `${last?.seq}:sha256:${'0'.repeat(64)}`;
    expect(await run(['audit', 'check', file, '--head', other], { cwd: tmpdir() })).toMatchObject({
      code: 4,
      err: expect.stringContaining('AUDIT_BROKEN'),
    });
  });

  it('is proven by a signed head that was kept; a head that proves nothing of it is no success', async () => {
    const at = (file: string) => join(directory, file);
    const kept = at('signed.json');
    sequence += 1;
    await mission('audit', 'keygen', '--out', at(`key-${sequence}`));
    await mission('explain', workflowId, '--out', at('signed-run.json'));
    await mission('audit', 'head', '--sign', at(`key-${sequence}.pem`), '--out', kept);
    const check = (head: string, ...flags: string[]) =>
      run(['audit', 'check', at('signed-run.json'), '--head', head, ...flags], { cwd: tmpdir() });
    const key = ['--public-key', at(`key-${sequence}.pub.pem`)];
    const proven = await check(kept, ...key);
    expect(proven).toMatchObject({ code: 0, out: expect.stringMatching(/✓ head .*\n +signed by \S+ at/) });
    await writeFile(at('eve.json'), JSON.stringify({ ...JSON.parse(await readFile(kept, 'utf8')), signedBy: 'eve' }));
    expect((await check(at('eve.json'), ...key)).code).toBe(4);
    expect((await run(['audit', 'check', at('signed-run.json'), ...key], { cwd: tmpdir() })).code).toBe(2);

    const { audit } = await explained();
    const [first] = audit.entries;
    const early = await check(`${first?.seq}:${first?.hash}`);
    expect(early).toMatchObject({ code: 3, out: expect.stringMatching(/\? head .*says nothing of \d/) });
    const absent = await check(`9999:${first?.hash}`);
    expect(absent).toMatchObject({ code: 3, out: expect.stringMatching(/\? head .*is not in the file/) });
    const single = { ...(await explained()), audit: { ...audit, kind: 'entries' } };
    const verdict = verifyExplanation(single, audit.head);
    expect(verdict.checks.find(({ part }) => part === 'head')?.state).toBe('unproven');
    expect(verdict.checks.find(({ part }) => part === 'moves')?.state).toBe('unproven');
  });

  type Forged = { -readonly [Key in keyof Explanation]: Explanation[Key] };
  const forge = (text: string, from: string | RegExp, to: string): string => {
    expect(text).toMatch(from);
    return text.replace(from, to);
  };

  it.each<[string, string, (file: Forged) => unknown]>([
    ['a rule of the definition', 'artifact', (file) => ({ ...file, manifest: edit(file.manifest, 'kind', 'cruel') })],
    ['who published it', 'version', (file) => ({ ...file, version: { ...file.version, author: 'mallory' } })],
    [
      'the reason of the release',
      'release',
      (file) => ({ ...file, release: { ...file.release, route: { ...file.release.route, reason: 'it was fine' } } }),
    ],
    [
      'the counts of the report',
      'report',
      (file) => ({ ...file, release: { ...file.release, report: { ...file.release.report, partial: true } } }),
    ],
    [
      'the whole report',
      'report',
      (file) => ({ ...file, release: { ...file.release, report: { digest: file.release.report?.digest } } }),
    ],
    [
      'the route that decided',
      'routing',
      (file) => ({ ...file, routing: { ...file.routing, route: { ...file.routing.route, salt: 'x' } } }),
    ],
    [
      'who decided',
      'trace',
      (file) => ({ ...file, run: { ...file.run, trace: edit(file.run.trace, 'grace', 'alan') } }),
    ],
    [
      'how the run ended',
      'trace',
      (file) => ({ ...file, run: { ...file.run, end: edit(file.run.end, 'pay', 'reject') } }),
    ],
    [
      'the digest of the recording',
      'recording',
      (file) => ({ ...file, run: { ...file.run, summary: { ...file.run.summary, digest: 'sha256:0' } } }),
    ],
    ['why it was routed there', 'stamp', (file) => ({ ...file, routing: { ...file.routing, reason: 'rule "staff"' } })],
    ['the rule that decided', 'stamp', (file) => ({ ...file, routing: { ...file.routing, rule: 'staff' } })],
    ['the revision that decided', 'stamp', (file) => ({ ...file, routing: { ...file.routing, revision: 1 } })],
    [
      'when it began',
      'run',
      (file) => ({ ...file, run: { ...file.run, summary: { ...file.run.summary, startedAt: file.createdAt } } }),
    ],
    [
      'the artifact that ran',
      'run',
      (file) => ({
        ...file,
        run: { ...file.run, summary: { ...file.run.summary, artifact: `sha256:${'0'.repeat(64)}` } },
      }),
    ],
    [
      'the head of the trail',
      'trail',
      (file) => ({ ...file, audit: edit(file.audit, /"hash":"sha256:[^"]*"}}$/, '"hash":"sha256:0"}}') }),
    ],
    [
      'an entry of the trail',
      'trail',
      (file) => ({ ...file, audit: edit(file.audit, '"actor":"ada"', '"actor":"eve"') }),
    ],
    [
      'a missing entry of the trail',
      'trail',
      (file) => ({ ...file, audit: { ...file.audit, entries: file.audit.entries.toSpliced(1, 1) } }),
    ],
  ])('that was edited is found out: %s', async (_what, part, forgery) => {
    expect(brokenIn(forgery(await explained()))).toContain(part);
  });

  function edit<Value>(value: Value, from: string | RegExp, to: string): Value {
    return JSON.parse(forge(JSON.stringify(value), from, to)) as Value;
  }

  it('does not hold without the entries, nor without the report that the release names', async () => {
    const whole = await explained();
    const bare = { ...whole, audit: { ...whole.audit, entries: [] } };
    expect(brokenIn(bare)).toEqual(['artifact', 'version', 'release', 'routing', 'report', 'recording']);
    expect(brokenIn({ ...whole, release: { ...whole.release, report: null } })).toEqual(['report']);
  });

  it('holds when one of file and trail is older than shadows; a shadow that was added is found out', async () => {
    const whole = await explained();
    const withRoute = (change: object) => ({
      ...whole,
      routing: { ...whole.routing, route: { ...(whole.routing.route as object), ...change } as never },
    });
    const older: Partial<Record<string, unknown>> = { ...(whole.routing.route as object) };
    delete older['shadows'];
    expect(verifyExplanation({ ...whole, routing: { ...whole.routing, route: older as never } }).intact).toBe(true);
    expect(verifyExplanation(withRoute({ shadows: [{ version: 1, share: 1 }] })).intact).toBe(false);
  });

  /** What the registry itself says of a version: nothing of it is made up, and it is not the one that decided. */
  async function swapped(number: number, file: Explanation): Promise<Explanation> {
    const version = await registry.versions.get(name, number);
    const manifest = await registry.artifacts.manifest(version.artifact);
    const history = await registry.routes.history(name);
    const route = releaseOf(history, number, history[0]?.revision ?? 0);
    const entries = await registry.audit.list();
    const seq = (subject: string) => entries.find((entry) => entry.subject === subject)?.seq ?? null;
    const concerning = {
      ...file.audit.concerning,
      artifact: seq(version.artifact),
      version: seq(`${name}@${number}`),
      release: route && seq(`${name}#${route.revision}`),
      report: null,
    };
    const summary = { ...file.run.summary, version: number, artifact: version.artifact };
    return {
      ...file,
      version,
      manifest,
      run: { ...file.run, summary },
      release: { route, report: null },
      audit: { ...file.audit, entries, concerning },
    };
  }

  it('of another version, all of it true, is found out by the build that decided', async () => {
    expect(brokenIn(await swapped(1, await explained()))).toContain('run');
  });

  it('of another version with the same artifact is found out by the stamp', async () => {
    const { artifact, commit, environment } = await registry.versions.get(name, 2);
    const again = { mission: name, artifact, commit, environment, author: 'ada', message: `again ${++sequence}` };
    const { version } = await registry.versions.append({ ...again, kind: 'rollback', restores: 2 });
    const forgery = await swapped(version.number, await explained());
    expect(brokenIn(forgery)).toEqual(['run']);
  });

  it('rests on the release by which the version came to have traffic, and on no other', async () => {
    const current = await registry.routes.current(name);
    const later = await registry.routes.set(current?.revision ?? 0, {
      mission: name,
      weights: [
        { version: 1, weight: 1_000 },
        { version: 2, weight: 9_000 },
      ],
      by: 'ada',
      reason: 'after the run',
      activation: { report: null, forced: false },
    });
    const whole = await explained();
    expect(whole.release.route?.revision).toBe(2);
    const shown = async (route: Route | undefined): Promise<unknown> => {
      const entries = await registry.audit.list();
      const seq = entries.find(({ subject }) => subject === `${name}#${route?.revision}`)?.seq ?? null;
      const concerning = { ...whole.audit.concerning, release: seq, report: null };
      return { ...whole, release: { route, report: null }, audit: { ...whole.audit, entries, concerning } };
    };
    expect(brokenIn(await shown(later))).toEqual(['release']);
    expect(brokenIn(await shown((await registry.routes.history(name)).at(-1)))).toEqual(['release']);
  });

  it('of an open run says that it is not recorded', async () => {
    const { out } = await mission('explain', `${workflowId}-open`);
    expect(out).toContain('still open');
    expect(out).toContain('not recorded yet');
    const { run: open } = JSON.parse((await mission('explain', `${workflowId}-open`, '--json')).out) as Explanation;
    expect(open.content).toBeNull();
  });

  it('is not made of what is no explanation, nor of a run that is not there', async () => {
    const file = join(directory, 'other.json');
    await writeFile(file, '{}');
    expect((await mission('audit', 'check', file)).code).toBe(4);
    expect((await mission('audit', 'check', join(directory, 'nowhere.json'))).code).toBe(2);
    expect((await mission('explain', 'nobody')).code).toBe(2);
  });
});

describe('an explanation of a run that was moved', () => {
  const states = (file: unknown) => {
    const { checks } = verifyExplanation(file);
    return Object.fromEntries(checks.map(({ part, state }) => [part, state]));
  };

  it('holds, and says who moved it', async () => {
    const whole = await explained(movedId);
    expect(whole.version.number).toBe(1);
    expect(whole.moves).toMatchObject([{ from: 2, to: 1, reason: 'too kind', ground: 'replayed' }]);
    expect(verifyExplanation(whole)).toMatchObject({ intact: true });
    expect(states(whole)).toMatchObject({ run: 'consistent', stamp: 'consistent', moves: 'consistent' });
  });

  type Moves = Explanation['moves'];
  it.each<[string, (moves: Moves) => unknown]>([
    ['dropped', () => []],
    ['left out with its list', () => undefined],
    ['by somebody else', (moves) => moves.map((move) => ({ ...move, by: 'eve' }))],
    ['for another reason', (moves) => moves.map((move) => ({ ...move, reason: 'asked for' }))],
    ['to another version', (moves) => moves.map((move) => ({ ...move, to: 2 }))],
    ['on another ground', (moves) => moves.map((move) => ({ ...move, ground: 'same-artifact' }))],
    ['of another day', (moves) => moves.map((move) => ({ ...move, createdAt: '2026-01-01T00:00:00.000Z' }))],
    ['of another run', (moves) => moves.map((move) => ({ ...move, workflowId: 'other' }))],
    ['without its entry', (moves) => moves.map((move) => ({ ...move, audit: null }))],
    ['shown twice', (moves) => [...moves, ...moves]],
    ['with an entry that was made up', (moves) => [...moves, ...moves.map((move) => madeUp(move))]],
  ])('finds out a move %s', async (_, forgery) => {
    const whole = await explained(movedId);
    expect(states({ ...whole, moves: forgery(whole.moves) })).toMatchObject({ moves: 'broken' });
  });

  /** Its hash is right, and it has no place in the trail. */
  function madeUp({ audit, ...move }: Moves[number]): unknown {
    const { action, mission: of, from, to, ground, by, reason } = move;
    const details = { action, mission: of, from: to, to: from, ground, by, reason };
    const last = { seq: 99, hash: audit?.hash ?? '' };
    const entry = chainEntry(last, { at: move.createdAt, actor: 'ada', action: 'run.move', subject: '', details });
    return { ...move, from: to, to: from, audit: entry };
  }

  it('does not take its stamp for the version that it ended on', async () => {
    const whole = await explained(movedId);
    const version = await registry.versions.get(name, 2);
    const summary = { ...whole.run.summary, version: 2, artifact: version.artifact };
    expect(states({ ...whole, version, run: { ...whole.run, summary } })).toMatchObject({ run: 'broken' });
  });

  it('of which single entries are left, proves no more than they say', async () => {
    const whole = await explained(movedId);
    const concerning = [...Object.values(whole.audit.concerning), whole.moves[0]?.audit?.seq];
    const entries = whole.audit.entries.filter(({ seq }) => concerning.includes(seq));
    const single = { ...whole, audit: { ...whole.audit, kind: 'entries', entries } };
    expect(states(single)).toMatchObject({ trail: 'consistent', run: 'consistent', moves: 'unproven' });
    const isMove = ({ action }: { readonly action: string }) => action === 'run.move';
    const without = { ...single.audit, entries: entries.filter((entry) => !isMove(entry)) };
    const dropped = { ...single, moves: [], audit: without };
    expect(states(dropped)).toMatchObject({ run: 'unproven', moves: 'unproven' });
  });
});
