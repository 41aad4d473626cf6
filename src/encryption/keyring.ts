/**
 * The keys that payloads, recordings and regression cases are encrypted with: several, by id. The first is active and
 * encrypts; all of them decrypt, so what an earlier key encrypted stays readable for as long as that key is kept.
 */
import { createHash, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { MissionError } from '../shared/errors.ts';

export interface EncryptionKey {
  readonly id: string;
  /** 256 bits. */
  readonly secret: KeyObject;
  /** 8 hexadecimal digits that tell keys apart and give nothing of them away. */
  readonly fingerprint: string;
}

export interface Keyring {
  readonly active: EncryptionKey;
  /** Active first. */
  readonly keys: readonly EncryptionKey[];
}

const KEY_BYTES = 32;
const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const SECRET = /^[0-9a-f]{64}$/i;
const FINGERPRINT_DOMAIN = 'mission-runtime/key-fingerprint/1\n';

/** A key as it is written: `<id>:<64 hexadecimal digits>`. */
export interface KeyText {
  readonly id: string;
  readonly secret: string;
}

/**
 * Reads keys: `<id>:<64 hexadecimal digits>`, separated by commas, white space or lines; `#` begins a remark. The first is active.
 *
 * @param where names the place of the text, to begin a sentence with. No message holds a key.
 * @returns `undefined` when the text has no keys.
 * @throws MissionError `CONFIG_INVALID` when an entry is not a key, or an id is there twice.
 */
export function parseKeyring(text: string, where: string): Keyring | undefined {
  const keys = splitKeys(text, where).map(({ id, secret }) => encryptionKey(id, Buffer.from(secret, 'hex')));
  const [active] = keys;
  return active === undefined ? undefined : { active, keys };
}

/** The entries of such a text. @throws MissionError `CONFIG_INVALID` as {@link parseKeyring}. */
export function splitKeys(text: string, where: string): KeyText[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*$/, ''));
  const entries = lines.flatMap((line) => line.split(/[\s,]+/)).filter((entry) => entry !== '');
  const seen = new Set<string>();
  return entries.map((entry, index) => {
    const at = entry.indexOf(':');
    const [id, secret] = [entry.slice(0, Math.max(at, 0)), entry.slice(at + 1)];
    if (!ID.test(id) || !SECRET.test(secret)) throw notAKey(where, index);
    if (seen.has(id)) throw twice(where, id);
    seen.add(id);
    return { id, secret };
  });
}

/** A new secret, as it is written. */
export function newSecret(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}

/** @throws MissionError `USAGE` when a text cannot be the id of a key. */
export function checkKeyId(id: string): string {
  if (ID.test(id)) return id;
  throw new MissionError('USAGE', `"${id}" cannot be the id of a key.`, {
    remedy: 'Use small letters, digits, dots, hyphens and underscores, at most 64, such as 2026-03.',
  });
}

function encryptionKey(id: string, bytes: Buffer): EncryptionKey {
  const hash = createHash('sha256').update(FINGERPRINT_DOMAIN).update(bytes).digest('hex');
  return { id, secret: createSecretKey(bytes), fingerprint: hash.slice(0, 8) };
}

function notAKey(where: string, index: number): MissionError {
  return new MissionError('CONFIG_INVALID', `${where}: entry ${index + 1} is not <id>:<64 hexadecimal digits>.`, {
    remedy: 'Make keys with mission keys new. Ids are small letters, digits, dots, hyphens and underscores.',
    details: { entry: index + 1 },
  });
}

function twice(where: string, id: string): MissionError {
  return new MissionError('CONFIG_INVALID', `${where}: there are two keys "${id}".`, {
    remedy: 'Every key has an id of its own: what it encrypted names it.',
    details: { id },
  });
}
