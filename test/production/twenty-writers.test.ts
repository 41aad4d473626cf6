/**
 * Twenty processes publish, activate, set routes, roll back and route at once on a real PostgreSQL: the ledger has no gap and no
 * fork, whoever lost was told, and nothing is lost of what was told to be done.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { Route } from '../../src/registry/routes.ts';
import { resolveRoute } from '../../src/routing/resolve-route.ts';
import { type RouteTable, routeTable } from '../../src/routing/route-table.ts';
import { MISSION, publish } from '../registry/samples.ts';
import { bundleProcess } from '../support/bundled-process.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import type { Placed, Told, WriterReport } from './writer-process.ts';

const WRITERS = Array.from({ length: 20 }, (_, index) => `writer ${index + 1}`);

interface Writer {
  readonly name: string;
  readonly child: ChildProcess;
}

let postgres: TestPostgres;
let registry: Registry;
let writers: readonly Writer[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(async () => {
  await stop();
  await postgres?.stop();
});

async function stop(): Promise<void> {
  for (const { child } of writers) child.kill('SIGKILL');
  writers = [];
  await registry?.close();
}

/** A registry of its own, and the writers on it. */
async function start(): Promise<void> {
  const databaseUrl = await postgres.createDatabase();
  registry = await openRegistry({ databaseUrl, actor: 'ada' });
  await publish(registry, 'the first');
  await registry.routes.set(0, {
    mission: MISSION,
    weights: [{ version: 1, weight: 10_000 }],
    by: 'ada',
    reason: 'go live',
    activation: { report: null, forced: true },
  });
  const startWriter = await bundleProcess(new URL('writer-process.ts', import.meta.url));
  writers = WRITERS.map((name) => ({ name, child: startWriter({ WRITER: JSON.stringify({ databaseUrl, name }) }) }));
}

/** What a writer says next; fails when it ends instead. */
async function heard<Message>({ name, child }: Writer): Promise<Message> {
  const over = new AbortController();
  const ended = once(child, 'exit', { signal: over.signal }).then(([code]) => {
    throw new Error(`${name} ended with ${code}.`);
  });
  const said = once(child, 'message', { signal: over.signal }).then(([message]) => message as Message);
  try {
    return await Promise.race([said, ended]);
  } finally {
    over.abort();
    await Promise.allSettled([said, ended]);
  }
}

const everyone = <Message>(): Promise<Message[]> => Promise.all(writers.map((writer) => heard<Message>(writer)));

function tellAll(message: 'go' | number): void {
  for (const { child } of writers) child.send(message);
}

/** The tests of a story: each goes on where the one before ended. */
describe('twenty writers at once', () => {
  let reports: readonly WriterReport[] = [];
  let history: readonly Route[] = [];
  let last: readonly Placed[] = [];
  const all = (): { readonly by: string; readonly told: Told }[] =>
    reports.flatMap(({ told }, index) => told.map((one) => ({ by: WRITERS[index] ?? '', told: one })));

  it('come to their ends', async () => {
    await stop();
    await start();
    await everyone<'ready'>();
    const done = everyone<WriterReport>();
    tellAll('go');
    reports = await done;
    history = (await registry.routes.history(MISSION)).toReversed();
    const followed = everyone<Placed>();
    tellAll(history.length);
    last = await followed;
    expect(reports.map(({ told }) => told.at(-1))).toEqual(
      WRITERS.map(() => expect.objectContaining({ act: 'activate', revision: expect.any(Number) })),
    );
  }, 400_000);

  it('leave versions without a gap, and all that they were told of', async () => {
    const versions = await registry.versions.list(MISSION);
    expect(versions.map(({ number }) => number)).toEqual(versions.map((_, index) => index + 1));
    const told = all().flatMap(({ by, told: one }) =>
      'version' in one && one.version !== undefined ? [{ number: one.version, author: by }] : [],
    );
    const theirs = versions.slice(1).map(({ number, author }) => ({ number, author }));
    expect(told.toSorted((left, right) => left.number - right.number)).toEqual(theirs);
    expect(versions.filter(({ kind }) => kind === 'publish')).toHaveLength(1 + WRITERS.length);
  });

  it('leave one line of route revisions, and all that they were told of', () => {
    expect(history.map(({ revision }) => revision)).toEqual(history.map((_, index) => index + 1));
    // A lineage ends only where a version has taken over all traffic.
    const begun = history.filter(({ salt }, at) => at > 0 && salt !== history[at - 1]?.salt);
    for (const { weights } of begun) expect(weights.map(({ weight }) => weight)).toContain(10_000);
    const told = all().flatMap(({ by, told: one }) => ('revision' in one ? [{ revision: one.revision, by }] : []));
    const theirs = history.slice(1).map(({ revision, by }) => ({ revision, by }));
    expect(told.toSorted((left, right) => left.revision - right.revision)).toEqual(theirs);
  });

  it('of whom one wins what all begin with; whoever loses is told what happened and what to do', () => {
    const first = all().filter(({ told }) => told.act === 'first');
    expect(first.filter(({ told }) => 'revision' in told)).toHaveLength(1);
    const refused = all().flatMap(({ told }) => ('refused' in told ? [told.refused] : []));
    expect(refused.length).toBeGreaterThanOrEqual(WRITERS.length - 1);
    for (const { code, message, remedy } of refused) {
      expect(['ROUTE_CONFLICT', 'USAGE']).toContain(code);
      expect(message).toMatch(
        code === 'USAGE' ? /there is nothing to roll back/ : /(at revision \d+, not \d+|to \d+ by writer)/,
      );
      expect(remedy).not.toBe('');
    }
  });

  it('leave an intact audit chain with one entry for each change', async () => {
    expect(await registry.audit.verify()).toMatchObject({ intact: true });
    const entries: string[] = [];
    for await (const { action, subject } of registry.audit.stream()) entries.push(`${action} ${subject}`);
    const versions = await registry.versions.list(MISSION);
    const wanted = [
      ...versions.map(({ number }) => `version.append ${MISSION}@${number}`),
      ...history.map(({ revision }) => `route.set ${MISSION}#${revision}`),
    ];
    const ofLedger = entries.filter((entry) => /^(version\.append|route\.set) /.test(entry));
    expect(ofLedger.toSorted()).toEqual(wanted.toSorted());
    expect(entries.filter((entry) => entry.startsWith('artifact.'))).toHaveLength(1 + WRITERS.length);
  });

  it('route by revisions that were in force, never backwards, and all by the last one in the end', () => {
    expect(last.map(({ revision }) => revision)).toEqual(WRITERS.map(() => history.length));
    const tables = tablesOf(history);
    for (const { key, revision, version } of [...reports.flatMap(({ placed }) => placed), ...last]) {
      const table = tables[revision - 1];
      if (table === undefined) throw new Error(`There is no revision ${revision}.`);
      expect(resolveRoute(table, { missionInput: {}, businessKey: key }).version).toBe(version);
    }
    for (const { placed } of reports) {
      const revisions = placed.map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.toSorted((left, right) => left - right));
    }
  });
});

/** The table of each revision. */
function tablesOf(history: readonly Route[]): RouteTable[] {
  const tables: RouteTable[] = [];
  for (const [index] of history.entries()) {
    const table = routeTable(history.slice(0, index + 1), tables.at(-1));
    if (table !== undefined) tables.push(table);
  }
  return tables;
}
