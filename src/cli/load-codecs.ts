import { isAbsolute, resolve } from 'node:path';
import type { PayloadCodec } from '@temporalio/common';
import { loadModule } from '../artifact/load-module.ts';
import type { PayloadDecoder } from '../recording/decode-payloads.ts';
import { MissionError } from '../shared/errors.ts';

/** Names under which a module may export its codec, or a list of codecs. */
const EXPORTS = ['default', 'codec', 'payloadCodec', 'codecs', 'payloadCodecs', 'dataConverter'];

/**
 * The payload codecs of a module: an object with `decode`, a class of such objects, or a list of them.
 *
 * @throws MissionError `CONFIG_INVALID` when it exports none, and what {@link loadModule} throws.
 */
export async function loadCodecs(path: string, cwd: string): Promise<readonly PayloadDecoder[]> {
  const file = isAbsolute(path) ? path : resolve(cwd, path);
  const exports = await loadModule(file, `the codec ${path}`);
  for (const name of EXPORTS) {
    const found = codecsIn(exports[name]);
    if (found !== undefined) return found;
  }
  throw new MissionError('CONFIG_INVALID', `${path} exports no payload codec.`, {
    remedy: 'Export an object with decode(payloads) as default, or as "codec": the PayloadCodec of your workers.',
    details: { file, exports: Object.keys(exports) },
  });
}

/**
 * The same for workers and clients, which encode too.
 *
 * @throws MissionError `CONFIG_INVALID` when one of them only decodes.
 */
export async function loadWorkerCodecs(path: string, cwd: string): Promise<readonly PayloadCodec[]> {
  const codecs = await loadCodecs(path, cwd);
  if (codecs.every(isCodec)) return codecs;
  throw new MissionError('CONFIG_INVALID', `A payload codec of ${path} has no encode.`, {
    remedy:
      'MISSION_PAYLOAD_CODEC is what workers and clients write with: it needs encode(payloads) and decode(payloads).',
    details: { file: path },
  });
}

function isCodec(codec: PayloadDecoder): codec is PayloadCodec {
  return 'encode' in codec && typeof codec.encode === 'function';
}

function codecsIn(value: unknown): readonly PayloadDecoder[] | undefined {
  if (Array.isArray(value)) return value.length > 0 && value.every(isDecoder) ? value : undefined;
  if (isDecoder(value)) return [value];
  if (typeof value === 'function') return fromClass(value as new () => unknown);
  if (typeof value !== 'object' || value === null || !('payloadCodecs' in value)) return undefined;
  return codecsIn(value.payloadCodecs);
}

function fromClass(made: new () => unknown): readonly PayloadDecoder[] | undefined {
  return isDecoder(made.prototype) ? codecsIn(new made()) : undefined;
}

function isDecoder(value: unknown): value is PayloadDecoder {
  return typeof value === 'object' && value !== null && 'decode' in value && typeof value.decode === 'function';
}
