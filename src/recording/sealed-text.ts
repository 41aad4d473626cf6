/** Texts in files of the repository, encrypted when there are keys: JSON that names its key, and reads as one line in a diff. */
import type { Vault } from '../registry/vault.ts';

const FORMAT = 'mission-runtime/1';

/** The text of a file that holds this one: itself without keys, else its sealed form. */
export function sealText(text: string, vault: Vault, place: string): string {
  if (vault.keyId === null) return text;
  const data = Buffer.from(vault.seal(Buffer.from(text), place)).toString('base64');
  return `${JSON.stringify({ encrypted: FORMAT, key: vault.keyId, data }, null, 2)}\n`;
}

/**
 * The bytes that a file holds, opened when they are sealed.
 *
 * @throws MissionError `ENCRYPTION_KEY_MISSING`, `ENCRYPTED_DATA_INVALID`.
 */
export function openText(bytes: Uint8Array, vault: Vault, place: string): Uint8Array {
  const data = sealedData(bytes);
  return data === undefined ? bytes : vault.open(Buffer.from(data, 'base64'), place);
}

function sealedData(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!text.slice(0, 100).includes('"encrypted"')) return undefined;
  try {
    const { encrypted, data } = JSON.parse(text) as { encrypted?: unknown; data?: unknown };
    return encrypted === FORMAT && typeof data === 'string' ? data : undefined;
  } catch {
    return undefined;
  }
}
