/** The esbuild plugin of activity bundles: what is linked when the artifact is loaded, everything else is taken in. */
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { KIT_ENTRY } from './kit-location.ts';
import { isOfNativePackage } from './native-packages.ts';
import { builtinName } from './workflow-modules.ts';

const ASKED_BY_US = Symbol('asked by this plugin');

export const activityImports: Plugin = {
  name: 'activity-imports',
  setup(build) {
    build.onResolve({ filter: /.*/ }, (args) =>
      args.pluginData === ASKED_BY_US || args.kind === 'entry-point' ? undefined : resolveImport(build, args),
    );
  },
};

/** Linked at load: the SDK, the kit's activity side, and zod, so that schemas of both sides are of one copy. */
export function isLinkedInActivities(specifier: string): boolean {
  return /^(@temporalio\/.+|mission-runtime\/activity|zod|zod\/v4)$/.test(specifier);
}

async function resolveImport(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path } = args;
  if (path === 'mission-runtime/mission') return { path: KIT_ENTRY };
  if (isLinkedInActivities(path) || builtinName(path) !== undefined) return { path, external: true };
  if (path === 'mission-runtime' || path.startsWith('mission-runtime/')) return refusal(path);
  return path.startsWith('.') ? undefined : resolvePackage(build, args);
}

async function resolvePackage(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path, importer, kind, resolveDir, namespace } = args;
  const found = await build.resolve(path, { importer, kind, resolveDir, namespace, pluginData: ASKED_BY_US });
  return found.errors.length === 0 && isOfNativePackage(found.path) ? { path, external: true } : undefined;
}

function refusal(path: string): OnResolveResult {
  const remedy = 'Import mission-runtime/activity; starting runs from an activity is done with @temporalio/client.';
  return { errors: [{ text: `${path} is not for activity code`, detail: { remedy } }] };
}
