/** "Which logic was applied to this decision?": answered from a real recorded run, and proven offline. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { reportDigest } from '../../src/compare/report-digest.ts';
import { decide } from '../../src/decisions/decide.ts';
import { openDecisionsOf } from '../../src/decisions/open-decisions.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { Route } from '../../src/registry/routes.ts';
import { releaseOf } from '../../src/release/explain-run.ts';
import type { Explanation } from '../../src/release/explanation.ts';
import { verifyExplanation } from '../../src/release/verify-explanation.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { publishClaims } from '../client/mission.ts';
import { reportOf, storeReport } from '../release/reports.ts';
import { type Ran, run } from './run.ts';

const name = `explain-${process.pid}`;
const workflowId = `${name}-run`;
let directory: string;
let registry: Registry;

const mission = (...argv: string[]): Promise<Ran> =>
  run(argv, { cwd: directory, shared: registry, env: { TEMPORAL_ADDRESS: inject('temporalAddress') } });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-explain-'));
  registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
  const temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  const { client } = temporal;
  await publishClaims(registry, name, 'calm');
  const baseline = (await registry.versions.get(name, 1)).artifact;
  await publishClaims(registry, name, 'kind', async (candidate) => {
    const report = { ...reportOf({ baseline, candidate }), mission: name };
    await storeReport(registry, { ...report, digest: reportDigest(report) });
  });
  const fleet = await startFleet({ registry, temporal, missions: [name], pollMs: 200, drainMs: 1_000 });
  await fleet.ready();
  const input = { claim: 'c-1', asks: ['pay-it'] };
  await startMission({ registry, client, mission: name, input, workflowId });
  await startMission({ registry, client, mission: name, input, workflowId: `${workflowId}-open` });
  await vi.waitFor(async () => expect(await openDecisionsOf(client, workflowId)).toHaveLength(1), 60_000);
  await decide({ client, workflowId, option: 'pay', by: 'grace', comment: 'checked by phone' });
  await client.workflow.result(workflowId);
  const collected = collectRecordings({ client, registry, redactionKey: new Uint8Array(32), runs: [{ workflowId }] });
  for await (const { status } of collected) expect(status).toBe('stored');
  await fleet.shutdown();
  await temporal.close();
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

async function explained(): Promise<Explanation> {
  return JSON.parse((await mission('explain', workflowId, '--json')).out);
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
  });

  it('is one file that proves itself without a registry, and with a head that was kept', async () => {
    const file = join(directory, 'run.json');
    expect((await mission('explain', workflowId, '--out', file)).code).toBe(0);
    const offline = await run(['audit', 'check', file, '--json'], { cwd: tmpdir() });
    const { intact, checks } = JSON.parse(offline.out);
    expect(intact).toBe(true);
    expect(checks.map(({ part, state }: { part: string; state: string }) => `${part} ${state}`)).toEqual([
      'trail proven',
      'artifact proven',
      'version proven',
      'release proven',
      'routing proven',
      'report proven',
      'recording proven',
      'trace proven',
    ]);
    const { audit } = JSON.parse(await readFile(file, 'utf8')) as Explanation;
    const last = audit.entries.at(-1);
    const head = `${last?.seq}:${last?.hash}`;
    expect((await run(['audit', 'check', file, '--head', head], { cwd: tmpdir() })).code).toBe(0);
    const other = `${last?.seq}:sha256:${'0'.repeat(64)}`;
    expect(await run(['audit', 'check', file, '--head', other], { cwd: tmpdir() })).toMatchObject({
      code: 4,
      err: expect.stringContaining('AUDIT_BROKEN'),
    });
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
    const verdict = verifyExplanation(forgery(await explained()));
    expect(verdict.intact).toBe(false);
    expect(verdict.checks.filter(({ state }) => state === 'broken').map((check) => check.part)).toContain(part);
  });

  function edit<Value>(value: Value, from: string, to: string): Value {
    return JSON.parse(forge(JSON.stringify(value), from, to)) as Value;
  }

  it('does not hold without the entries, nor without the report that the release names', async () => {
    const whole = await explained();
    const bare = verifyExplanation({ ...whole, audit: { ...whole.audit, entries: [] } });
    const broken = ({ checks }: typeof bare) =>
      checks.filter(({ state }) => state === 'broken').map(({ part }) => part);
    expect(broken(bare)).toEqual(['artifact', 'version', 'release', 'routing', 'report', 'recording']);
    expect(broken(verifyExplanation({ ...whole, release: { ...whole.release, report: null } }))).toEqual(['report']);
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

describe('the release of a version', () => {
  const route = (revision: number, ...versions: number[]) =>
    ({ revision, rules: [], weights: versions.map((version) => ({ version, weight: 100 })) }) as unknown as Route;

  it.each<[string, Route[], number, number | undefined]>([
    ['is the revision that gave it traffic first', [route(1, 1), route(2, 1, 2), route(3, 2)], 3, 2],
    ['is the later one when it was taken away between', [route(1, 2), route(2, 1), route(3, 2)], 3, 3],
    ['looks no further than the revision that decided', [route(1, 2), route(2, 1), route(3, 2)], 1, 1],
    ['is none when it never had any', [route(1, 1)], 1, undefined],
  ])('%s', (_what, routes, upTo, expected) => {
    expect(releaseOf(routes, 2, upTo)?.revision).toBe(expected);
  });
});
