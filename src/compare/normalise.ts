/** Bringing values into a form in which what the compare rules forgive is the same. */
import type { CompareRule, Tolerance } from '../mission/annotations.ts';
import { canonicalJson, type Json, type JsonObject } from '../shared/json.ts';
import { type CompareRules, ruleAt } from './compare-rules.ts';
import { childPlace, enterPlace } from './schema-place.ts';

/** The words of a text: compatibility forms unified, case, white space and punctuation gone. */
export function normaliseText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{S}]+/gu, ' ')
    .trim();
}

/**
 * The value without what its rules ignore, texts as their words, unordered arrays sorted. Values that differ only by
 * what the rules forgive become equal, apart from numbers under a tolerance, which stay as they are.
 */
export function normalise(value: Json, rules: CompareRules): Json | undefined {
  if (rules.alternatives.length === 0) return value;
  const here = enterPlace(rules, [value]);
  const rule = ruleAt(here);
  if (rule === 'ignore') return undefined;
  if (typeof value === 'string') return rule === 'text' ? normaliseText(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index) => normalise(item, childPlace(here, index)) ?? null);
    return rule === 'unordered' ? items.sort(byCanonicalText) : items;
  }
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value as JsonObject)) {
    const kept = normalise(member, childPlace(here, key));
    if (kept !== undefined) members.push([key, kept]);
  }
  return Object.fromEntries(members);
}

function byCanonicalText(left: Json, right: Json): number {
  const [a, b] = [canonicalJson(left), canonicalJson(right)];
  return a < b ? -1 : Number(a > b);
}

/** Whether two values that are neither objects nor arrays count as equal under a rule. */
export function scalarsMatch(baseline: Json, candidate: Json, rule: CompareRule | undefined): boolean {
  if (baseline === candidate) return true;
  if (typeof baseline === 'string' && typeof candidate === 'string') {
    return rule === 'text' && normaliseText(baseline) === normaliseText(candidate);
  }
  if (typeof baseline === 'number' && typeof candidate === 'number') {
    return typeof rule === 'object' && isWithin(baseline, candidate, rule.tolerance);
  }
  return false;
}

/** Symmetric: the relative limit is a share of the greater magnitude. */
function isWithin(left: number, right: number, limit: Tolerance): boolean {
  const apart = Math.abs(left - right);
  const magnitude = Math.max(Math.abs(left), Math.abs(right));
  // A decimal such as 0.3 - 0.29 comes out a few ulp above 0.01: the limit itself must still count as within.
  const slack = magnitude * Number.EPSILON * 4;
  if (limit.absolute !== undefined && apart <= limit.absolute + slack) return true;
  return limit.relative !== undefined && apart <= limit.relative * magnitude + slack;
}
