/**
 * The part of a workflow bundle that is the same for all artifacts: Temporal's workflow SDK, bundled once per SDK release
 * with Temporal's own bundler. An artifact is then linked by appending its text (`link-workflow-bundle.ts`).
 *
 * The bundler is given three stub modules instead of workflows. They look for `__MISSION_ARTIFACT__`, a constant that the
 * linked text declares after the template: they are evaluated when the whole text was, so it is there by then.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { transform } from 'esbuild';
import { digestOf, shortDigest } from '../shared/digest.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { cacheDirectory } from './cache-directory.ts';
import { KEEPING, keptIn, withAdditions } from './kept-by-sdk.ts';
import { INTERCEPTORS, ownPackageVersion, requireOwn } from './kit-location.ts';
import { SHARED_MODULES } from './shared-by-runs.ts';
import { writeWhole } from './write-whole.ts';

export interface SdkTemplate {
  /** Text of the bundle, without its source map. */
  readonly code: string;
  /** Source map of the text, as JSON text, without the sources' content. */
  readonly map: string;
}

/** Evaluated once per V8 context and shared by all runs in it, because the bundler preloads it. */
const LIBRARY_STUB = `
const library = { exports: {} };
const refuse = (specifier) => { throw new Error('The library of an artifact imports nothing, but asked for ' + specifier); };
__MISSION_ARTIFACT__.library(refuse, library, library.exports);
module.exports = library.exports;
`;

/** Evaluated once per context too: schemas that are the same in every run (`share-schemas.ts`). */
const SCHEMAS_STUB = `
const table = [];
let problem;
const resolve = (specifier) => {
  if (specifier === 'zod') return require('${SHARED_MODULES.library}');
  throw new Error('Schemas need zod only, but asked for ' + specifier);
};
const keep = (index, make) => {
  const value = make();
  const isSchema = typeof value === 'object' && value !== null && '_zod' in value;
  Object.defineProperty(table, index, isSchema ? { value } : { get: make });
  return value;
};
try {
  __MISSION_ARTIFACT__.schemas(resolve, keep);
} catch (error) {
  problem = { error };
}
Object.freeze(table);
module.exports = () => {
  if (problem !== undefined) throw problem.error;
  return table;
};
`;

/** Evaluated once per run: the author's module state belongs to one run. */
const WORKFLOWS_STUB = `
const linked = {
  '@temporalio/workflow': () => require('@temporalio/workflow'),
  '@temporalio/common': () => require('@temporalio/common'),
  zod: () => require('${SHARED_MODULES.library}'),
};
const resolve = (specifier) => {
  if (Object.hasOwn(linked, specifier)) return linked[specifier]();
  throw new Error('Workflow code asked for the module ' + JSON.stringify(specifier) + ', which is not part of the artifact.');
};
const DEFINITION = Symbol.for('mission-runtime.definition');
const author = { exports: {} };
const { mission, definition } = __MISSION_ARTIFACT__;
const given = JSON.parse(definition);
__MISSION_ARTIFACT__.workflow(resolve, author, author.exports, given, require('${SHARED_MODULES.schemas}')());
for (const [name, value] of Object.entries(author.exports)) {
  if (typeof value !== 'function') continue;
  if (DEFINITION in value) {
    if (value[DEFINITION].name === mission) exports[mission] = value;
  } else {
    exports[name] = value;
  }
}
`;

/** The part of the SDK that workflow code imports keeps nothing of a run: each asks for the run at work. */
const PRELOADED_SDK = '@temporalio/workflow';

/** Raised when the template is made in another way. */
const FORM = 'compacted';

let loaded: Promise<SdkTemplate> | undefined;

/**
 * The template of the SDK in use: from this process, from the user's cache, or bundled now (about a second).
 *
 * @throws MissionError `ARTIFACT_LOAD_FAILED` when Temporal's bundler fails.
 */
export function sdkTemplate(): Promise<SdkTemplate> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load(): Promise<SdkTemplate> {
  const file = join(cacheDirectory(), `sdk-template-${await cacheKey()}.json`);
  const cached = await readCached(file);
  if (cached !== undefined) return cached;
  const template = await bundleTemplate();
  await writeCached(file, template);
  return template;
}

/** A new release of SDK or bundler, or other code of ours in it, is another template. */
async function cacheKey(): Promise<string> {
  const version = ownPackageVersion('@temporalio/worker');
  const ingredients = [
    FORM,
    KEEPING,
    LIBRARY_STUB,
    SCHEMAS_STUB,
    WORKFLOWS_STUB,
    PRELOADED_SDK,
    ...(await Promise.all(INTERCEPTORS.map((file) => readFile(file, 'utf8')))),
    ...['@temporalio/workflow', '@temporalio/common', '@temporalio/proto', '@temporalio/worker'].map(ownPackageVersion),
  ];
  return `${version}-${shortDigest(digestOf(ingredients.join('\n')))}`;
}

/** The cache is never needed: what cannot be read, or was cut short, is made again. */
async function readCached(file: string): Promise<SdkTemplate | undefined> {
  try {
    const { digest, template } = JSON.parse(await readFile(file, 'utf8')) as { digest: string; template: SdkTemplate };
    return digest === digestOf(template.code + template.map) ? template : undefined;
  } catch {
    return undefined;
  }
}

async function writeCached(file: string, template: SdkTemplate): Promise<void> {
  const text = JSON.stringify({ digest: digestOf(template.code + template.map), template });
  await writeWhole(file, text).catch(() => undefined);
}

async function bundleTemplate(): Promise<SdkTemplate> {
  const folder = await mkdtemp(join(tmpdir(), 'mission-template-'));
  try {
    const workflowsPath = join(folder, 'workflows.cjs');
    const library = join(folder, SHARED_MODULES.library);
    const schemas = join(folder, SHARED_MODULES.schemas);
    await Promise.all([
      writeFile(workflowsPath, WORKFLOWS_STUB),
      writeFile(library, LIBRARY_STUB),
      writeFile(schemas, SCHEMAS_STUB),
    ]);
    return splitSourceMap(await compacted(await bundleStubs(folder, workflowsPath, [library, schemas])));
  } catch (error) {
    throw new MissionError(
      'ARTIFACT_LOAD_FAILED',
      `Temporal's workflow SDK could not be bundled: ${messageOf(error)}`,
      {
        remedy:
          'Check that the folder for temporary files can be written and that @temporalio/worker is installed completely.',
        cause: error,
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundleStubs(folder: string, workflowsPath: string, shared: readonly string[]): Promise<string> {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  // The stubs lie outside of any project: the SDK is found where mission-runtime finds it.
  const packages = requireOwn.resolve.paths('@temporalio/workflow') ?? [];
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    preloadModules: [...shared, requireOwn.resolve(PRELOADED_SDK)],
    workflowInterceptorModules: INTERCEPTORS.slice(0, 1),
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => ({
      ...config,
      context: folder,
      resolve: { ...config.resolve, modules: [...(config.resolve?.modules ?? []), ...packages] },
      output: { ...config.output, devtoolModuleFilenameTemplate: sourceName },
    }),
  });
  return code;
}

/** `@temporalio/workflow/src/internals.ts`: by such endings the SDK knows which frames of a stack trace are its own. */
function sourceName({ absoluteResourcePath }: { readonly absoluteResourcePath: string }): string {
  const [, ...inPackages] = absoluteResourcePath.split(/[\\/]/).join('/').split('/node_modules/');
  return inPackages.at(-1) ?? `mission-runtime/linked/${basename(absoluteResourcePath)}`;
}

/**
 * Every worker holds its bundle as text. Comments are a third of it, and one character beyond Latin-1 would make each
 * character of it two bytes. Names stay, for stack traces; the source map is carried along.
 */
async function compacted(bundle: string): Promise<string> {
  const { code } = await transform(withAdditions(bundle, keptIn(bundle)), {
    minifyWhitespace: true,
    legalComments: 'none',
    charset: 'ascii',
    target: 'es2022',
    sourcemap: 'inline',
  });
  return code;
}

function splitSourceMap(bundle: string): SdkTemplate {
  const marker = '//# sourceMappingURL=data:application/json;base64,';
  const at = bundle.lastIndexOf(marker);
  if (at < 0) throw new Error('the bundle has no inline source map');
  const map = JSON.parse(Buffer.from(bundle.slice(at + marker.length), 'base64').toString()) as Record<string, unknown>;
  const { sourcesContent: _, file: __, ...rest } = map;
  return { code: bundle.slice(0, at).trimEnd(), map: JSON.stringify(rest) };
}
