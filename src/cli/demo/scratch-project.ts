/** The demo's own project: a copy of the reference mission in a folder that may be thrown away. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import * as z from 'zod';
import type { Json } from '../../shared/json.ts';
import { stopEmbeddedServer } from '../../temporal/embedded-server.ts';
import { embeddedDirectory } from '../../temporal/embedded-state.ts';

export const MISSION = 'refund-eligibility';

const variantList = z.array(
  z.strictObject({ name: z.string(), message: z.string(), files: z.record(z.string(), z.string()) }),
);

/** One state of the source, as an author would have committed it. */
export type Variant = z.infer<typeof variantList>[number];

export interface ScratchProject {
  readonly root: string;
  readonly variants: readonly Variant[];
  /** Puts the source into the state of a variant. */
  apply(variant: Variant): Promise<void>;
  /** Makes refund requests, always the same for a seed. */
  requests(seed: number, count: number): Promise<readonly Json[]>;
}

/** The folder of this package: `src/cli/demo` and `dist/cli/demo` lie equally deep in it. */
const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
const SOURCES = ['workflows', 'activities'] as const;

/** Makes the project anew; what an earlier demo left is stopped and removed. */
export async function makeScratchProject(root: string): Promise<ScratchProject> {
  await stopEmbeddedServer(embeddedDirectory(root));
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  await writeFile(
    join(root, 'package.json'),
    `${JSON.stringify({ name: 'refund-demo', private: true, type: 'module' }, null, 2)}\n`,
  );
  for (const folder of SOURCES) await cp(join(PACKAGE, folder), join(root, folder), { recursive: true });
  const mission = join(root, 'workflows', MISSION);
  const original = join(PACKAGE, 'workflows', MISSION);
  const variants = variantList.parse(JSON.parse(await readFile(join(original, 'variants', 'variants.json'), 'utf8')));
  await rm(join(mission, 'variants'), { recursive: true, force: true });
  return {
    root,
    variants,
    async apply({ files }) {
      const changed = new Set(variants.flatMap((variant) => Object.keys(variant.files)));
      for (const file of changed) {
        const from = files[file];
        await cp(from === undefined ? join(original, file) : join(original, 'variants', from), join(mission, file));
      }
    },
    requests: async (seed, count) => (await loadGenerator(root)).generateRequests(seed, count),
  };
}

interface Generator {
  generateRequests(seed: number, count: number): readonly Json[];
}

/** The generator is TypeScript of the mission's, so it is compiled before it is imported. */
async function loadGenerator(root: string): Promise<Generator> {
  const outfile = join(root, '.mission', 'requests.mjs');
  await build({
    entryPoints: [join(root, 'workflows', MISSION, 'requests.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    tsconfigRaw: {},
    nodePaths: createRequire(import.meta.url).resolve.paths('zod') ?? [],
  });
  return (await import(pathToFileURL(outfile).href)) as Generator;
}
