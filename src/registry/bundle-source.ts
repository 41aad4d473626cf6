/** Our own TypeScript as one text of JavaScript, for threads and processes, which Node 20 cannot start from sources. */
import { createRequire } from 'node:module';

const texts = new Map<string, string>();

/** A module and what it imports of ours, in CommonJS; packages are required from where the module stands. */
export function bundleSource(path: string): string {
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
    packages: 'external',
    banner: { js: `require = require('node:module').createRequire(${JSON.stringify(path)});` },
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild gave nothing for ${path}`);
  // What stands at the top of a script is a global of everybody's.
  const text = `(() => {\n${output.text}\n})();\n`;
  texts.set(path, text);
  return text;
}
