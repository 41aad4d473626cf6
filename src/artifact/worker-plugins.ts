/**
 * What the plugins of a worker make of the workflows that it bundles: interceptors, converters, webpack configuration.
 *
 * They are asked as Temporal's own replayer asks them: `configureReplayWorker` first, `configureBundler` then, in their order.
 */
import type { PayloadCodec } from '@temporalio/common';
import type { BundleOptions, ReplayWorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { defined } from '../shared/defined.ts';
import { MissionError, messageOf } from '../shared/errors.ts';

/** The part of a worker's plugin that reaches workflow code. The rest of it is not called: no activity, no sink, no connection. */
export type WorkflowPlugin = Pick<WorkerPlugin, 'name' | 'configureReplayWorker'> & {
  configureBundler?(options: BundleOptions): BundleOptions;
};

/** What plugins were asked about, and left. Paths are absolute. */
export interface Configured {
  readonly bundle: BundleOptions;
  /** Codecs of the data converter that they bring, in their order; empty when they bring none. */
  readonly codecs: readonly PayloadCodec[];
}

/**
 * Has plugins change how workflows are bundled.
 *
 * @throws MissionError `CONFIG_INVALID` when a plugin throws, or brings a bundle of its own: that is no source to replay.
 */
export async function configure(given: BundleOptions, plugins: readonly WorkflowPlugin[]): Promise<Configured> {
  let worker = workerOf(given);
  for (const plugin of plugins) {
    const asked = async () => plugin.configureReplayWorker?.(worker);
    worker = (await told(plugin, 'configureReplayWorker', asked)) ?? worker;
    if (worker.workflowBundle !== undefined) throw bringsBundle(plugin);
  }
  let bundle = bundleOf(given, worker);
  for (const plugin of plugins) {
    const current = bundle;
    bundle = (await told(plugin, 'configureBundler', async () => plugin.configureBundler?.(current))) ?? bundle;
  }
  return { bundle, codecs: worker.dataConverter?.payloadCodecs ?? [] };
}

function workerOf({ workflowsPath, workflowInterceptorModules = [], ...given }: BundleOptions): ReplayWorkerOptions {
  const { payloadConverterPath, failureConverterPath, ignoreModules, preloadModules, webpackConfigHook } = given;
  return {
    workflowsPath,
    interceptors: { workflowModules: workflowInterceptorModules },
    dataConverter: defined({ payloadConverterPath, failureConverterPath }),
    bundlerOptions: defined({ ignoreModules, preloadModules, webpackConfigHook }),
  };
}

function bundleOf(given: BundleOptions, worker: ReplayWorkerOptions): BundleOptions {
  const { workflowsPath = given.workflowsPath, interceptors, dataConverter, bundlerOptions } = worker;
  const { payloadConverterPath, failureConverterPath } = dataConverter ?? {};
  return {
    workflowsPath,
    workflowInterceptorModules: interceptors?.workflowModules ?? [],
    ...defined({ logger: given.logger, payloadConverterPath, failureConverterPath }),
    ...bundlerOptions,
  };
}

async function told<Result>(plugin: WorkflowPlugin, what: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (cause) {
    throw new MissionError('CONFIG_INVALID', `The plugin ${plugin.name} failed in ${what}: ${messageOf(cause)}`, {
      remedy: 'A plugin is asked in this process, as by a worker: what it needs to configure itself must be here.',
      cause,
    });
  }
}

function bringsBundle({ name }: WorkflowPlugin): MissionError {
  return new MissionError('CONFIG_INVALID', `The plugin ${name} brings a workflow bundle instead of workflow code.`, {
    remedy:
      'Leave it out and replay the source; from code, a bundle can be given as { bundle } (docs/plain-workflows.md).',
  });
}
