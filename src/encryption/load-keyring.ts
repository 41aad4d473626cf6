/** Where keys come from: the environment, or a file. */
import { readFile } from 'node:fs/promises';
import { MissionError, messageOf } from '../shared/errors.ts';
import { type Keyring, parseKeyring } from './keyring.ts';

export interface KeyPlaces {
  readonly env: NodeJS.ProcessEnv;
  /** Read when the environment names neither keys nor a file, and it is there. */
  readonly file?: string | undefined;
}

/** The text of the keys, and where it came from; `undefined` when nothing is encrypted. */
export interface KeySource {
  readonly kind: 'environment' | 'file';
  /** `MISSION_PAYLOAD_KEYS`, or the file. */
  readonly place: string;
  readonly text: string;
}

/**
 * Finds the keys: `MISSION_PAYLOAD_KEYS` first, then the file that `MISSION_PAYLOAD_KEYS_FILE` names, then the given file.
 *
 * @throws MissionError `CONFIG_INVALID` when a file that was named cannot be read.
 */
export async function findKeys({ env, file }: KeyPlaces): Promise<KeySource | undefined> {
  const text = env['MISSION_PAYLOAD_KEYS'];
  if (text) return { kind: 'environment', place: 'MISSION_PAYLOAD_KEYS', text };
  const named = env['MISSION_PAYLOAD_KEYS_FILE'];
  if (named) return { kind: 'file', place: named, text: await readKeys(named, true) };
  if (file === undefined) return undefined;
  const found = await readKeys(file, false);
  return found === '' ? undefined : { kind: 'file', place: file, text: found };
}

/**
 * The keyring of this process; `undefined` when no keys are configured.
 *
 * @throws MissionError `CONFIG_INVALID` when they cannot be read.
 */
export async function loadKeyring(places: KeyPlaces): Promise<Keyring | undefined> {
  const source = await findKeys(places);
  return source === undefined ? undefined : parseKeyring(source.text, `The keys in ${source.place}`);
}

async function readKeys(file: string, isNamed: boolean): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    if (!isNamed && (cause as { code?: string }).code === 'ENOENT') return '';
    throw new MissionError('CONFIG_INVALID', `The keys cannot be read from ${file}: ${messageOf(cause)}.`, {
      remedy:
        'Name a file that is there, or make one with mission keys new. Without its keys nothing may be written in clear.',
      cause,
    });
  });
}
