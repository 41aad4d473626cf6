/** The esbuild plugin of workflow bundles: what is linked later, what the sandbox replaces, what is refused. */
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { ImportChain } from './import-chain.ts';
import { KIT_ENTRY } from './kit-location.ts';
import { builtinName, LINKED_MODULES, refuseInWorkflow, SANDBOX_MODULES } from './workflow-modules.ts';

const SANDBOX_NAMESPACE = 'sandbox';
const ASKED_BY_US = Symbol('asked by this plugin');

/** @param root - absolute path of the author's project */
export function workflowImports(root: string): Plugin {
  return {
    name: 'workflow-imports',
    setup(build) {
      const chain = new ImportChain(root);
      build.onResolve({ filter: /.*/ }, (args) =>
        args.pluginData === ASKED_BY_US ? undefined : resolveImport(build, chain, args),
      );
      build.onLoad({ filter: /.*/, namespace: SANDBOX_NAMESPACE }, ({ path }) => ({
        contents: SANDBOX_MODULES[path] ?? '',
        loader: 'js',
      }));
    },
  };
}

async function resolveImport(
  build: PluginBuild,
  chain: ImportChain,
  args: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  if (args.kind === 'entry-point') return undefined;
  if (args.path === 'mission-runtime/mission') return { path: KIT_ENTRY };
  const linked = linkedModule(args.path);
  if (linked !== undefined) return { path: linked, external: true };
  const refusal = refuseInWorkflow(args.path);
  if (refusal !== undefined) {
    const way = chain.describe(args.importer, args.path);
    return { errors: [{ text: `${refusal.reason}\nImported by ${way}`, detail: { remedy: refusal.remedy } }] };
  }
  const builtin = builtinName(args.path);
  if (builtin !== undefined) return { path: builtin, namespace: SANDBOX_NAMESPACE };
  return resolveFile(build, chain, args);
}

async function resolveFile(build: PluginBuild, chain: ImportChain, args: OnResolveArgs): Promise<OnResolveResult> {
  const { path, importer, kind, resolveDir, namespace } = args;
  const found = await build.resolve(path, { importer, kind, resolveDir, namespace, pluginData: ASKED_BY_US });
  chain.add(found.path, importer);
  const { errors, warnings, external, sideEffects, suffix } = found;
  return { path: found.path, namespace: found.namespace, errors, warnings, external, sideEffects, suffix };
}

/** `zod/v4` is the same module as `zod`; two copies would not recognise each other's schemas. */
function linkedModule(specifier: string): string | undefined {
  const name = specifier === 'zod/v4' ? 'zod' : specifier;
  return LINKED_MODULES.find((module) => module === name);
}
