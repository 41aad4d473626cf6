import Long from 'long';

const MASK = (1n << 64n) - 1n;

/**
 * The random seed that Temporal's core gives to a run: SipHash-1-3 with a zero key over the run id, hashed as Rust hashes
 * a string (its bytes and then 0xff). `uuid4()` and `Math.random()` of workflow code depend on it, so a replay must too.
 * Source: `str_to_randomness_seed` in sdk-core.
 */
export function randomnessSeed(runId: string): Long {
  const bytes = [...new TextEncoder().encode(runId), 0xff];
  const state: State = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n];
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) absorb(state, littleEndian(bytes, at, 8));
  absorb(state, littleEndian(bytes, whole, bytes.length - whole) | (BigInt(bytes.length & 0xff) << 56n));
  state[2] ^= 0xffn;
  for (let round = 0; round < 3; round += 1) mix(state);
  return Long.fromString((state[0] ^ state[1] ^ state[2] ^ state[3]).toString(), true);
}

type State = [bigint, bigint, bigint, bigint];

function littleEndian(bytes: readonly number[], at: number, count: number): bigint {
  let word = 0n;
  for (let index = 0; index < count; index += 1) word |= BigInt(bytes[at + index] ?? 0) << BigInt(8 * index);
  return word;
}

function absorb(state: State, word: bigint): void {
  state[3] ^= word;
  mix(state);
  state[0] ^= word;
}

function mix(state: State): void {
  let [a, b, c, d] = state;
  a = (a + b) & MASK;
  b = rotate(b, 13n) ^ a;
  a = rotate(a, 32n);
  c = (c + d) & MASK;
  d = rotate(d, 16n) ^ c;
  a = (a + d) & MASK;
  d = rotate(d, 21n) ^ a;
  c = (c + b) & MASK;
  b = rotate(b, 17n) ^ c;
  c = rotate(c, 32n);
  state.splice(0, 4, a, b, c, d);
}

function rotate(word: bigint, by: bigint): bigint {
  return ((word << by) | (word >> (64n - by))) & MASK;
}
