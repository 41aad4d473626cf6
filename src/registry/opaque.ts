import { MissionError } from '../shared/errors.ts';
import { findNonJson } from '../shared/json.ts';

/**
 * The text of a value that the registry keeps and does not read. Keys with `undefined` are left out.
 *
 * @param what names the value, to begin a sentence with.
 * @throws MissionError `INPUT_INVALID` when it is not JSON, so that nothing is lost in silence.
 */
export function opaqueText(value: unknown, what: string): string {
  const text: string | undefined = JSON.stringify(value);
  const found = text === undefined ? { pointer: '', found: typeof value } : findNonJson(withoutUndefined(value));
  if (found === undefined) return text;
  throw new MissionError('INPUT_INVALID', `${what} is not JSON: ${found.found} at "${found.pointer}".`, {
    remedy: 'Store plain values only: objects, arrays, texts, finite numbers, booleans, null.',
    details: { pointer: found.pointer },
  });
}

/** A copy in which optional members that are `undefined` are absent. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null || isInstance(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutUndefined(member)]));
}

function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}
