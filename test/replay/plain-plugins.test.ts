/** Plugins of a worker reach its workflow code: what they set up there, replay sets up too, and a file that has none is told. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { loadPlugins } from '../../src/cli/load-plugins.ts';
import type { Report } from '../../src/compare/report.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { run } from '../cli/run.ts';
import { CONVERTER } from './plain/converter.ts';
import { ESM_PROJECT, makeProject, type Recorded, recordOrders, type ScratchProject } from './plain/project.ts';

/** Payload converter, codec, an interceptor and an import of its own making: all that a plugin can bring to workflow code. */
const PLUGIN = `
import type { Payload } from '@temporalio/common';
import { SimplePlugin } from '@temporalio/plugin';
import { fileURLToPath } from 'node:url';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const flipped = (payloads: Payload[]) => payloads.map((payload) => ({ ...payload, data: payload.data?.map((byte) => byte ^ 85) }));

class Shop extends SimplePlugin {
  override configureBundler(options: Parameters<SimplePlugin['configureBundler']>[0]) {
    const ours = super.configureBundler(options);
    const webpackConfigHook: typeof ours.webpackConfigHook = (given) => {
      const config = ours.webpackConfigHook?.(given) ?? given;
      return { ...config, resolve: { ...config.resolve, alias: { ...config.resolve?.alias, 'shop-rules': file('./workflows/rules.ts') } } };
    };
    return { ...ours, webpackConfigHook };
  }
}

export const dataConverter = {
  payloadConverterPath: file('./converter.cjs'),
  payloadCodecs: [{ encode: async (given: Payload[]) => flipped(given), decode: async (given: Payload[]) => flipped(given) }],
};

export const plugins = [
  new Shop({ name: 'Shop', dataConverter, workerInterceptors: { workflowModules: [file('./interceptors.ts')] } }),
];
`;

const INTERCEPTORS = `
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [{ execute: async (input, next) => ({ ...((await next(input)) as object), seen: true }) }],
});
`;

describe('a project with a plugin of its own', () => {
  let project: ScratchProject;
  let recorded: readonly Recorded[];

  async function replay(...argv: readonly string[]) {
    const env = { TEMPORAL_ADDRESS: inject('temporalAddress') };
    const ran = await run(['replay', '--workflows', './src/workflows', ...argv], { cwd: project.root, env });
    const file = join(project.root, 'mission-replay-report', 'report.json');
    const report = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Report) : undefined;
    return { ...ran, report };
  }

  beforeAll(async () => {
    project = await makeProject(ESM_PROJECT, { packages: true });
    const order = ESM_PROJECT['src/workflows/order.ts']?.replace('./rules.js', 'shop-rules') ?? '';
    await project.write({
      'src/converter.cjs': CONVERTER,
      'src/interceptors.ts': INTERCEPTORS,
      'src/plugins.ts': PLUGIN,
      'src/workflows/order.ts': order,
    });
    const plugins = await loadPlugins('src/plugins.ts', project.root);
    const { loadModule } = await import('../../src/artifact/load-module.ts');
    const { dataConverter } = await loadModule(join(project.root, 'src/plugins.ts'), 'the plugins');
    recorded = await recordOrders({
      address: inject('temporalAddress'),
      source: { workflowsPath: './src/workflows', root: project.root, plugins },
      orders: ['pen', 'desk'],
      dataConverter: dataConverter as DataConverter,
    });
    await project.write(
      Object.fromEntries(recorded.map(({ name, history }) => [`histories/${name}.json`, encodeHistory(history)])),
    );
  });

  afterAll(() => project.remove());

  it('is replayed with the interceptors, converter, codec and imports of the plugin', async () => {
    const { code, err, report } = await replay('--histories', 'histories', '--plugins', 'src/plugins.ts');
    expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining('failed') });
    expect(report?.counts).toMatchObject({ outcomes: { matched: 2 }, determinismDisagreements: 0 });
  });

  it('takes runs from the server by a query, through the same codec', async () => {
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const query = `WorkflowId IN (${recorded.map(({ workflowId }) => `'${workflowId}'`).join(', ')})`;
    const client = new Client({ connection });
    await expect.poll(() => client.workflow.count(query).then(({ count }) => count), { timeout: 60_000 }).toBe(2);
    await connection.close();
    const { code, report } = await replay('--histories', query, '--plugins', 'src/plugins.ts');
    expect(report?.counts).toMatchObject({ outcomes: { matched: 2 }, excluded: 0 });
    expect(code).toBe(0);
  });

  it('is told what it lacks without the plugin', async () => {
    const { code, err } = await replay('--histories', 'histories');
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/order\.ts:3:\d+: Can't resolve\s+'shop-rules'/),
    });
  });

  it.each<[string, string, RegExp]>([
    ['nothing', 'export const other = 1;', /exports no worker plugin: it has no plugins, plugin or default/],
    ['the class', 'export class P { configureBundler() {} }\nexport const plugin = P;', /its plugin is a class/],
    ['no plugin', 'export const plugins = [{ name: 1 }];', /its plugins has no configureBundler/],
    ['what throws', "throw new Error('no key');", /Could not load the plugins src\/bad\.ts: no key/],
    [
      'a plugin that throws',
      "export default { name: 'Bad', configureBundler() { throw new Error('no entry'); } };",
      /The plugin Bad failed in configureBundler: no entry/,
    ],
    [
      'a plugin with a bundle',
      "export default { name: 'B', configureReplayWorker: (o) => ({ ...o, workflowBundle: { code: '' } }) };",
      /The plugin B brings a workflow bundle/,
    ],
  ])('a file that exports %s is told', async (_, text, words) => {
    await project.write({ 'src/bad.ts': text });
    const { code, err } = await replay('--histories', 'histories', '--plugins', 'src/bad.ts');
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(words) });
  });

  it.each<[string, string, RegExp]>([
    ['--payload-converter', 'payloadConverter', /The payload converter src\/none\.ts does not export payloadConverter/],
    ['--failure-converter', 'failureConverter', /The failure converter src\/none\.ts does not export failureConverter/],
    ['--interceptors', 'interceptors', /The interceptors module src\/none\.ts does not export interceptors/],
  ])('%s with a module that does not export %s is told', async (flag, _, words) => {
    await project.write({ 'src/none.ts': 'export const converter = 1;' });
    const { code, err } = await replay('--histories', 'histories', flag, 'src/none.ts');
    expect({ code, err: err.replaceAll(/\s+/g, ' ') }).toEqual({ code: 2, err: expect.stringMatching(words) });
  });
});
