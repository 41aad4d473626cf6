/**
 * Which versions run beside a real run, and why. Pure, and after the fact: it takes what the start stamped on the run, so
 * whoever asks later finds the same, and the start itself has nothing to do.
 *
 * Invariants
 * 1. A key is shadowed by its own bucket for each candidate: neither the weights nor another candidate's share say anything
 *    about it.
 * 2. Raising a share keeps all keys that were shadowed before.
 * 3. A run is not shadowed by the version that it is on.
 */
import type { RouteShadow } from '../registry/routes.ts';
import { BUCKETS } from './layout.ts';
import { bucketOf } from './resolve-route.ts';

export interface ShadowChoice {
  readonly version: number;
  /** Parts per 10,000. */
  readonly share: number;
  /** 0 to 9999; below the share it is shadowed. */
  readonly bucket: number;
  readonly shadowed: boolean;
  /** For the record: `bucket 17 of the first 1000/10000`. */
  readonly reason: string;
}

export interface ShadowRequest {
  readonly businessKey: string;
  /** The version that the run is on. */
  readonly version: number;
}

/** One choice for each candidate of a route. */
export function resolveShadows(
  { salt, shadows }: { readonly salt: string; readonly shadows: readonly RouteShadow[] },
  { businessKey, version: primary }: ShadowRequest,
): readonly ShadowChoice[] {
  return shadows.map(({ version, share }) => {
    const bucket = bucketOf(`${salt}/shadow/${version}`, businessKey);
    if (version === primary) return { version, share, bucket, shadowed: false, reason: 'the run is on it' };
    const shadowed = bucket < share;
    const reason = `bucket ${bucket} is ${shadowed ? '' : 'not '}of the first ${share}/${BUCKETS}`;
    return { version, share, bucket, shadowed, reason };
  });
}
