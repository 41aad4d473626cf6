/**
 * Sealing: bytes → encrypted bytes that name their key and are bound to what they are for. AES-256-GCM (NIST SP 800-38D).
 *
 * Layout: `MSL1`, one byte with the length of the key's id, the id, 4 bytes of the key's fingerprint, 12 bytes of nonce, the
 * ciphertext, 16 bytes of tag.
 *
 * Invariants:
 * 1. Nonces are random and 96 bits long: one key seals at most 2^32 values; rotate well before.
 * 2. The associated data is everything before the nonce, and the purpose: a value that is moved to another place, such as another
 *    recording or another column, does not open there.
 * 3. Nothing comes out that was not authenticated.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isMissionError, MissionError } from '../shared/errors.ts';
import type { EncryptionKey, Keyring } from './keyring.ts';

const MAGIC = Buffer.from('MSL1');
const CIPHER = 'aes-256-gcm';
const ID_AT = MAGIC.length + 1;
const FINGERPRINT_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts with the active key. The purpose says what the bytes are for: opening them needs the same. */
export function seal(bytes: Uint8Array, keyring: Keyring, purpose: string): Uint8Array {
  const header = headerOf(keyring.active);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyring.active.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associated(header, purpose));
  const body = [cipher.update(bytes), cipher.final()];
  return Buffer.concat([header, nonce, ...body, cipher.getAuthTag()]);
}

/** Whether bytes are sealed. Neither gzip nor JSON nor a protobuf message of ours begins like that. */
export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length > ID_AT && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** The id of the key that sealed bytes name. @throws MissionError `ENCRYPTED_DATA_INVALID` when they are not sealed. */
export function sealedKeyId(sealed: Uint8Array): string {
  return partsOf(sealed, '').id;
}

/**
 * What was sealed for this purpose.
 *
 * @param keyring `undefined` where no keys are configured.
 * @throws MissionError `ENCRYPTION_KEY_MISSING` when its key is not in the keyring, or another key has its id;
 * `ENCRYPTED_DATA_INVALID` when the bytes were changed, cut, or sealed for another purpose.
 */
export function unseal(sealed: Uint8Array, keyring: Keyring | undefined, purpose: string): Uint8Array {
  const { header, id, fingerprint, nonce, body, tag } = partsOf(sealed, purpose);
  const key = keyring?.keys.find((one) => one.id === id);
  if (key === undefined) throw keyMissing(id, keyring);
  if (key.fingerprint !== fingerprint) throw otherKey(key, fingerprint);
  const decipher = createDecipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated(header, purpose));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch (cause) {
    throw invalid(purpose, `it was changed after the key "${id}" encrypted it, or belongs elsewhere`, cause);
  }
}

/** Whether an error says that this process cannot open what it was given, however often it tries. */
export function isUndecipherable(error: unknown): boolean {
  return isMissionError(error, 'ENCRYPTION_KEY_MISSING') || isMissionError(error, 'ENCRYPTED_DATA_INVALID');
}

function headerOf({ id, fingerprint }: EncryptionKey): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([id.length]), Buffer.from(id), Buffer.from(fingerprint, 'hex')]);
}

function associated(header: Uint8Array, purpose: string): Buffer {
  return Buffer.concat([header, Buffer.from(purpose)]);
}

function partsOf(sealed: Uint8Array, purpose: string) {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const idLength = bytes[MAGIC.length] ?? 0;
  const nonceAt = ID_AT + idLength + FINGERPRINT_BYTES;
  const bodyAt = nonceAt + NONCE_BYTES;
  if (!isSealed(bytes) || bytes.length < bodyAt + TAG_BYTES) throw invalid(purpose, 'it is cut off, or no such data');
  return {
    header: bytes.subarray(0, nonceAt),
    id: bytes.toString('utf8', ID_AT, ID_AT + idLength),
    fingerprint: bytes.toString('hex', ID_AT + idLength, nonceAt),
    nonce: bytes.subarray(nonceAt, bodyAt),
    body: bytes.subarray(bodyAt, bytes.length - TAG_BYTES),
    tag: bytes.subarray(bytes.length - TAG_BYTES),
  };
}

function keyMissing(id: string, keyring: Keyring | undefined): MissionError {
  const here = keyring === undefined ? 'no keys are configured' : `the keys here are ${idsOf(keyring)}`;
  return new MissionError('ENCRYPTION_KEY_MISSING', `This was encrypted with the key "${id}", and ${here}.`, {
    remedy: `Add the key "${id}" after the active one, to MISSION_PAYLOAD_KEYS or to the key file. Keys stay until nothing needs them: mission keys list.`,
    details: { key: id, keys: keyring?.keys.map((key) => key.id) ?? [] },
  });
}

function idsOf({ keys }: Keyring): string {
  return keys.map(({ id }) => `"${id}"`).join(', ');
}

function otherKey({ id, fingerprint }: EncryptionKey, wanted: string): MissionError {
  return new MissionError(
    'ENCRYPTION_KEY_MISSING',
    `This was encrypted with a key "${id}" of fingerprint ${wanted}; the key "${id}" here has ${fingerprint}.`,
    {
      remedy: `Restore the key "${id}" that was used, and give the other one an id of its own.`,
      details: { key: id, fingerprint: wanted },
    },
  );
}

function invalid(purpose: string, why: string, cause?: unknown): MissionError {
  const what = purpose === '' ? 'Encrypted data' : `Encrypted data (${purpose})`;
  return new MissionError('ENCRYPTED_DATA_INVALID', `${what} cannot be opened: ${why}.`, {
    remedy: 'Restore it from a back-up, or record the run again while Temporal keeps it; find out who can write there.',
    details: { purpose },
    cause,
  });
}
