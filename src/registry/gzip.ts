import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A text (UTF-8) or bytes, compressed. */
export async function gzipped(content: string | Uint8Array): Promise<Uint8Array> {
  return await compress(content);
}

/** Undoes {@link gzipped}. */
export async function gunzipped(bytes: Uint8Array): Promise<Buffer> {
  return await decompress(bytes);
}

/** Undoes {@link gzipped} for a text. */
export async function gunzippedText(bytes: Uint8Array): Promise<string> {
  return (await gunzipped(bytes)).toString('utf8');
}
