/** The compare rules of a schema: how its author wants two values of it compared, place by place. */
import { COMPARE_KEYWORD, type CompareRule, compareRule } from '../mission/annotations.ts';
import type { Json } from '../shared/json.ts';
import { annotationAt, type EnteredPlace, NOWHERE, type SchemaPlace, schemaPlace } from './schema-place.ts';

/** Compare rules, ready to be followed down two values; hand them to `diffJson`. */
export type CompareRules = SchemaPlace;

/** Everything is compared exactly. */
export const NO_RULES: CompareRules = NOWHERE;

/** The compare rules that a JSON Schema carries under its `compare` keywords; without a schema, none. */
export function compareRulesOf(schema: Json | undefined): CompareRules {
  return schema === undefined ? NO_RULES : schemaPlace(schema);
}

/** The rule at one place. An annotation that is not a compare rule counts as none: the place is compared exactly. */
export function ruleAt(place: EnteredPlace): CompareRule | undefined {
  const annotation = annotationAt(place, COMPARE_KEYWORD);
  if (annotation === undefined) return undefined;
  const parsed = compareRule.safeParse(annotation);
  return parsed.success ? parsed.data : undefined;
}
