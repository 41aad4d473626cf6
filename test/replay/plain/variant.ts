/** A changed copy of the plain workflows: what an edit of their author would make of them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/**
 * Bundles the plain workflows with one text replaced by another. The text must occur, or the variant would change nothing.
 *
 * @param file - of the original, relative to this folder
 * @param preloaded - text of a module `./preloaded.ts`, which all runs share
 */
export async function bundleVariant(
  from: string,
  to: string,
  file = './workflows.ts',
  preloaded?: string,
): Promise<string> {
  const original = fileURLToPath(new URL(file, import.meta.url));
  const source = await readFile(original, 'utf8');
  if (!source.includes(from)) throw new Error(`The plain workflows do not contain: ${from}`);
  // Below the project, so that packages are found; not among the sources, which other tests read.
  const place = fileURLToPath(new URL('../../../.mission', import.meta.url));
  await mkdir(place, { recursive: true });
  const folder = await mkdtemp(join(place, 'variant-'));
  try {
    const workflowsPath = join(folder, 'workflows.ts');
    await writeFile(workflowsPath, source.replaceAll(from, to).replaceAll("from './", `from '${dirname(original)}/`));
    const shared = join(folder, 'preloaded.ts');
    if (preloaded !== undefined) await writeFile(shared, preloaded);
    const preloadModules = preloaded === undefined ? [] : [shared];
    const { code } = await bundleWorkflowCode({
      workflowsPath,
      preloadModules,
      logger: new DefaultLogger('ERROR'),
    });
    return code;
  } finally {
    await rm(folder, { recursive: true });
  }
}
