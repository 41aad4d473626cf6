import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import { type ReplayEvent, type ReplaySource, replayCohort } from '../../src/replay/replay-cohort.ts';
import { bundlePlain, recordPlainRuns, sourceOf } from './plain/record.ts';
import { bundleVariant } from './plain/variant.ts';

/** Each tries to open a connection by another road, and says in its result how far it came. */
const ROADS: readonly (readonly [what: string, code: string])[] = [
  ['fetch', 'await (globalThis as never as { fetch(url: string): Promise<unknown> }).fetch("http://127.0.0.1:PORT")'],
  [
    'process of the sandbox',
    'const p = (globalThis as never as { process: { getBuiltinModule(n: string): { connect(p: number): void } } }).process; p.getBuiltinModule("net").connect(PORT)',
  ],
  [
    'the host by a constructor',
    'const p = (URL as never as { constructor: (c: string) => () => { getBuiltinModule(n: string): { connect(p: number): void } } }).constructor("return process")(); p.getBuiltinModule("net").connect(PORT)',
  ],
  [
    'the host by an error of the host',
    'try { new URL("::"); } catch (error) { const f = (error as { constructor: { constructor: (c: string) => () => (u: string) => Promise<unknown> } }).constructor.constructor; await f("return fetch")()("http://127.0.0.1:PORT"); }',
  ],
  [
    'the host by a stack of calls',
    'const seen: unknown[] = []; (Error as never as { prepareStackTrace: unknown }).prepareStackTrace = (_: unknown, calls: { getThis(): unknown; getFunction(): unknown }[]) => { for (const call of calls) seen.push(call.getThis(), call.getFunction()); return ""; }; void new Error("x").stack; const host = seen.find((one) => (one as { fetch?: unknown })?.fetch) as { fetch(u: string): Promise<unknown> }; await host.fetch("http://127.0.0.1:PORT")',
  ],
  [
    'a tool that was not recorded',
    'await proxyActivities<{ connect(port: number): Promise<void> }>({ startToCloseTimeout: "1s" }).connect(PORT)',
  ],
];

/** Each gives back what it read as the result of the run. */
const READS: readonly (readonly [what: string, code: string])[] = [
  [
    'a file, by process of the sandbox',
    `return ${asAny('globalThis')}.process.getBuiltinModule("fs").readFileSync("FILE", "utf8");`,
  ],
  ['a file, by require', `return ${asAny('globalThis')}.require("fs").readFileSync("FILE", "utf8");`],
  [
    'a file, by the host',
    `return ${asAny('URL')}.constructor("return process")().getBuiltinModule("fs").readFileSync("FILE", "utf8");`,
  ],
  [
    'a file, by an import',
    `return (await ${asAny('URL')}.constructor("return import('node:fs')")()).readFileSync("FILE", "utf8");`,
  ],
  ['the environment, by the sandbox', `return String(${asAny('globalThis')}.process.env.NAME);`],
  ['the environment, by the host', `return String(${asAny('URL')}.constructor("return process")().env.NAME);`],
];

/** As TypeScript that is not to be checked. */
function asAny(expression: string): string {
  return `(${expression} as never as Record<string, any>)`;
}

describe('a candidate under the default policy', () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  let source: ReplaySource;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const runs = await recordPlainRuns(inject('temporalAddress'), await bundlePlain());
    const run = runs.find(({ name }) => name === 'sequential');
    source = sourceOf(run?.history ?? {});
  });

  afterAll(() => server.close());

  it.each(ROADS)('opens no socket by way of %s', async (_, road) => {
    const { port } = server.address() as { port: number };
    const events = await attacked(road.replaceAll('PORT', String(port)));
    const outcomes = events.map((event) => (event.kind === 'result' ? event.result.outcome : event.excluded.reason));
    expect(outcomes).toHaveLength(1);
    expect(['failed', 'unanswered', 'changed']).toContain(outcomes[0]);
    expect(connections).toBe(0);
  });

  it.each(READS)('reads nothing of %s', async (_, road) => {
    const secret = `secret-${crypto.randomUUID()}`;
    const folder = await mkdtemp(join(tmpdir(), 'no-way-out-'));
    const file = join(folder, 'credentials');
    await writeFile(file, secret);
    vi.stubEnv('PLANTED_CREDENTIAL', secret);
    try {
      const events = await attacked(road.replace('FILE', file).replace('NAME', 'PLANTED_CREDENTIAL'));
      expect(events).toMatchObject([{ kind: 'result', result: { outcome: expect.stringMatching(/failed|changed/) } }]);
      expect(JSON.stringify(events)).not.toContain(secret);
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    }
  });

  async function attacked(attack: string): Promise<ReplayEvent[]> {
    const code = await bundleVariant(
      'const first = await greet(name);',
      `const first = await greet(name);\n{ ${attack} }`,
    );
    const options = {
      answers: answerPolicy.parse({}),
      limits: replayLimits.parse({ perRecordingMs: 2_000 }),
      secondOpinion: 1,
      workers: 1,
    };
    const events: ReplayEvent[] = [];
    for await (const event of replayCohort(
      { ...options, candidate: { name: 'candidate', bundle: { code } } },
      only(source),
    )) {
      events.push(event);
    }
    return events;
  }
});

async function* only(source: ReplaySource): AsyncGenerator<ReplaySource> {
  yield source;
}
