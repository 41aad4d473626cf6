/** Starting a thread from one of our own modules, whether the project runs from `dist` or from its TypeScript sources. */
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { bundleSource } from './bundle-source.ts';

/**
 * Starts `new Worker` on a module of ours, bundled first where it is source.
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
