/** Heads of the audit trail as they are kept: `seq:hash`, a file with either, signed or not. */
import { readFile } from 'node:fs/promises';
import type { AuditHead } from '../registry/audit-chain.ts';
import { parseSignedHead, type SignedAuditHead, verifySignedHead } from '../registry/audit-head.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { CliContext } from './context.ts';

const HEAD = /^(\d+):(sha256:[0-9a-f]{64})$/;

/** @throws MissionError `USAGE` when the text is not `seq:hash`. */
function readHead(text: string): AuditHead {
  const match = HEAD.exec(text);
  if (match === null) {
    throw new MissionError('USAGE', `"${text}" is not the head of an audit trail.`, {
      remedy: 'Write it as mission audit head printed it: 214:sha256:…, or name the file that holds it.',
    });
  }
  return { seq: Number(match[1]), hash: match[2] ?? '' };
}

/** A head that was kept: what it is, and who signed it when that was proven. */
interface KeptHead {
  readonly head: AuditHead;
  readonly signed: SignedAuditHead | undefined;
}

/** What commands take that prove something by a head. */
export interface HeadOptions {
  readonly head?: string;
  readonly publicKey?: string;
}

/**
 * The head of the command line's `--head` and `--public-key`, `undefined` without them.
 *
 * @throws MissionError `USAGE` for a key without a head, and as {@link readKeptHead}.
 */
export async function keptHeadOf(context: CliContext, { head, publicKey }: HeadOptions): Promise<KeptHead | undefined> {
  if (head !== undefined) return readKeptHead(context, head, publicKey);
  if (publicKey === undefined) return undefined;
  throw new MissionError('USAGE', 'A public key proves a signed head, and none is named.', {
    remedy: 'Name the file with --head.',
  });
}

/** Who signed a head, for people; none when that was not proven. */
export function signerLines(kept: KeptHead | undefined): string[] {
  const signed = kept?.signed;
  return signed === undefined ? [] : [`  signed by ${signed.signedBy} at ${signed.signedAt} with ${signed.key}`];
}

/**
 * The head that the command line names.
 *
 * @param given - `seq:hash`, or a file that holds that or a signed head
 * @param publicKey - the file of the signer's public key; a signature is checked only with one
 * @throws MissionError `USAGE` when there is no such file, or a key and nothing signed; `AUDIT_BROKEN` when the signature
 *   does not hold.
 */
async function readKeptHead(context: CliContext, given: string, publicKey: string | undefined): Promise<KeptHead> {
  const text = HEAD.test(given) ? given : (await readText(context.path(given), 'The head')).trim();
  if (!text.startsWith('{')) {
    if (publicKey === undefined) return { head: readHead(text), signed: undefined };
    throw new MissionError('USAGE', `The head ${given} is not signed, so a public key proves nothing of it.`, {
      remedy: 'Name a file that mission audit head --sign wrote.',
    });
  }
  const document = parseJson(text, given);
  if (publicKey === undefined) return { head: parseSignedHead(document), signed: undefined };
  const signed = verifySignedHead(document, await readText(context.path(publicKey), 'The public key'));
  return { head: signed, signed };
}

function parseJson(text: string, given: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new MissionError('AUDIT_BROKEN', `The signed head ${given} is not JSON: ${messageOf(cause)}.`, {
      remedy: 'Take the head from where it was kept when it was signed.',
      cause,
    });
  }
}

/** @param what - begins a sentence */
export async function readText(file: string, what: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new MissionError('USAGE', `${what} cannot be read from ${file}: ${messageOf(cause)}.`, {
      remedy: 'Name a file that is there and may be read.',
      cause,
    });
  });
}
