/** What a caller says of itself when it starts a run, for match rules. It is used to choose, and kept nowhere. */
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';

/** Flat: a name and a value each. */
const callerAttributes = z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]));

/** `{ region: 'eu', internal: true }` */
export type CallerAttributes = Readonly<Record<string, string | number | boolean>>;

/** @throws MissionError `INPUT_INVALID` naming the attribute that is none. */
export function checkAttributes(attributes: unknown): CallerAttributes {
  const parsed = callerAttributes.safeParse(attributes);
  if (parsed.success) return parsed.data;
  const name = parsed.error.issues[0]?.path[0];
  const what = name === undefined ? 'The attributes of the caller are' : `The caller's attribute "${String(name)}" is`;
  throw new MissionError('INPUT_INVALID', `${what} not what attributes are: a name, and a string, number or boolean.`, {
    remedy: `Nothing was started. Write them flat: { region: 'eu' }. What has parts belongs into the input.`,
  });
}
