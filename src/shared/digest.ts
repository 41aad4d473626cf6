import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './json.ts';

/** A content address: `sha256:` and 64 hexadecimal digits. */
export type Digest = `sha256:${string}`;

/** The digest of a text (as UTF-8) or of bytes. Not for the workflow sandbox, which has no `node:crypto`. */
export function digestOf(content: string | Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** A digest of a text that comes in pieces. */
export interface DigestInPieces {
  update(piece: string): void;
  end(): Digest;
}

export function digestInPieces(): DigestInPieces {
  const hash = createHash('sha256');
  return {
    update(piece) {
      hash.update(piece);
    },
    end: () => `sha256:${hash.digest('hex')}`,
  };
}

/** The digest of a JSON value: that of its canonical text, so key order and white space do not matter. */
export function digestOfJson(value: Json): Digest {
  return digestOf(canonicalJson(value));
}

/** Whether a text has the form of a digest. */
export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The first 12 hexadecimal digits, for people: `1f0c33a9be21`. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
