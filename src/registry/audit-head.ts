/**
 * A signed audit head: where the audit chain stood at a time, by whoever holds an Ed25519 key. Kept elsewhere, it proves
 * later, offline, that the trail still holds everything up to it. Pure but for the keys' own randomness.
 *
 * Invariants:
 * 1. The signature is Ed25519 over a domain tag and the canonical JSON of the document without `signature`.
 * 2. The key that counts is the one that the verifier brings; the one that the document names says only which to fetch.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import * as z from 'zod';
import { MissionError, messageOf } from '../shared/errors.ts';
import { canonicalJson } from '../shared/json.ts';
import { type AuditHead, auditEntry } from './audit-chain.ts';

const DOMAIN = 'mission-runtime/audit-head/1\n';

const signedHead = z.strictObject({
  format: z.literal('mission-runtime/audit-head/1'),
  seq: z.int().nonnegative(),
  hash: auditEntry.shape.hash,
  /** When it was signed, ISO 8601. */
  signedAt: z.iso.datetime(),
  signedBy: z.string(),
  /** `sha256:…` over the public key's SPKI bytes. */
  key: auditEntry.shape.hash,
  /** Base64. */
  signature: z.base64(),
});

export type SignedAuditHead = Readonly<z.infer<typeof signedHead>>;

/** A new Ed25519 key pair in PEM: PKCS #8 and SPKI, as OpenSSL writes and reads them. */
export function newAuditKey(): { readonly privateKey: string; readonly publicKey: string; readonly key: string } {
  const pair = generateKeyPairSync('ed25519');
  return {
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    key: fingerprintOf(pair.publicKey),
  };
}

/**
 * Signs a head.
 *
 * @param privateKey PEM of an Ed25519 key.
 * @throws MissionError `CONFIG_INVALID` when it is not one.
 */
export function signAuditHead(
  head: AuditHead,
  privateKey: string,
  { by, at }: { readonly by: string; readonly at: Date },
): SignedAuditHead {
  const secret = readKey(privateKey, 'private');
  const unsigned = {
    format: 'mission-runtime/audit-head/1',
    seq: head.seq,
    hash: head.hash,
    signedAt: at.toISOString(),
    signedBy: by,
    key: fingerprintOf(createPublicKey(secret)),
  } as const;
  return { ...unsigned, signature: sign(null, signedBytes(unsigned), secret).toString('base64') };
}

/**
 * The head that a document holds, once its signature has been proven.
 *
 * @param document what {@link signAuditHead} made, of any origin.
 * @param publicKey PEM of the signer's key, from a place that you trust.
 * @throws MissionError `AUDIT_BROKEN` when it is no such document, another key signed it, or it was changed; `CONFIG_INVALID`
 * when the key is not one.
 */
export function verifySignedHead(document: unknown, publicKey: string): SignedAuditHead {
  const head = parseSignedHead(document);
  const key = readKey(publicKey, 'public');
  const fingerprint = fingerprintOf(key);
  const { signature, ...unsigned } = head;
  if (head.key !== fingerprint) {
    throw notProven(`it names the key ${head.key}, and the given one is ${fingerprint}`);
  }
  if (!verify(null, signedBytes(unsigned), key, Buffer.from(signature, 'base64'))) {
    throw notProven('its signature does not fit what it says');
  }
  return head;
}

/** @throws MissionError `AUDIT_BROKEN` when it has another form. */
export function parseSignedHead(document: unknown): SignedAuditHead {
  const parsed = signedHead.safeParse(document);
  if (parsed.success) return parsed.data;
  throw notProven(`it is no signed head: ${z.prettifyError(parsed.error)}`);
}

function signedBytes(unsigned: Omit<SignedAuditHead, 'signature'>): Buffer {
  return Buffer.from(DOMAIN + canonicalJson(unsigned));
}

function fingerprintOf(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}

function readKey(pem: string, kind: 'private' | 'public'): KeyObject {
  try {
    const key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key for ${key.asymmetricKeyType ?? 'secrets'}`);
    return key;
  } catch (cause) {
    throw new MissionError('CONFIG_INVALID', `The ${kind} key is not an Ed25519 key in PEM: ${messageOf(cause)}.`, {
      remedy: 'Make a pair with mission audit keygen, or with openssl genpkey -algorithm ed25519.',
      cause,
    });
  }
}

function notProven(why: string): MissionError {
  return new MissionError('AUDIT_BROKEN', `The signed head does not hold: ${why}.`, {
    remedy: 'Take the head from where it was kept when it was signed, and the public key from its signer.',
  });
}
