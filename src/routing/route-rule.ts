/** A match rule of a route: runs whose input is like this go to that version, whatever the weights say. */
import * as z from 'zod';
import { condition, conditionsHold } from '../shared/condition.ts';
import type { Json } from '../shared/json.ts';

export const routeRule = z.strictObject({
  /** Shown as the reason: `rule "staff"`. */
  name: z.string().min(1),
  /** On the mission's input. All have to hold. */
  when: z.array(condition).min(1),
  version: z.int().positive(),
});

export type RouteRule = z.infer<typeof routeRule>;

/** Whether a rule applies to an input. A place that is not there equals nothing, not even null. */
export function matchesRule({ when }: RouteRule, input: Json): boolean {
  return conditionsHold(when, input);
}
