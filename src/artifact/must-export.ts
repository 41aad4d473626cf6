import { readFile, stat } from 'node:fs/promises';
import { MissionError } from '../shared/errors.ts';

/** What a module may hand on without naming it. */
const HANDS_ON = /\bexport\s*\*|\bmodule\.exports\s*=/;

/**
 * Refuses a module that cannot export what a worker takes from it: Temporal's bundler would leave it out in silence.
 *
 * @param file absolute path; one that is no file is left to the bundler.
 * @param what for people: `The payload converter src/converter.ts`
 * @throws MissionError `CONFIG_INVALID`
 */
export async function mustExport(file: string | undefined, name: string, what: string): Promise<void> {
  if (file === undefined || !(await isFile(file))) return;
  const text = await readFile(file, 'utf8');
  if (new RegExp(`\\b${name}\\b`).test(text) || HANDS_ON.test(text)) return;
  throw new MissionError('CONFIG_INVALID', `${what} does not export ${name}.`, {
    remedy: `Name the module that your worker is given; it has to export const ${name}.`,
    details: { file },
  });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
