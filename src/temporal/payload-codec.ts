/**
 * The payload codec: what Temporal stores of a run is encrypted before it leaves the process, and opened where it comes back.
 *
 * 1. A payload is encrypted whole, its metadata with it. The server sees the key's id and a length.
 * 2. A payload that this codec did not encrypt passes as it is, so keys can be introduced while runs are open.
 * 3. Workflow code never sees it: it works between server and sandbox, so it changes no command and no replay.
 */
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Keyring } from '../encryption/keyring.ts';
import { seal, unseal } from '../encryption/seal.ts';

const PayloadMessage = proto.temporal.api.common.v1.Payload;

/** The encoding of an encrypted payload; its own metadata is inside. */
const ENCRYPTED = 'binary/mission-encrypted';
const encryptedEncoding = Buffer.from(ENCRYPTED);
/** The same for every payload: Temporal gives a codec no place that would hold on both sides of a start or a signal. */
const PURPOSE = 'payload';

/**
 * A codec that encrypts with the active key and decrypts with any.
 *
 * @returns a codec whose `decode` throws `ENCRYPTION_KEY_MISSING` or `ENCRYPTED_DATA_INVALID`.
 */
function encryptionCodec(keyring: Keyring): PayloadCodec {
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, keyring)),
    decode: async (payloads) => payloads.map((payload) => decrypt(payload, keyring)),
  };
}

/** Where no keys are configured: nothing is encrypted, and what is encrypted is refused with the name of its key. */
const keylessCodec: PayloadCodec = {
  encode: async (payloads) => payloads,
  decode: async (payloads) => payloads.map((payload) => decrypt(payload, undefined)),
};

/** The codecs of a client or a worker, in their order: one's own, then encryption. */
export function payloadCodecs(
  keyring: Keyring | undefined,
  own: readonly PayloadCodec[] = [],
): readonly PayloadCodec[] {
  return [...own, keyring === undefined ? keylessCodec : encryptionCodec(keyring)];
}

function encrypt(payload: Payload, keyring: Keyring): Payload {
  const bytes = PayloadMessage.encode(payload).finish();
  return {
    metadata: { encoding: encryptedEncoding, 'encryption-key-id': Buffer.from(keyring.active.id) },
    data: seal(bytes, keyring, PURPOSE),
  };
}

function decrypt(payload: Payload, keyring: Keyring | undefined): Payload {
  const encoding = payload.metadata?.['encoding'];
  if (encoding === undefined || encoding === null || !encryptedEncoding.equals(encoding)) return payload;
  const { metadata, data } = PayloadMessage.decode(unseal(payload.data ?? new Uint8Array(0), keyring, PURPOSE));
  return { metadata, data };
}
