/** What the registry stores of runs is sealed when there are keys, each value for its own place, and opened when it is read. */
import type { Keyring } from '../encryption/keyring.ts';
import { isSealed, seal, unseal } from '../encryption/seal.ts';

export interface Vault {
  /** The active key; `null` where nothing is encrypted. */
  readonly keyId: string | null;
  /** @param place `recording/<id>/content`: a value that is moved elsewhere does not open there */
  seal(bytes: Uint8Array, place: string): Uint8Array;
  /**
   * Values in clear pass: they were stored before there were keys.
   *
   * @throws MissionError `ENCRYPTION_KEY_MISSING`, `ENCRYPTED_DATA_INVALID`.
   */
  open(bytes: Uint8Array, place: string): Uint8Array;
}

export function createVault(keyring: Keyring | undefined): Vault {
  return {
    keyId: keyring?.active.id ?? null,
    seal: (bytes, place) => (keyring === undefined ? bytes : seal(bytes, keyring, place)),
    open: (bytes, place) => (isSealed(bytes) ? unseal(bytes, keyring, place) : bytes),
  };
}
