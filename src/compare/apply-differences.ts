/** The inverse of `diffJson`: what proves that a list of differences tells the whole story. */
import { type Json, type JsonObject, unescapePointerToken } from '../shared/json.ts';
import type { Difference } from './difference.ts';

/** Differences below one place, by the token of the child that they stand in. */
interface Below {
  /** Differences at the child itself. */
  readonly at: Map<string, Difference[]>;
  /** Differences inside the child; its token is the baseline's for `removed`, the candidate's otherwise. */
  readonly inside: { readonly baseline: Map<string, Difference[]>; readonly candidate: Map<string, Difference[]> };
}

/** The baseline with the differences made: the candidate that they were found in. Compare rules are not considered. */
export function applyDifferences(baseline: Json, differences: readonly Difference[]): Json {
  const whole = differences.find((difference) => difference.pointer === '');
  if (whole !== undefined) return whole.candidate ?? null;
  if (differences.length === 0 || typeof baseline !== 'object' || baseline === null) return baseline;
  const parts = split(differences);
  return Array.isArray(baseline) ? applyToArray(baseline, parts) : applyToObject(baseline as JsonObject, parts);
}

function split(differences: readonly Difference[]): Below {
  const parts: Below = { at: new Map(), inside: { baseline: new Map(), candidate: new Map() } };
  for (const difference of differences) {
    const [, token = '', ...rest] = difference.pointer.split('/');
    const side = difference.kind === 'removed' ? parts.inside.baseline : parts.inside.candidate;
    const target = rest.length === 0 ? parts.at : side;
    const key = unescapePointerToken(token);
    const kept = rest.length === 0 ? difference : { ...difference, pointer: `/${rest.join('/')}` };
    target.set(key, [...(target.get(key) ?? []), kept]);
  }
  return parts;
}

function applyToObject(baseline: JsonObject, parts: Below): Json {
  const members = new Map<string, Json>();
  for (const [key, value] of Object.entries(baseline)) {
    if (value !== undefined) members.set(key, applyDifferences(value, insideOf(parts, key, key)));
  }
  for (const [key, differences] of parts.at) {
    for (const difference of differences) {
      if (difference.kind === 'removed') members.delete(key);
      else members.set(key, difference.candidate ?? null);
    }
  }
  return Object.fromEntries(members);
}

function applyToArray(baseline: readonly Json[], parts: Below): Json {
  const here = [...parts.at.values()].flat();
  const positions = (kind: Difference['kind']) => here.filter((one) => one.kind === kind);
  const removed = new Set(positions('removed').map(positionOf));
  const added = new Map(positions('added').map((one) => [positionOf(one), one.candidate ?? null]));
  const cameFrom = new Map(positions('moved').map((one) => [positionOf(one), lastNumber(one.from ?? '')]));
  const gone = new Set([...removed, ...cameFrom.values()]);
  const staying = baseline.map((_, index) => index).filter((index) => !gone.has(index));
  const replaced = new Map(
    [...positions('changed'), ...positions('type-changed')].map((one) => [positionOf(one), one.candidate ?? null]),
  );
  const length = baseline.length - removed.size + added.size;
  return Array.from({ length }, (_, index) => {
    const fresh = added.get(index);
    if (fresh !== undefined) return fresh;
    const from = cameFrom.get(index) ?? (staying.shift() as number);
    const whole = replaced.get(index);
    if (whole !== undefined) return whole;
    return applyDifferences(baseline[from] as Json, insideOf(parts, String(from), String(index)));
  });
}

function insideOf(parts: Below, baselineKey: string, candidateKey: string): Difference[] {
  return [...(parts.inside.baseline.get(baselineKey) ?? []), ...(parts.inside.candidate.get(candidateKey) ?? [])];
}

function positionOf(difference: Difference): number {
  return lastNumber(difference.pointer);
}

function lastNumber(pointer: string): number {
  return Number(pointer.slice(pointer.lastIndexOf('/') + 1));
}
