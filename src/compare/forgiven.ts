/** Which compare rules and volatile fields made a difference: the differences that they forgave, and those that a definition declares. Pure. */
import { COMPARE_KEYWORD, compareRule, VOLATILE_KEYWORD } from '../mission/annotations.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import { escapePointerToken, isJsonObject, type Json, type JsonObject } from '../shared/json.ts';
import { type CompareRules, NO_RULES } from './compare-rules.ts';
import { diffJson } from './diff-json.ts';

/** A place with a compare rule, or with a volatile field: `output /decidedAt`, `tool issueRefund /at`; `*` is every item of an array. */
export type RulePlace = string;

/** Where the rules of these places stand. */
export function outputPlace(pointer: string): RulePlace {
  return `output ${anyItem(pointer)}`;
}

export function toolPlace(tool: string, pointer: string): RulePlace {
  return `tool ${tool} ${anyItem(pointer)}`;
}

/** Items of an array share their rule. */
function anyItem(pointer: string): string {
  return pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*');
}

/** Pointers that differ without the rules, and do not with them. */
export function forgivenPointers(baseline: Json, candidate: Json, rules: CompareRules): readonly string[] {
  if (rules === NO_RULES) return [];
  const strict = diffJson(baseline, candidate).map(({ pointer }) => pointer);
  if (strict.length === 0) return [];
  const left = diffJson(baseline, candidate, rules).map(({ pointer }) => pointer);
  return strict.filter((pointer) => !left.includes(pointer));
}

/** Whether a difference that was forgiven at one place is this rule's doing: it stands there, or above. */
export function isForgivenBy(forgiven: RulePlace, rule: RulePlace): boolean {
  return forgiven === rule || forgiven.startsWith(`${rule}/`);
}

const DEPTH_MAX = 16;

/** All places of a definition that have a compare rule, of the output and of tools, or a volatile field, of tools. Recursive schemas are followed once. */
export function declaredRules({ output, tools }: Pick<MissionDefinition, 'output' | 'tools'>): readonly RulePlace[] {
  const requests = Object.entries(tools).flatMap(([tool, { input }]) =>
    placesIn(input as Json, isRuleOrVolatile).map((pointer) => toolPlace(tool, pointer)),
  );
  return [...new Set([...placesIn(output as Json, isRule).map(outputPlace), ...requests])].sort();
}

function isRule(schema: JsonObject): boolean {
  return compareRule.safeParse(schema[COMPARE_KEYWORD]).success;
}

function isRuleOrVolatile(schema: JsonObject): boolean {
  return isRule(schema) || schema[VOLATILE_KEYWORD] === true;
}

function placesIn(
  schema: Json | undefined,
  isWanted: (schema: JsonObject) => boolean,
  at = '',
  trail: readonly Json[] = [],
): string[] {
  if (!isJsonObject(schema) || trail.includes(schema) || trail.length > DEPTH_MAX) return [];
  const deeper = [...trail, schema];
  const own = isWanted(schema) ? [at] : [];
  const { properties, items } = schema;
  const members = isJsonObject(properties)
    ? Object.entries(properties).flatMap(([name, member]) =>
        placesIn(member, isWanted, `${at}/${escapePointerToken(name)}`, deeper),
      )
    : [];
  const variants = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => {
    const list = schema[keyword];
    return Array.isArray(list) ? list.flatMap((variant: Json) => placesIn(variant, isWanted, at, deeper)) : [];
  });
  return [...own, ...members, ...placesIn(items, isWanted, `${at}/*`, deeper), ...variants];
}
