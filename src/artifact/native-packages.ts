/** Tells packages with a native addon: their binary is found by its place in node_modules, so they cannot be bundled. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ADDON_LOADERS = ['bindings', 'node-gyp-build', 'node-pre-gyp', '@mapbox/node-pre-gyp', 'prebuild-install'];

interface Manifest {
  readonly name?: string;
  readonly gypfile?: boolean;
  readonly binary?: unknown;
  readonly napi?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Whether the file at `path` belongs to a package with a native addon. Never so for the author's own files. */
export function isOfNativePackage(path: string): boolean {
  if (path.endsWith('.node')) return true;
  if (!path.includes('node_modules')) return false;
  const folder = packageFolder(path);
  return folder !== undefined && isNative(folder);
}

function packageFolder(path: string): string | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && manifestOf(folder).name !== undefined) return folder;
  }
  return undefined;
}

function isNative(folder: string): boolean {
  const { gypfile, binary, napi, dependencies = {} } = manifestOf(folder);
  if (gypfile === true || binary !== undefined || napi !== undefined) return true;
  return existsSync(join(folder, 'binding.gyp')) || ADDON_LOADERS.some((loader) => loader in dependencies);
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
