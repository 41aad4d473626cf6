/** Plain Temporal projects are replayed with no registry: what Temporal's own replayer does not see is told, and counted. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { loadCodecs } from '../../src/cli/load-codecs.ts';
import type { Report } from '../../src/compare/report.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { historyToBytes } from '../../src/recording/proto.ts';
import type { History } from '../../src/recording/recording.ts';
import { run } from '../cli/run.ts';
import { CONVERTER } from './plain/converter.ts';
import {
  COMMONJS_PROJECT,
  ESM_PROJECT,
  type Files,
  makeProject,
  type Recorded,
  recordOrders,
  type ScratchProject,
} from './plain/project.ts';

const WORKFLOWS = './src/workflows';

/** The histories as files, in the forms in which people have them. */
function filesOf(recorded: readonly Recorded[], folder = 'histories'): Files {
  return Object.fromEntries(recorded.map(({ name, history }) => [`${folder}/${name}.json`, encodeHistory(history)]));
}

/** As the web UI writes them: payloads in clear. */
function inClear(json: string): string {
  const clear = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clear);
    if (typeof value !== 'object' || value === null) return value;
    const { metadata, data } = value as { metadata?: { encoding?: string }; data?: string };
    if (metadata?.encoding === undefined || data === undefined) {
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, clear(member)]));
    }
    const text = (base64: string) => Buffer.from(base64, 'base64').toString();
    return { metadata: { encoding: text(metadata.encoding) }, data: JSON.parse(text(data)) };
  };
  return JSON.stringify(clear(JSON.parse(json)));
}

async function replay(project: ScratchProject, ...argv: readonly string[]) {
  const env = { TEMPORAL_ADDRESS: inject('temporalAddress') };
  const ran = await run(['replay', ...argv], { cwd: project.root, env });
  const file = join(project.root, 'mission-replay-report', 'report.json');
  const report = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Report) : undefined;
  return { ...ran, report };
}

/** The project's workflows with one text replaced, as a folder of their own. */
async function variant(project: ScratchProject, name: string, file: string, from: string, to: string): Promise<string> {
  const folder = `./src/${name}`;
  const files = Object.entries(ESM_PROJECT).filter(([path]) => path.startsWith('src/workflows/'));
  if (!files.some(([path, text]) => path.endsWith(file) && text.includes(from))) throw new Error(`not there: ${from}`);
  const edited = files.map(([path, text]) => [
    path.replace('src/workflows', folder),
    path.endsWith(file) ? text.replace(from, to) : text,
  ]);
  await project.write(Object.fromEntries(edited));
  return folder;
}

describe('mission replay --workflows, in an ESM project', () => {
  let project: ScratchProject;
  let recorded: readonly Recorded[];
  const historyOf = (name: string) => recorded.find((one) => one.name === name)?.history as History;

  beforeAll(async () => {
    project = await makeProject(ESM_PROJECT);
    const source = { workflowsPath: WORKFLOWS, root: project.root };
    const address = inject('temporalAddress');
    recorded = await recordOrders({ address, source, orders: ['pen', 'chair', 'desk', 'chair?'] });
    await project.write(filesOf(recorded));
  });

  afterAll(() => project.remove());

  it('passes what did not change, names it by its path, and says that nothing was self-checked', async () => {
    const { code, out, err, report } = await replay(project, '--workflows', WORKFLOWS, '--histories', './histories');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('mission-replay-report') });
    expect(out).toContain('not self-checked');
    expect(err).toContain('bundling ./src/workflows');
    expect(err).toContain('1 run is still open');
    expect(report).toMatchObject({
      candidate: { name: WORKFLOWS },
      counts: { recordings: 4, faithful: 4, outcomes: { matched: 4 }, determinismChecked: 4 },
    });
    expect(existsSync(join(project.root, '.mission'))).toBe(false);
    for (const file of ['report.md', 'junit.xml']) {
      expect(await readFile(join(project.root, 'mission-replay-report', file), 'utf8')).toContain(WORKFLOWS);
    }
  });

  it('flags a changed verdict, of which Temporal’s own replayer sees nothing', async () => {
    const folder = await variant(project, 'dearer', 'rules.ts', 'amount < 100', 'amount < 50');
    const { code, out, report } = await replay(project, '--workflows', folder, '--histories', './histories');
    expect(code).toBe(1);
    expect(report?.flips).toMatchObject([{ pointer: '/cheap', from: true, to: false, count: 1 }]);
    expect(report?.counts).toMatchObject({ determinismChecked: 4, determinismDisagreements: 0 });
    expect(report?.results.find(({ outcome }) => outcome === 'changed')?.detail?.official).toEqual({
      deterministic: true,
    });
    expect(out).not.toMatch(/mission (activate|trace|diff)/);
  });

  it('fails a charge that is made no more, though everybody is told of the same end', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
    const [from, to] = ['await charge(item, amount)', '`${item} for ${amount}`'];
    const folder = await variant(project, 'for-nothing', 'order.ts', from, to);
    const argv = ['--workflows', folder, '--histories', './histories/pen.json'];
    const { code, report } = await replay(project, ...argv);
    expect(code).toBe(1);
    expect(report).toMatchObject({
      verdict: { verdict: 'failed' },
      counts: { outcomes: { changed: 1, diverged: 0 } },
      flips: [],
      effects: [{ tool: 'charge', kind: 'dropped', count: 1 }],
    });
    expect(report?.results[0]?.detail?.effectDifferences).toEqual([
      {
        pointer: '/1',
        kind: 'removed',
        baseline: { step: 'charge#1', kind: 'activity', tool: 'charge', request: ['pen', 5] },
      },
    ]);
  });

  it('checks histories against the workflows that made them, and excludes what those do not reproduce', async () => {
    const other = await variant(project, 'other', 'rules.ts', 'amount < 100', 'amount < 50');
    const argv = ['--workflows', WORKFLOWS, '--histories', 'histories', '--baseline-workflows', other];
    const { code, report } = await replay(project, ...argv);
    expect(code).toBe(3);
    expect(report?.baseline).toEqual({ name: other, artifact: expect.stringMatching(/^sha256:/) });
    expect(report?.excluded).toMatchObject([{ reason: 'unfaithful' }]);
  });

  it('reads payloads in clear and protobuf, replays a copy once, and counts a broken file', async () => {
    const pen = encodeHistory(historyOf('pen'));
    await project.write({
      'mixed/a.json': inClear(pen),
      'mixed/b.json': inClear(encodeHistory(historyOf('desk'))),
      'mixed/c.json': pen,
      'mixed/below/broken.json': pen.slice(0, pen.length / 2),
      'mixed/notes.txt': 'no history',
    });
    await writeFile(join(project.root, 'mixed', 'chair.bin'), historyToBytes(historyOf('chair')));
    const argv = ['--workflows', WORKFLOWS, '--histories', 'mixed'];
    const strict = await replay(project, ...argv);
    expect(strict.code).toBe(3);
    const { code, report } = await replay(project, ...argv, '--policy', 'excluded<=50%');
    expect(code).toBe(0);
    expect(report?.counts).toMatchObject({ recordings: 4, faithful: 3, excluded: 1 });
    expect(report?.cohort.selection).toContain('without a copy of a run');
    expect(report?.excluded).toMatchObject([
      { recording: { id: 'below/broken.json' }, reason: 'unreadable', detail: expect.stringContaining('cut off') },
    ]);
  });

  it('takes runs straight from the server by a query', async () => {
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const ids = recorded.map(({ workflowId }) => `'${workflowId}'`).join(', ');
    const query = `WorkflowType = 'order' AND WorkflowId IN (${ids})`;
    const client = new Client({ connection });
    await expect.poll(() => client.workflow.count(query).then(({ count }) => count), { timeout: 15_000 }).toBe(4);
    await connection.close();
    const { code, report } = await replay(project, '--workflows', WORKFLOWS, '--histories', query);
    expect(code).toBe(0);
    expect(report).toMatchObject({ counts: { recordings: 4, faithful: 4 }, cohort: { selection: query } });
    const refused = await replay(project, '--workflows', WORKFLOWS, '--histories', 'Nonsense = 1');
    expect({ code: refused.code, err: refused.err }).toEqual({ code: 2, err: expect.stringContaining('Nonsense') });
  });

  describe('of a run that is still open', () => {
    it('takes what comes after the recording for information', async () => {
      const { events = [] } = historyOf('pen');
      const priced = events?.findIndex((event) => event.activityTaskCompletedEventAttributes) ?? -1;
      const cut = { events: events?.slice(0, priced + 2) ?? [] };
      await project.write({ 'cut/pen.json': encodeHistory(cut) });
      const { code, err, report } = await replay(project, '--workflows', WORKFLOWS, '--histories', 'cut/pen.json');
      expect(code).toBe(0);
      expect(err).toMatch(/would go on with charge#1/);
      expect(report?.results).toMatchObject([{ outcome: 'matched', summary: 'still open; would go on with charge#1' }]);
    });

    it('does so too of a candidate that asked for something else on the way', async () => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
      const folder = await variant(project, 'open-louder', 'order.ts', 'price(item)', 'price(`${item}!`)');
      const argv = ['--workflows', folder, '--histories', 'cut/pen.json', '--answer', 'activity=recorded'];
      const { code, report } = await replay(project, ...argv);
      expect(code).toBe(1);
      expect(report?.results).toMatchObject([{ outcome: 'changed', summary: '1 difference in its writes' }]);
      expect(report?.results[0]?.detail).toMatchObject({
        candidateEnd: { status: 'open' },
        effectDifferences: [{ pointer: '/0/request', baseline: 'pen', candidate: 'pen!' }],
        candidateEffects: [{ step: 'price#1' }, { step: 'charge#1' }],
      });
    });

    it.each([
      ['an approval gate that is gone', 'await condition(() => approved);', '', 3, 'unanswered', /charge#1/],
      ['an end that comes too soon', 'await condition(() => approved);', 'return null;', 1, 'changed', /completed/],
      ['another first step', 'await price(item)', 'Number(await charge(item, 1))', 1, 'failed', /nondeterminism/],
    ])('tells of %s', async (_, from, to, code, outcome, words) => {
      await project.write({ 'open/chair.json': encodeHistory(historyOf('chair?')) });
      const folder = await variant(project, `open-${outcome}`, 'order.ts', from, to);
      const ran = await replay(project, '--workflows', folder, '--histories', 'open');
      expect(ran.report?.results).toMatchObject([{ outcome, summary: expect.stringMatching(words) }]);
      expect(ran.report?.counts.determinismDisagreements).toBe(0);
      expect(ran.code).toBe(code);
    });
  });

  it.each<[string, Files, readonly string[], RegExp]>([
    [
      'an import that leads nowhere',
      { 'src/lost.ts': "import { x } from './nowhere.js';\nexport const order = x;\n" },
      ['src/lost.ts'],
      /src\/lost\.ts:1:19: Can't resolve '\.\/nowhere\.js'/,
    ],
    [
      'a wrong syntax',
      { 'src/wrong.ts': 'export const a = 1;\nexport const = 2;\n' },
      ['src/wrong.ts'],
      /src\/wrong\.ts:2:14: Unexpected token/,
    ],
    [
      'a module that workflows must not use',
      {
        'src/reach.ts': "import fs from 'node:fs';\nexport const order = async () => fs.readFileSync('/etc/hosts');\n",
      },
      ['src/reach.ts'],
      /src\/reach\.ts: "fs" cannot be used in workflow code/,
    ],
    ['workflows that are not there', {}, ['src/nobody'], /there is no src\/nobody/],
  ])('tells where the code has %s', async (_, files, [path = ''], words) => {
    await project.write(files);
    const { code, err } = await replay(project, '--workflows', path, '--histories', 'histories');
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(words) });
  });

  it.each<[readonly string[], RegExp]>([
    [['--workflows', WORKFLOWS], /--histories is missing/],
    [['--histories', 'histories'], /--workflows is missing/],
    [['order@3', '--workflows', WORKFLOWS, '--histories', 'histories'], /Either a version/],
    [['--workflows', WORKFLOWS, '--histories', 'histories', '--against', '@2'], /--against is for versions/],
    [['--workflows', WORKFLOWS, '--histories', 'nowhere'], /nowhere cannot be read/],
    [['--workflows', WORKFLOWS, '--histories', 'src'], /has no histories/],
  ])('%j is usage', async (argv, words) => {
    const { code, err } = await replay(project, ...argv);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(words) });
  });

  it('runs the interceptors that the worker has', async () => {
    await project.write({
      'src/interceptors.ts': `
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [{ execute: async (input, next) => ({ ...((await next(input)) as object), seen: true }) }],
});
`,
    });
    const argv = ['--workflows', WORKFLOWS, '--histories', 'histories', '--interceptors', './src/interceptors.ts'];
    const { code, report } = await replay(project, ...argv);
    expect(code).toBe(1);
    expect(report?.flips).toMatchObject([{ pointer: '/seen', to: true, count: 3 }]);
  });
});

it('replays a CommonJS project that has no packages installed', async () => {
  const project = await makeProject(COMMONJS_PROJECT);
  try {
    const source = { workflowsPath: 'workflows.js', root: project.root };
    const recorded = await recordOrders({ address: inject('temporalAddress'), source, orders: ['pen', 'desk'] });
    await project.write(filesOf(recorded));
    expect(await replay(project, '--workflows', 'workflows', '--histories', 'histories')).toMatchObject({ code: 0 });
    await project.write({ 'workflows.js': `${COMMONJS_PROJECT['workflows.js']}`.replace('< 100', '> 100') });
    const { code, report } = await replay(project, '--workflows', 'workflows.js', '--histories', 'histories');
    expect(code).toBe(1);
    expect(report?.counts.outcomes.changed).toBe(2);
  } finally {
    await project.remove();
  }
});

/** Fails on whatever it did not encrypt: search attributes, headers, core's own markers. */
const CODEC = `
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';

const key = Buffer.from(process.env['ORDERS_KEY'] ?? '0'.repeat(32));
const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');

class Encryption implements PayloadCodec {
  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map(({ metadata, data }) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const clear = JSON.stringify([text(metadata?.['encoding']), text(data)]);
      const bytes = Buffer.concat([iv, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
      return { metadata: { encoding: Buffer.from('binary/encrypted') }, data: bytes };
    });
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map(({ data }) => {
      const bytes = Buffer.from(data ?? []);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(-16));
      const clear = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString();
      const [encoding = '', content = ''] = JSON.parse(clear) as string[];
      return { metadata: { encoding: Buffer.from(encoding, 'base64') }, data: Buffer.from(content, 'base64') };
    });
  }
}

export const codec = new Encryption();
`;

describe('payloads of the project’s own', () => {
  let project: ScratchProject;
  const recordWith = (dataConverter: DataConverter, payloadConverterPath?: string) =>
    recordOrders({
      address: inject('temporalAddress'),
      source: { workflowsPath: WORKFLOWS, root: project.root, payloadConverterPath },
      orders: ['pen', 'chair?'],
      dataConverter,
    });

  beforeAll(async () => {
    project = await makeProject(ESM_PROJECT, { packages: true });
    await project.write({ 'src/codec.ts': CODEC, 'src/converter.cjs': CONVERTER });
  });

  afterAll(() => project.remove());

  it('are read through its codec; without the key, histories are counted as unreadable', async () => {
    const payloadCodecs = (await loadCodecs('src/codec.ts', project.root)) as PayloadCodec[];
    await project.write(filesOf(await recordWith({ payloadCodecs }), 'encrypted'));
    const argv = ['--histories', 'encrypted', '--codec', 'src/codec.ts'];
    expect(await replay(project, '--workflows', WORKFLOWS, ...argv)).toMatchObject({ code: 0 });

    const folder = await variant(project, 'free', 'rules.ts', 'amount < 100', 'amount < 1');
    const changed = await replay(project, '--workflows', folder, ...argv);
    expect(changed).toMatchObject({ code: 1, report: { flips: [{ pointer: '/cheap', from: true, to: false }] } });

    process.env['ORDERS_KEY'] = '1'.repeat(32);
    try {
      const { code, report } = await replay(project, '--workflows', WORKFLOWS, ...argv);
      expect(code).toBe(3);
      expect(report?.excluded.map(({ reason }) => reason)).toEqual(['unreadable', 'unreadable']);
      expect(report?.excluded[0]?.detail).toContain('the payload codec cannot decode it');
    } finally {
      delete process.env['ORDERS_KEY'];
    }
  });

  it('are written by its payload converter, and compared though their encoding is unknown', async () => {
    const payloadConverterPath = join(project.root, 'src/converter.cjs');
    await project.write(filesOf(await recordWith({ payloadConverterPath }, payloadConverterPath), 'turned'));
    const argv = ['--histories', 'turned', '--payload-converter', 'src/converter.cjs'];
    expect(await replay(project, '--workflows', WORKFLOWS, ...argv)).toMatchObject({ code: 0 });
    const folder = await variant(project, 'free', 'rules.ts', 'amount < 100', 'amount < 1');
    const { code, report } = await replay(project, '--workflows', folder, ...argv);
    expect(code).toBe(1);
    expect(report?.flips).toMatchObject([{ pointer: '/$payload/data' }]);
    const asked = await variant(project, 'asked', 'order.ts', 'charge(item, amount)', 'charge(item, amount + 1)');
    const other = await replay(project, '--workflows', asked, ...argv);
    expect(other).toMatchObject({ code: 3, report: { unanswered: [{ step: 'charge#1' }] } });
  });

  it.each([
    ['src/nobody.ts', 2, /Could not resolve/],
    ['src/workflows/rules.ts', 2, /exports no payload codec/],
  ])('%s is no codec, and it is said', async (path, code, words) => {
    const argv = ['--workflows', WORKFLOWS, '--histories', 'encrypted', '--codec', path];
    expect(await replay(project, ...argv)).toMatchObject({ code, err: expect.stringMatching(words) });
  });
});
