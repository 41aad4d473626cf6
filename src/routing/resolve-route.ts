/** Which version a new run gets, and why. Pure: the same question has the same answer on every router. */
import { createHash } from 'node:crypto';
import { formatVersionRef } from '../shared/version-ref.ts';
import { BUCKETS } from './layout.ts';
import { matchesRule, type RuleFacts } from './route-rule.ts';
import type { RouteTable } from './route-table.ts';

export interface RouteRequest extends RuleFacts {
  /** What stays on one version while the weights allow: a customer, an order, a tenant. */
  readonly businessKey: string;
}

export interface RouteDecision {
  readonly version: number;
  /** For the record: `rule "staff"`, `weight 500/10000, bucket 9731`. */
  readonly reason: string;
  readonly revision: number;
  /** Name of the rule that decided. */
  readonly rule?: string;
  /** 0 to 9999. */
  readonly bucket: number;
  /** How likely a key without a rule gets this version, 0 to 1; 1 when a rule decided. */
  readonly probability: number;
}

/** Rules first, in their order; then the owner of the key's bucket. */
export function resolveRoute(table: RouteTable, { businessKey, ...facts }: RouteRequest): RouteDecision {
  const bucket = bucketOf(table.salt, businessKey);
  const { revision } = table;
  const rule = table.rules.find((candidate) => matchesRule(candidate, facts));
  if (rule !== undefined) {
    const { version, name } = rule;
    return { version, reason: `rule "${name}"`, revision, rule: name, bucket, probability: 1 };
  }
  const version = table.owners[bucket] ?? 0;
  const weight = table.weights.get(version) ?? 0;
  const reason = `${formatVersionRef({ mission: table.mission, number: version })} has weight ${weight}/${BUCKETS}, bucket ${bucket}`;
  return { version, reason, revision, bucket, probability: weight / BUCKETS };
}

/**
 * The bucket of a key: the first 48 bits of a SHA-256 as a fraction of all. Off by less than one part in 10^10, which is
 * the rounding of 2^48 to a multiple of 10,000.
 */
export function bucketOf(salt: string, businessKey: string): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([salt, businessKey]))
    .digest();
  return Math.floor((digest.readUIntBE(0, 6) / 2 ** 48) * BUCKETS);
}
