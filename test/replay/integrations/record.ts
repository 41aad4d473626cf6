/** The shop's assistant as a project of its own, and runs of it on a real server, by Temporal's worker with the integration's plugin. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, type ClientOptions, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerPlugin } from '@temporalio/worker';
import { transform } from 'esbuild';
import { loadModule } from '../../../src/artifact/load-module.ts';
import { encodeHistory } from '../../../src/recording/encode-history.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';
import { makeProject, type ScratchProject } from '../plain/project.ts';
import * as activities from './fixtures/activities.ts';
import { startModelServer } from './model-server.ts';

export type Integration = 'ai-sdk' | 'openai-agents';

export interface AssistantProject extends ScratchProject {
  /** Where the workflows are, relative to the project. */
  readonly workflows: string;
  /** Writes the workflows with texts replaced by others. Returns where they are. */
  variant(edits: readonly (readonly [from: string, to: string])[]): Promise<string>;
}

/**
 * Makes the project of an integration. Workflow code with OpenAI's agents is compiled to CommonJS, as the integration's own
 * documentation has it: its ES modules load parts on demand, and then no worker starts.
 */
export async function makeAssistant(
  integration: Integration,
  files: readonly [workflows: string, plugins: string] = ['workflows.ts', 'plugins.ts'],
): Promise<AssistantProject> {
  const source = (file: string) =>
    readFile(fileURLToPath(new URL(`./fixtures/${integration}/${file}`, import.meta.url)), 'utf8');
  const [workflows, plugins] = await Promise.all([source(files[0]), source(files[1])]);
  const compiled = integration === 'openai-agents';
  const extension = compiled ? 'js' : 'ts';
  const ready = async (text: string) =>
    compiled ? (await transform(text, { loader: 'ts', format: 'cjs', target: 'es2022' })).code : text;
  const project = await makeProject(
    {
      'package.json': compiled ? '{}' : '{ "type": "module" }',
      'src/plugins.ts': plugins,
      [`src/workflows.${extension}`]: await ready(workflows),
    },
    { packages: true },
  );
  let variants = 0;
  return {
    ...project,
    workflows: `./src/workflows.${extension}`,
    async variant(edits) {
      variants += 1;
      const path = `./variant-${variants}/workflows.${extension}`;
      const text = edits.reduce((so, [from, to]) => edit(so, from, to), workflows);
      await project.write({ [path]: await ready(text) });
      return path;
    },
  };
}

function edit(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The workflows do not contain: ${from}`);
  return text.replace(from, () => to);
}

/** Asks about each order, and leaves the histories in `histories/<order>.json`. Returns the ends of the runs. */
export function recordAnswers(
  address: string,
  project: AssistantProject,
  orders: readonly string[],
): Promise<unknown[]> {
  return withWorker(address, project, ({ client, taskQueue }) =>
    Promise.all(
      orders.map(async (order) => {
        const handle = await client.workflow.start('answerCustomer', {
          args: [`Where is my order ${order}?`],
          taskQueue,
          workflowId: `${taskQueue}-${order}`,
          workflowExecutionTimeout: '90s',
        });
        const result = await handle.result();
        await project.write({ [`histories/${order}.json`]: encodeHistory(await handle.fetchHistory()) });
        return result;
      }),
    ),
  );
}

export interface Hosted {
  readonly client: Client;
  readonly taskQueue: string;
}

/** Hosts the project by Temporal's worker, with a model server, for as long as it is used. */
export async function withWorker<Result>(
  address: string,
  project: AssistantProject,
  use: (hosted: Hosted) => Promise<Result>,
): Promise<Result> {
  quietRuntime();
  const models = await startModelServer();
  process.env['SHOP_MODEL_URL'] = models.url;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  try {
    const plugins = await pluginsOf(project, native);
    const taskQueue = `shop-${crypto.randomUUID()}`;
    const workflowsPath = `${project.root}/${project.workflows}`;
    const client = new Client({ connection, plugins });
    const worker = await Worker.create({ connection: native, taskQueue, workflowsPath, activities, plugins });
    return await worker.runUntil(() => use({ client, taskQueue }));
  } finally {
    delete process.env['SHOP_MODEL_URL'];
    await connection.close();
    await native.close();
    await models.close();
  }
}

type BothPlugin = WorkerPlugin & NonNullable<ClientOptions['plugins']>[number];

/** Those of a worker, which may need its connection. */
async function pluginsOf(project: ScratchProject, connection: NativeConnection): Promise<BothPlugin[]> {
  const { plugins, pluginsWith } = await loadModule(`${project.root}/src/plugins.ts`, 'the plugins');
  if (typeof pluginsWith === 'function') return pluginsWith(connection) as BothPlugin[];
  return plugins as BothPlugin[];
}
