import { isJsonObject, type Json, type JsonObject } from '../shared/json.ts';

/**
 * Fills the `{{name}}` places of a template. Texts stand as they are, anything else as indented JSON with sorted keys, so
 * that the same value always gives the same prompt.
 *
 * @throws Error naming the place that has no value.
 */
export function renderPrompt(template: string, variables: Readonly<Record<string, unknown>>): string {
  return template.replaceAll(/\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`The prompt has a place {{${name}}}, and no value was given for it.`);
    return typeof value === 'string' ? value : JSON.stringify(sortKeys(value as Json), null, 2);
  });
}

function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => sortKeys(item));
  if (!isJsonObject(value)) return value;
  const sorted: Record<string, Json> = {};
  for (const key of Object.keys(value).sort()) sorted[key] = sortKeys((value as JsonObject)[key] as Json);
  return sorted;
}
