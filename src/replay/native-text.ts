/**
 * UTF-8 in a sandbox as the host does it. The SDK brings a coder in JavaScript of its own, which takes a tenth of a replay.
 *
 * 1. Every result is what the SDK's own coder gives: where that could be told apart (half a surrogate pair, bytes that are no UTF-8), it is asked.
 * 2. What comes out is of the context's realm; code inside finds nothing of the host's in it.
 */
import vm from 'node:vm';

/** How the module's id ends in bundles that name modules by their paths; of other bundles nothing is changed. */
const MODULE_ID = '@temporalio/common/lib/encoding.js';

/** Shorter ones the SDK's coder does as fast. */
const SHORT = 48;

const REPLACE = new vm.Script(`((module, lengthOf, write, read, short) => {
  const { TextEncoder, TextDecoder } = module.exports;
  const { apply } = Reflect;
  const { isWellFormed, includes } = String.prototype;
  const Bytes = Uint8Array;
  const { [Symbol.toStringTag]: tag, length } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(Bytes.prototype));
  const { encode } = TextEncoder.prototype;
  const { decode } = TextDecoder.prototype;
  TextEncoder.prototype.encode = function (text) {
    if (typeof text !== 'string' || text.length < short || !apply(isWellFormed, text, [])) return apply(encode, this, [text]);
    const bytes = new Bytes(lengthOf(text));
    write(text, bytes);
    return bytes;
  };
  TextDecoder.prototype.decode = function (bytes) {
    if (apply(tag.get, bytes, []) !== 'Uint8Array' || apply(length.get, bytes, []) < short) return apply(decode, this, [bytes]);
    const text = read(bytes);
    return apply(includes, text, ['\\ufffd']) ? apply(decode, this, [bytes]) : text;
  };
})`);

const encoder = new TextEncoder();

function lengthOf(text: string): number {
  return Buffer.byteLength(text);
}

function write(text: string, into: Uint8Array): void {
  encoder.encodeInto(text, into);
}

function read(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** A module of the kind that the SDK's coder is. */
interface CoderModule {
  readonly exports?: { readonly TextEncoder?: unknown; readonly TextDecoder?: unknown };
}

/**
 * Replaces the coder of a bundle that was just loaded, for all runs in its context.
 *
 * @param ids of the bundle's modules
 */
export function useNativeText(context: vm.Context, ids: readonly string[]): void {
  const id = ids.find((one) => one.endsWith(MODULE_ID));
  const modules = context['__webpack_module_cache__'] as Readonly<Record<string, CoderModule | undefined>> | undefined;
  const found = id === undefined ? undefined : modules?.[id];
  if (typeof found?.exports?.TextEncoder !== 'function' || typeof found.exports.TextDecoder !== 'function') return;
  REPLACE.runInContext(context)(found, lengthOf, write, read, SHORT);
}
