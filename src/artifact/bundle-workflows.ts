/**
 * Plain Temporal workflows → a bundle, with Temporal's own bundler, as a worker of theirs would make it.
 *
 * 1. `@temporalio/workflow` and `@temporalio/common` are this process's own, whatever the project has installed: the sandbox
 *    and the code in it must be of one release.
 * 2. The code does not depend on the working directory, so equal sources in one place have equal digests.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { PayloadCodec } from '@temporalio/common';
import { type BundleOptions, bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { type Digest, digestOf } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import { requireOwn } from './kit-location.ts';
import { mustExport } from './must-export.ts';
import { WebpackNotes } from './webpack-notes.ts';
import { configure, type WorkflowPlugin } from './worker-plugins.ts';

/** Workflow code and what the worker that runs it is given for bundling. Paths are absolute, or relative to `root`. */
export interface WorkflowSource {
  /** The file that exports the workflows, or a folder with an index file. */
  readonly workflowsPath: string;
  /** Modules that export `interceptors`. */
  readonly workflowInterceptorModules?: readonly string[] | undefined;
  /** A module that exports `payloadConverter`. */
  readonly payloadConverterPath?: string | undefined;
  /** A module that exports `failureConverter`. */
  readonly failureConverterPath?: string | undefined;
  /** Modules that are imported and never used at run time. */
  readonly ignoreModules?: readonly string[] | undefined;
  /** For path aliases and loaders, as a worker's `bundlerOptions` have it. */
  readonly webpackConfigHook?: BundleOptions['webpackConfigHook'] | undefined;
  /** Plugins of the worker. Of these only what reaches workflow code is asked: how it is bundled and converted. */
  readonly plugins?: readonly WorkflowPlugin[] | undefined;
  /** @default the working directory */
  readonly root?: string | undefined;
}

export interface WorkflowBundle {
  readonly code: string;
  /** Payload codecs that plugins bring. */
  readonly codecs?: readonly PayloadCodec[] | undefined;
}

/**
 * Bundles plain workflows.
 *
 * @throws MissionError `MISSION_SOURCE_MISSING` when a path does not exist, `MISSION_BUNDLE_FAILED` with file and line,
 *   `CONFIG_INVALID` when a plugin fails, or a module cannot export what it is named for.
 */
export async function bundleWorkflows(source: WorkflowSource): Promise<WorkflowBundle> {
  const root = resolve(source.root ?? '.');
  const given = givenOptions(source, root);
  await checkExports(given, source);
  const { bundle, codecs } = await configure(given, source.plugins ?? []);
  const notes = new WebpackNotes();
  const { workflowsPath } = bundle;
  try {
    const { code } = await bundleWorkflowCode({
      ...bundle,
      webpackConfigHook: (config) => {
        const theirs = bundle.webpackConfigHook?.(config) ?? config;
        return notes.listen(withOwnSdk({ ...theirs, context: folderOf(workflowsPath) }));
      },
    });
    return { code, codecs };
  } catch (error) {
    if (error instanceof MissionError) throw error;
    throw await notes.failure(`the workflows ${source.workflowsPath}`, root, error);
  }
}

async function checkExports(given: BundleOptions, source: WorkflowSource): Promise<void> {
  const { payloadConverterPath: converter, failureConverterPath: failures, workflowInterceptorModules = [] } = given;
  await mustExport(converter, 'payloadConverter', `The payload converter ${source.payloadConverterPath}`);
  await mustExport(failures, 'failureConverter', `The failure converter ${source.failureConverterPath}`);
  for (const [index, module] of workflowInterceptorModules.entries()) {
    const named = source.workflowInterceptorModules?.[index];
    await mustExport(module, 'interceptors', `The interceptors module ${named}`);
  }
}

/** Modules are named from it: alike in two folders with the same workflows. */
function folderOf(workflowsPath: string): string {
  return statSync(workflowsPath).isDirectory() ? workflowsPath : dirname(workflowsPath);
}

function givenOptions(source: WorkflowSource, root: string): BundleOptions {
  const { webpackConfigHook } = source;
  return {
    workflowsPath: findModule(root, source.workflowsPath, 'The workflows'),
    workflowInterceptorModules: (source.workflowInterceptorModules ?? []).map((path) => findImport(root, path)),
    ...named('payloadConverterPath', findOptional(root, source.payloadConverterPath, 'The payload converter')),
    ...named('failureConverterPath', findOptional(root, source.failureConverterPath, 'The failure converter')),
    ignoreModules: [...(source.ignoreModules ?? [])],
    logger: new DefaultLogger('ERROR', () => undefined),
    ...(webpackConfigHook && { webpackConfigHook }),
  };
}

/** The digest of a bundle's code, its source map left out: it names the folders of this machine. */
export function bundleDigest({ code }: WorkflowBundle): Digest {
  const map = code.lastIndexOf('//# sourceMappingURL=');
  return digestOf(map === -1 ? code : code.slice(0, map));
}

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

function withOwnSdk(config: WebpackConfig): WebpackConfig {
  const names = ['@temporalio/workflow', '@temporalio/common', '@temporalio/proto'];
  const own = names.map((name) => ({ name, alias: dirname(requireOwn.resolve(`${name}/package.json`)) }));
  const given = config.resolve?.alias ?? {};
  const theirs = Array.isArray(given) ? given : Object.entries(given).map(([name, alias]) => aliasOf(name, alias));
  return {
    ...config,
    resolve: { ...config.resolve, alias: [...theirs, ...own] },
  };
}

/** The short form of an alias in full: `$` at the end stands for the very name, without what is below it. */
function aliasOf<Target>(name: string, alias: Target) {
  return name.endsWith('$') ? { name: name.slice(0, -1), alias, onlyModule: true } : { name, alias };
}

const EXTENSIONS = ['', '.ts', '.js', '.cjs', '.mjs'];

function findModule(root: string, path: string, what: string): string {
  const candidates = EXTENSIONS.map((extension) => resolve(root, path + extension));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new MissionError('MISSION_SOURCE_MISSING', `${what}: there is no ${path} in ${root}.`, {
    remedy: 'Name a file, or a folder with an index file; relative paths are relative to that folder.',
    details: { path, root },
  });
}

function findOptional(root: string, path: string | undefined, what: string): string | undefined {
  return path === undefined ? undefined : findModule(root, path, what);
}

/** A module of the project, or of a package by its name. */
function findImport(root: string, path: string): string {
  return /^[./]/.test(path) || existsSync(resolve(root, path)) ? findModule(root, path, 'The interceptors') : path;
}

function named<Name extends string>(name: Name, value: string | undefined): { readonly [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: string };
}
