/** What a JSON Schema asks for, as far as the local model has to know it. */
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { Vocabulary } from './statement.ts';
import { wordsOf, wordsOfName } from './words.ts';

/** Follows `$ref` into the schema's own definitions, and takes the first alternative that is not null. */
export function resolveSchema(schema: Json | undefined, root: JsonObject): JsonObject {
  if (!isJsonObject(schema)) return {};
  const reference = schema['$ref'];
  if (typeof reference === 'string') return resolveSchema(lookUp(root, reference), root);
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  if (!Array.isArray(alternatives)) return schema;
  const first = alternatives.find((option: Json) => isJsonObject(option) && option['type'] !== 'null');
  return resolveSchema(first as Json | undefined, root);
}

function lookUp(root: JsonObject, reference: string): Json | undefined {
  return reference
    .replace(/^#\/?/, '')
    .split('/')
    .reduce<Json | undefined>((at, token) => (token === '' ? at : isJsonObject(at) ? at[token] : undefined), root);
}

/** The names and schemas of an object's members. */
export function membersOf(schema: JsonObject): [string, Json][] {
  const properties = schema['properties'];
  return isJsonObject(properties) ? Object.entries(properties) : [];
}

/** The texts that a value may be, when they are listed. */
export function labelsOf(schema: JsonObject): string[] {
  const listed = Array.isArray(schema['enum']) ? schema['enum'] : [schema['const']];
  return listed.filter((label: Json | undefined) => typeof label === 'string');
}

/** Every label, flag and field name in a schema. */
export function vocabularyOf(schema: JsonObject | undefined): Vocabulary {
  const labels: string[][] = [];
  const flags: string[][] = [];
  const fields = new Set<string>();
  const visit = (part: Json | undefined, depth: number) => {
    if (schema === undefined || depth > 8) return;
    const resolved = resolveSchema(part, schema);
    labels.push(...labelsOf(resolved).map(wordsOfName));
    visitMembers(resolved, depth);
    if (resolved['items'] !== undefined) visit(resolved['items'], depth + 1);
  };
  const visitMembers = (object: JsonObject, depth: number) => {
    for (const [name, member] of membersOf(object)) {
      for (const word of wordsOfName(name)) fields.add(word);
      if (resolveSchema(member, schema ?? {})['type'] === 'boolean') flags.push(wordsOfName(name));
      visit(member, depth + 1);
    }
  };
  visit(schema, 0);
  return { labels, flags, fields };
}

/** A label's words, joined: how labels are recognised at the start of a line. */
export function labelTexts(schema: JsonObject | undefined): Set<string> {
  const texts = new Set<string>();
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isJsonObject(value)) {
      for (const label of labelsOf(value)) texts.add(label.toLowerCase().replace(/[^a-z0-9]+/g, ' '));
      Object.values(value).forEach(visit);
    }
  };
  visit(schema);
  return texts;
}

/** Words of a text or name, for comparing labels with what a statement says. */
export function labelWords(label: string): string[] {
  return /\s/.test(label) ? wordsOf(label) : wordsOfName(label);
}
