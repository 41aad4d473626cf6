/** A match rule of a route: runs whose input or caller is like this go to that version, whatever the weights say. */
import * as z from 'zod';
import { type Condition, condition, conditionsHold } from '../shared/condition.ts';
import { type Json, unescapePointerToken } from '../shared/json.ts';
import type { CallerAttributes } from './caller-attributes.ts';

/** In front of a pointer: it names an attribute of the caller, and no place in the input. */
const CALLER = 'caller:';

const callerCondition = z.strictObject({
  /** `caller:/region`. Attributes are flat. */
  pointer: z.string().regex(/^caller:\/([^~/]|~[01])+$/, 'not caller:/ and the name of an attribute'),
  oneOf: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
});

export const routeRule = z.strictObject({
  /** Shown as the reason: `rule "staff"`. */
  name: z.string().min(1),
  /** On the mission's input, and on attributes of the caller. All have to hold. */
  when: z.array(z.union([condition, callerCondition])).min(1),
  version: z.int().positive(),
});

export type RouteRule = z.infer<typeof routeRule>;

/** What rules look at. */
export interface RuleFacts {
  readonly missionInput: Json;
  /** @default none, so that no rule on the caller applies */
  readonly attributes?: CallerAttributes | undefined;
}

/** Whether a rule applies. A place or attribute that is not there equals nothing, not even null. */
export function matchesRule(rule: RouteRule, { missionInput, attributes = {} }: RuleFacts): boolean {
  return conditionsHold(inputConditions(rule), missionInput) && conditionsHold(callerConditions(rule), attributes);
}

/** Those on the input. */
export function inputConditions({ when }: RouteRule): Condition[] {
  return when.filter(({ pointer }) => !pointer.startsWith(CALLER));
}

/**
 * What is known of a caller that a rule chose for: one value that the rule takes, for each attribute that it asks for.
 * Enough for the same rule to apply again where the caller is not there any more.
 */
export function impliedAttributes(rule: RouteRule): CallerAttributes {
  const known = callerConditions(rule).map(({ pointer, oneOf: [value] }) => [
    unescapePointerToken(pointer.slice(1)),
    value as CallerAttributes[string],
  ]);
  return Object.fromEntries(known);
}

/** Those on the caller, as conditions on its attributes. */
function callerConditions({ when }: RouteRule): Condition[] {
  return when.flatMap(({ pointer, oneOf }) =>
    pointer.startsWith(CALLER) ? [{ pointer: pointer.slice(CALLER.length), oneOf }] : [],
  );
}
