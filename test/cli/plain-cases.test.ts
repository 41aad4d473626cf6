/** Runs of plain workflows as regression cases: held to the end that is right, by name of their code, without a registry. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { ESM_PROJECT, makeProject, recordOrders, type ScratchProject } from '../replay/plain/project.ts';
import { run } from './run.ts';

// Servers are started, and code is bundled: a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const WORKFLOWS = './src/workflows';
const SOURCE = { workflowsPath: WORKFLOWS };
const DESK = { item: 'desk', amount: 300, receipt: 'desk for 300' };

/** Fails the run of what is dear. */
const STRICT = `
import { ApplicationFailure } from '@temporalio/workflow';
export function isCheap(amount: number): boolean {
  if (amount < 100) return true;
  throw ApplicationFailure.nonRetryable('too dear: ' + amount, 'TooDear');
}
`;

/** Not to be read without it. */
const CODEC_NAME = 'binary/turned';
const CODEC = `
export const codec = {
  decode: async (payloads) => payloads.map(({ metadata, data }) => {
    if (Buffer.from(metadata.encoding).toString() !== '${CODEC_NAME}') throw new Error('not turned');
    return { metadata: { encoding: Buffer.from('json/plain') }, data: Uint8Array.from(data).reverse() };
  }),
};
`;
const turned: PayloadCodec = {
  encode: async (payloads) => payloads.map(({ data }) => turn(CODEC_NAME, data)),
  decode: async (payloads) => payloads.map(({ data }) => turn('json/plain', data)),
};

function turn(encoding: string, data: Payload['data']): Payload {
  return { metadata: { encoding: Buffer.from(encoding) }, data: Uint8Array.from(data ?? []).reverse() };
}

let project: ScratchProject;
/** Each test has a folder of cases. */
let dir: string;
let folders = 0;

const mission = (...argv: readonly string[]) => run(argv, { cwd: project.root });
const keep = (name: string, ...argv: readonly string[]) =>
  mission('case', 'import', `histories/${name}.json`, '--name', name, '--why', 'a test', '--dir', dir, ...argv);
const tryAll = (workflows: string, ...argv: readonly string[]) =>
  mission('cases', '--workflows', workflows, '--dir', dir, '--json', ...argv);
const verdictsIn = (out: string) =>
  JSON.parse(out).missions.flatMap(({ cases }: { cases: readonly { verdict: string }[] }) =>
    cases.map(({ verdict }) => verdict),
  );

beforeAll(async () => {
  project = await makeProject(ESM_PROJECT, { packages: true });
  const options = { address: inject('temporalAddress'), source: { ...SOURCE, root: project.root } };
  const recorded = await recordOrders({ ...options, orders: ['pen', 'desk'] });
  const encoded = await recordOrders({ ...options, orders: ['chair'], dataConverter: { payloadCodecs: [turned] } });
  const files = [...recorded, ...encoded].map(({ name, history }) => [
    `histories/${name}.json`,
    encodeHistory(history),
  ]);
  await project.write({ ...Object.fromEntries(files), 'src/codec.mjs': CODEC });
  const order = `${ESM_PROJECT['src/workflows/order.ts']}`;
  await project.write({
    'src/generous/index.ts': `${ESM_PROJECT['src/workflows/index.ts']}`,
    'src/generous/order.ts': order,
    'src/generous/rules.ts': 'export const isCheap = (amount: number): boolean => amount < 500;\n',
    'src/known/index.ts': `${ESM_PROJECT['src/workflows/index.ts']}`,
    'src/known/order.ts': order.replace('await price(item)', '5'),
    'src/known/rules.ts': `${ESM_PROJECT['src/workflows/rules.ts']}`,
    'src/strict/index.ts': `${ESM_PROJECT['src/workflows/index.ts']}`,
    'src/strict/order.ts': order,
    'src/strict/rules.ts': STRICT,
  });
});

afterAll(() => project.remove());

beforeEach(() => {
  folders += 1;
  dir = `cases-${folders}`;
});

describe('cases of plain workflows', () => {
  it('are right as they were recorded, or as they were corrected', async () => {
    const kept = await keep('pen', '--as-recorded');
    expect(kept).toMatchObject({ code: 0, out: expect.stringContaining('mission cases --workflows <path>') });
    await keep('desk', '--expect', JSON.stringify({ ...DESK, cheap: true }));
    const before = await tryAll(WORKFLOWS);
    expect(before.code).toBe(1);
    const { verdict, missions } = JSON.parse(before.out);
    expect({ verdict, missions }).toMatchObject({
      verdict: 'failed',
      missions: [
        {
          mission: WORKFLOWS,
          cases: [
            { verdict: 'wrong', detail: expect.stringContaining('/cheap'), case: { why: 'a test' } },
            { verdict: 'right' },
          ],
        },
      ],
    });
    expect(await tryAll('./src/generous')).toMatchObject({ code: 0 });
  });

  it('are held to their writes, of which the policy may declare some to be reads', async () => {
    await keep('pen', '--as-recorded');
    expect((await tryAll('./src/known')).code).toBe(1);
    const tried = await tryAll('./src/known', '--policy', 'reads=price');
    expect({ code: tried.code, verdicts: verdictsIn(tried.out) }).toEqual({ code: 0, verdicts: ['right'] });
    const { out } = await mission('cases', '--workflows', WORKFLOWS, '--dir', dir, '--policy', 'reads=quote');
    expect(out).toContain('Reads of the policy that no run asked for: quote');
  });

  it('may be runs that should have failed', async () => {
    expect(await keep('desk', '--expect-failure', 'TooDear')).toMatchObject({ code: 0 });
    const kept = JSON.parse(await readFile(join(project.root, dir, 'order', 'desk', 'case.json'), 'utf8'));
    expect(kept.expected).toEqual({ status: 'failed', failure: { type: 'TooDear' } });
    expect(verdictsIn((await tryAll('./src/strict')).out)).toEqual(['right']);
    const before = await tryAll(WORKFLOWS);
    expect(before.code).toBe(1);
    expect(before.out).toContain('TooDear');
  });

  it('are told with their code, and their report is written', async () => {
    await keep('pen', '--as-recorded');
    const { code, out } = await mission('cases', '--workflows', WORKFLOWS, '--dir', dir, '--out', `${dir}-report`);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('1 of 1 case right: passed') });
    expect(out).toContain('Coverage: 1 way in 1 recording');
    const report = JSON.parse(
      await readFile(join(project.root, `${dir}-report`, 'plain-workflows', 'report.json'), 'utf8'),
    );
    expect(report).toMatchObject({ candidate: { name: WORKFLOWS }, baseline: { artifact: 'not self-checked' } });
  });

  it('are read through the codec of their workers, and cannot be told without it', async () => {
    await keep('pen', '--as-recorded');
    await keep('chair', '--as-recorded');
    const wrong = await tryAll(WORKFLOWS, '--codec', 'src/codec.mjs');
    expect(wrong.code).toBe(3);
    expect(JSON.parse(wrong.out).missions[0].cases).toMatchObject([
      { verdict: 'right' },
      { verdict: 'unproven', detail: expect.stringContaining('not turned') },
    ]);
    dir = `${dir}-encoded`;
    await keep('chair', '--as-recorded');
    expect(verdictsIn((await tryAll(WORKFLOWS, '--codec', 'src/codec.mjs')).out)).toEqual(['right']);
  });

  it('need their code, unless they are only listed', async () => {
    await keep('pen', '--as-recorded');
    const { code, err } = await mission('cases', '--dir', dir);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('mission cases --workflows <path>') });
    const listed = await mission('cases', '--dir', dir, '--list', '--json');
    expect(JSON.parse(listed.out)).toMatchObject([{ workflowType: 'order', why: 'a test' }]);
    expect(await mission('cases', 'refund', '--dir', dir, '--workflows', WORKFLOWS)).toMatchObject({ code: 2 });
  });

  it('of one run that is kept twice are refused', async () => {
    await keep('pen', '--as-recorded');
    await cp(join(project.root, dir, 'order', 'pen'), join(project.root, dir, 'order', 'again'), { recursive: true });
    const { code, out, err } = await tryAll(WORKFLOWS);
    expect({ code, text: out || err }).toEqual({ code: 2, text: expect.stringContaining('is the run of') });
  });

  it('are histories too: what is kept beside them is not taken for one', async () => {
    await keep('pen', '--as-recorded');
    await keep('desk', '--as-recorded');
    const artifacts = join(project.root, dir, 'order', 'artifacts');
    await mkdir(artifacts);
    await writeFile(join(artifacts, `${'0'.repeat(64)}.json.gz`), 'of the version that made some case');
    const { code, out } = await mission('replay', '--workflows', WORKFLOWS, '--histories', dir, '--json');
    expect(JSON.parse(out).counts).toMatchObject({ recordings: 2, faithful: 2, excluded: 0 });
    expect(code).toBe(0);
  });
});
