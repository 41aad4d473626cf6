/** The key file of a project: one key a line, the active one first, readable by its owner only. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MissionError, messageOf } from '../shared/errors.ts';
import { type KeyText, splitKeys } from './keyring.ts';

const HEADER = `# Keys of payloads, recordings and regression cases: the first encrypts, all decrypt.
# A key may go when nothing needs it any more: mission keys list. Keep a copy of this file away from the data.
`;

/**
 * Puts a key in front: from now on it encrypts. The others stay.
 *
 * @throws MissionError `USAGE` when the file has a key of this id, `CONFIG_INVALID` when it cannot be read or written.
 */
export async function addKey(file: string, key: KeyText): Promise<readonly KeyText[]> {
  const keys = await readKeyFile(file);
  if (keys.some(({ id }) => id === key.id)) {
    throw new MissionError('USAGE', `There is a key "${key.id}" in ${file} already.`, {
      remedy: 'Give the new one another id: mission keys new --id <id>.',
      details: { id: key.id },
    });
  }
  return writeKeyFile(file, [key, ...keys]);
}

/**
 * Takes a key out.
 *
 * @throws MissionError `USAGE` when it is not there, or is the active one while there are others.
 */
export async function removeKey(file: string, id: string): Promise<readonly KeyText[]> {
  const keys = await readKeyFile(file);
  if (!keys.some((key) => key.id === id)) {
    throw new MissionError('USAGE', `There is no key "${id}" in ${file}.`, {
      remedy: 'mission keys list tells the keys.',
    });
  }
  if (keys.length > 1 && keys[0]?.id === id) {
    throw new MissionError('USAGE', `The key "${id}" is the active one.`, {
      remedy: 'Make another one active first: mission keys new.',
    });
  }
  return writeKeyFile(
    file,
    keys.filter((key) => key.id !== id),
  );
}

async function readKeyFile(file: string): Promise<KeyText[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if ((cause as { code?: string }).code === 'ENOENT') return '';
    throw unusable(file, cause);
  });
  return splitKeys(text, `The keys in ${file}`);
}

/** Renamed into place when it is written, so that nobody reads half of it. */
async function writeKeyFile(file: string, keys: readonly KeyText[]): Promise<readonly KeyText[]> {
  const fresh = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(fresh, HEADER + keys.map(({ id, secret }) => `${id}:${secret}\n`).join(''), { mode: 0o600 });
    await chmod(fresh, 0o600);
    await rename(fresh, file);
    return keys;
  } catch (cause) {
    throw unusable(file, cause);
  } finally {
    await rm(fresh, { force: true });
  }
}

function unusable(file: string, cause: unknown): MissionError {
  return new MissionError('CONFIG_INVALID', `The key file ${file} cannot be used: ${messageOf(cause)}.`, {
    remedy: 'Make it readable and writable for this user.',
    cause,
  });
}
