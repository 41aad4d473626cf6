/** Our own modules as one text of JavaScript: of sources, which Node 20 cannot start, and of what has to start fast. */
import { createRequire } from 'node:module';

/** Packages become part of the text: one file is read and compiled in half the time that hundreds take. */
export interface WholeBundle {
  /** Modules of ours, by path, that stand in for packages. */
  readonly standIns: Readonly<Record<string, string>>;
  /** A package that reads files of its own stays outside, and is found from another that depends on it. */
  readonly outside: { readonly name: string; readonly dependant: string };
}

const texts = new Map<string, string>();

/**
 * A module and what it imports, in CommonJS.
 *
 * @param whole left out, packages are required from where the module stands
 */
export function bundleSource(path: string, whole?: WholeBundle): string {
  const known = texts.get(path);
  if (known !== undefined) return known;
  const esbuild = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    banner: { js: requireFrom(path, whole?.outside.dependant) },
    ...(whole === undefined
      ? { packages: 'external' }
      : { alias: { ...whole.standIns }, external: [whole.outside.name], minifyWhitespace: true }),
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild gave nothing for ${path}`);
  // What stands at the top of a script is a global of everybody's. It is as strict as the modules that it was.
  const text = `(() => {"use strict";\n${output.text}\n})();\n`;
  texts.set(path, text);
  return text;
}

/** Sources run as a text that stands nowhere; what is built is a file. */
function requireFrom(path: string, dependant: string | undefined): string {
  const here = path.endsWith('.ts') ? JSON.stringify(path) : '__filename';
  const create = (from: string) => `require = require('node:module').createRequire(${from});`;
  return create(here) + (dependant === undefined ? '' : create(`require.resolve('${dependant}')`));
}
