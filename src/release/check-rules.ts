/** Whether the rules of a route can ever apply: a place that no input has equals nothing, and nobody would be told. */
import { routedVersions } from '../fleet/hosting-state.ts';
import type { Registry } from '../registry/registry.ts';
import type { Route, RouteWeight } from '../registry/routes.ts';
import { declaredMembers, declaresPlace } from '../routing/declared-places.ts';
import { inputConditions, type RouteRule } from '../routing/route-rule.ts';
import { MissionError } from '../shared/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';

/** A place of a rule that the input of no routed version declares. */
export interface UndeclaredPlace {
  readonly rule: string;
  /** JSON Pointer into the input. */
  readonly pointer: string;
}

export interface RulesToCheck {
  readonly registry: Registry;
  readonly mission: string;
  readonly weights: readonly RouteWeight[];
  readonly rules: readonly RouteRule[];
  /** Goes on although a new rule looks at a place that is not declared. */
  readonly undeclared?: boolean | undefined;
}

/**
 * Looks up every place of the rules in the input schemas of all versions that the route can choose.
 *
 * @param before - the route that is replaced: rules that it has already are told of, and not refused
 * @returns the places that are not declared and were let through
 * @throws MissionError `INPUT_INVALID` for a rule that is new, `VERSION_UNKNOWN`.
 */
export async function checkRules(route: RulesToCheck, before: Route | undefined): Promise<readonly UndeclaredPlace[]> {
  const { registry, mission, weights, rules } = route;
  const places = rules.flatMap((rule) => inputConditions(rule).map(({ pointer }) => ({ rule, pointer })));
  if (places.length === 0) return [];
  const numbers = routedVersions({ weights, rules: rules as unknown as readonly Json[] });
  const schemas = await Promise.all(numbers.map((number) => inputSchema(registry, mission, number)));
  const missing = places.filter(({ pointer }) => !schemas.some((schema) => declaresPlace(schema, pointer)));
  const known = before === undefined ? [] : before.rules.map((rule) => canonicalJson(rule));
  const fresh = missing.find(({ rule }) => !known.includes(canonicalJson(rule as unknown as Json)));
  if (fresh !== undefined && route.undeclared !== true) {
    const place = { rule: fresh.rule.name, pointer: fresh.pointer };
    throw notDeclared(place, schemas, { mission, numbers });
  }
  return missing.map(({ rule, pointer }) => ({ rule: rule.name, pointer }));
}

async function inputSchema({ versions, artifacts }: Registry, mission: string, number: number): Promise<JsonObject> {
  const { artifact } = await versions.get(mission, number);
  return (await artifacts.manifest(artifact)).definition.input as JsonObject;
}

/** So many places are named at most. */
const NAMED = 12;

function notDeclared(
  { rule, pointer }: UndeclaredPlace,
  schemas: readonly JsonObject[],
  { mission, numbers }: { readonly mission: string; readonly numbers: readonly number[] },
): MissionError {
  const there = membersNear(schemas, pointer);
  const versions = numbers.map((number) => formatVersionRef({ mission, number }));
  const named = there.slice(0, NAMED).join(', ');
  const more = there.length > NAMED ? ', …' : '';
  const instead = there.length === 0 ? '' : ` Declared there: ${named}${more}.`;
  return new MissionError(
    'INPUT_INVALID',
    `The rule "${rule}" looks at ${pointer} of the input, which the input of ${versions.join(', ')} does not declare: it would never apply.`,
    {
      remedy: `Nothing was changed. Correct the place.${instead} An attribute of the caller is written caller:/name. If callers do send it: --undeclared.`,
      details: { mission, rule, pointer, versions, declared: [...there] },
    },
  );
}

/** What is declared as near to a place as anything is. */
function membersNear(schemas: readonly JsonObject[], pointer: string): readonly string[] {
  const parent = pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')));
  const members = [...new Set(schemas.flatMap((schema) => declaredMembers(schema, parent)))].sort();
  return members.length > 0 || pointer === '' ? members : membersNear(schemas, parent);
}
