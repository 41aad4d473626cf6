import Long from 'long';

/**
 * The random seed that Temporal's core gives to a run: SipHash-1-3 with a zero key over the run id, hashed as Rust hashes
 * a string (its bytes and then 0xff). `uuid4()` and `Math.random()` of workflow code depend on it, so a replay must too.
 * Source: `str_to_randomness_seed` in sdk-core.
 */
export function randomnessSeed(runId: string): Long {
  const text = Buffer.from(runId, 'utf8');
  const length = text.length + 1;
  // Whole words of eight bytes; the last one ends in the length.
  const bytes = Buffer.alloc(length - (length % 8) + 8);
  bytes.set(text);
  bytes[text.length] = 0xff;
  bytes[bytes.length - 1] = length & 0xff;
  const state = Int32Array.from(BEGINNING);
  for (let at = 0; at < bytes.length; at += 8) absorb(state, bytes.readInt32LE(at + 4), bytes.readInt32LE(at));
  xor(state, C, 0, 0xff);
  for (let round = 0; round < 3; round += 1) mix(state);
  for (const word of [B, C, D]) xor(state, A, at(state, word), at(state, word + 1));
  return Long.fromBits(at(state, A + 1), at(state, A), true);
}

/** The four words of the state, each as two halves, the higher first: numbers are ten times as fast as BigInt. */
const [A, B, C, D] = [0, 2, 4, 6];
const BEGINNING = [
  0x736f6d65, 0x70736575, 0x646f7261, 0x6e646f6d, 0x6c796765, 0x6e657261, 0x74656462, 0x79746573,
] as const;

function at(state: Int32Array, index: number): number {
  return state[index] ?? 0;
}

function absorb(state: Int32Array, high: number, low: number): void {
  xor(state, D, high, low);
  mix(state);
  xor(state, A, high, low);
}

function mix(state: Int32Array): void {
  addThenTurn(state, A, B, 13);
  turn(state, A, 32);
  addThenTurn(state, C, D, 16);
  addThenTurn(state, A, D, 21);
  addThenTurn(state, C, B, 17);
  turn(state, C, 32);
}

/** `sum += word`, then `word` turned left by so many bits and xored with the sum. */
function addThenTurn(state: Int32Array, sum: number, word: number, bits: number): void {
  const low = (at(state, sum + 1) >>> 0) + (at(state, word + 1) >>> 0);
  state[sum] = at(state, sum) + at(state, word) + (low > 0xffffffff ? 1 : 0);
  state[sum + 1] = low;
  turn(state, word, bits);
  xor(state, word, at(state, sum), at(state, sum + 1));
}

/** @param bits at most 32 */
function turn(state: Int32Array, word: number, bits: number): void {
  const [high, low] = [at(state, word), at(state, word + 1)];
  state[word] = bits === 32 ? low : (high << bits) | (low >>> (32 - bits));
  state[word + 1] = bits === 32 ? high : (low << bits) | (high >>> (32 - bits));
}

function xor(state: Int32Array, word: number, high: number, low: number): void {
  state[word] = at(state, word) ^ high;
  state[word + 1] = at(state, word + 1) ^ low;
}
