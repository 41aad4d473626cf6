import { readFile } from 'node:fs/promises';
import type { IntendedChange } from '../compare/intended-change.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { CliContext } from './context.ts';

/**
 * The intended changes that a file declares.
 *
 * @throws MissionError `INPUT_INVALID` when it cannot be read, or declares none.
 */
export async function readIntended(file: string, context: CliContext): Promise<readonly IntendedChange[]> {
  const { parseIntendedChanges } = await import('../compare/intended-change.ts');
  return parseIntendedChanges(await readJson(context.path(file), file), file);
}

async function readJson(path: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new MissionError('INPUT_INVALID', `The intended changes in ${file} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Name a JSON file: --intends intended.json. Its form is in docs/replay.md.',
      details: { file },
      cause: error,
    });
  }
}
