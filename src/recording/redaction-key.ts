import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MissionError } from '../shared/errors.ts';

/** Where the key of an embedded registry lies, beside it. */
const DEFAULT_REDACTION_KEY_FILE = '.mission/redaction.key';

const KEY_BYTES = 32;

/**
 * The secret that replacements are derived from: `text` (64 hexadecimal digits, from the environment) when given, else the
 * file's, made when missing and readable by its owner only. Who has it can test guesses against a redacted recording.
 *
 * @throws MissionError `CONFIG_INVALID` when the text or the file is not such a key.
 */
export async function loadRedactionKey(file = DEFAULT_REDACTION_KEY_FILE, text?: string): Promise<Uint8Array> {
  if (text !== undefined && text !== '') return parseKey(text, 'The redaction key');
  await mkdir(dirname(file), { recursive: true });
  await makeKey(file);
  return parseKey(await readFile(file, 'utf8'), `The redaction key in ${file}`);
}

/** Linked into place when it is written, so that of two processes both read the one key, and whole. */
async function makeKey(file: string): Promise<void> {
  const fresh = `${file}.${randomUUID()}`;
  try {
    await writeFile(fresh, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
    await link(fresh, file);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  } finally {
    await rm(fresh, { force: true });
  }
}

function parseKey(text: string, what: string): Uint8Array {
  const key = text.trim();
  if (/^[0-9a-f]{64}$/i.test(key)) return Buffer.from(key, 'hex');
  throw new MissionError('CONFIG_INVALID', `${what} is not 64 hexadecimal digits.`, {
    remedy: 'Restore the key that earlier recordings were redacted with, or make a new one: openssl rand -hex 32.',
  });
}
