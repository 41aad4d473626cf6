/** Seeded noise: how a real model's second thoughts are imitated in tests and demos. */
import { createHash } from 'node:crypto';

export interface Noise {
  readonly seed: number;
  /** 0…1: share of calls whose verdict is turned over. */
  readonly rate: number;
}

/** Whether this call goes wrong: decided by seed, request and call alone, so a retry of the call goes wrong again. */
export function isFlipped({ seed, rate }: Noise, request: string, call: string): boolean {
  const bytes = createHash('sha256').update(`${seed}\n${call}\n${request}`).digest();
  return bytes.readUInt32BE(0) / 2 ** 32 < rate;
}
