/** `measure.ts` as JavaScript that imports the built package: what is measured is what users have, not sources that are translated as they load. */
import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * @param root of the project, built
 * @returns a file in `dist`, from where packages are found
 */
export async function buildMeasure(root: string): Promise<string> {
  const outfile = join(root, 'dist/bench/measure.mjs');
  await build({
    entryPoints: [join(root, 'bench/replay/measure.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    plugins: [
      {
        name: 'built',
        setup: (bundler) => {
          bundler.onResolve({ filter: /^\.\.\/\.\.\/src\// }, ({ path }) => ({
            path: join('..', path.slice('../../src/'.length)).replace(/\.ts$/, '.js'),
            external: true,
          }));
        },
      },
    ],
  });
  return outfile;
}
