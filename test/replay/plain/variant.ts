/** A changed copy of the plain workflows: what an edit of their author would make of them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const ORIGINAL = fileURLToPath(new URL('./workflows.ts', import.meta.url));

/** Bundles the plain workflows with one text replaced by another. The text must occur, or the variant would change nothing. */
export async function bundleVariant(from: string, to: string): Promise<string> {
  const source = await readFile(ORIGINAL, 'utf8');
  if (!source.includes(from)) throw new Error(`The plain workflows do not contain: ${from}`);
  const folder = await mkdtemp(join(fileURLToPath(new URL('.', import.meta.url)), 'variant-'));
  try {
    const workflowsPath = join(folder, 'workflows.ts');
    await writeFile(workflowsPath, source.replaceAll(from, to));
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    return code;
  } finally {
    await rm(folder, { recursive: true });
  }
}
