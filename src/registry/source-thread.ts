/** Starting a thread from one of our own modules, whether the project runs from `dist` or from its TypeScript sources. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts `new Worker` on a module of ours. From sources, which Node 20 cannot load in a thread, the module and what it
 * imports of ours are bundled in memory first; packages are required from where the module stands.
 *
 * @param name of the module beside `importer`, without extension: `pglite-thread`.
 * @param importer the caller's `import.meta.url`; its extension tells sources from build.
 */
export function startThread(name: string, importer: string, options: WorkerOptions): Worker {
  if (!importer.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, importer), options);
  const path = fileURLToPath(new URL(`./${name}.ts`, importer));
  // What loads TypeScript here is not needed there, and takes its time.
  return new Worker(bundleSource(path), { ...options, eval: true, execArgv: [] });
}

const texts = new Map<string, string>();

function bundleSource(path: string): string {
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
  texts.set(path, output.text);
  return output.text;
}
