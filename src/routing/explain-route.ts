/** A dry run of a route: which versions inputs would get, and why. Pure. */

import { valueAt } from '../shared/condition.ts';
import type { Json } from '../shared/json.ts';
import type { CallerAttributes } from './caller-attributes.ts';
import { type RouteDecision, resolveRoute } from './resolve-route.ts';
import { resolveShadows, type ShadowChoice } from './resolve-shadows.ts';
import type { RouteTable } from './route-table.ts';

export interface ExplainedInput extends RouteDecision {
  /** Its place among the inputs, from 1. */
  readonly line: number;
  readonly businessKey: string;
  /** Whether the key was made up because the input has none: then only the shares say something. */
  readonly isKeyMadeUp: boolean;
  /** Each version that could shadow the run, and whether it does. */
  readonly shadows: readonly ShadowChoice[];
}

export interface ExplainedRoute {
  readonly revision: number;
  readonly inputs: readonly ExplainedInput[];
  /** Inputs by version, ascending by number; `rules` says how many of them a rule sent there. */
  readonly versions: readonly { readonly version: number; readonly count: number; readonly rules: number }[];
  /** How many of the inputs each version shadows. */
  readonly shadows: readonly { readonly version: number; readonly share: number; readonly count: number }[];
}

/** How an input's business key is found: one for all, or at a JSON Pointer of each. */
export type KeyOfInput = { readonly key: string } | { readonly pointer: string } | undefined;

/** @param attributes - of the one caller of all inputs */
export function explainRoute(
  table: RouteTable,
  inputs: readonly Json[],
  keyOf?: KeyOfInput,
  attributes?: CallerAttributes,
): ExplainedRoute {
  const explained = inputs.map((missionInput, index): ExplainedInput => {
    const line = index + 1;
    const known = businessKeyOf(missionInput, keyOf);
    const businessKey = known ?? `dry-run-${line}`;
    const decision = resolveRoute(table, { missionInput, businessKey, attributes });
    const shadows = resolveShadows(table, { businessKey, version: decision.version });
    const isKeyMadeUp = known === undefined;
    return { ...decision, line, businessKey, isKeyMadeUp, shadows };
  });
  const numbers = [...new Set(explained.map(({ version }) => version))].sort((left, right) => left - right);
  const versions = numbers.map((version) => {
    const own = explained.filter((input) => input.version === version);
    return { version, count: own.length, rules: own.filter(({ rule }) => rule !== undefined).length };
  });
  const shadows = table.shadows.map(({ version, share }) => {
    const isShadowed = (one: ShadowChoice) => one.version === version && one.shadowed;
    return { version, share, count: explained.filter((input) => input.shadows.some(isShadowed)).length };
  });
  return { revision: table.revision, inputs: explained, versions, shadows };
}

function businessKeyOf(input: Json, keyOf: KeyOfInput): string | undefined {
  if (keyOf === undefined) return undefined;
  if ('key' in keyOf) return keyOf.key;
  const value = valueAt(input, keyOf.pointer);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
