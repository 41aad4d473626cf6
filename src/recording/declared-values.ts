/** Which values of a recording its mission declared as secret or personal: the annotated places of its JSON Schemas. */
import { REDACT_KEYWORD, type RedactRule, redactRule } from '../mission/annotations.ts';
import { isJsonObject, type Json, type JsonObject, unescapePointerToken } from '../shared/json.ts';
import { deriveTrace } from './derive-trace.ts';
import { startedOf } from './history-events.ts';
import { payloadToJson } from './payloads.ts';
import type { History } from './recording.ts';

/** The schemas that say what to redact. A definition has them; a plain Temporal workflow can be given some. */
export interface RedactionSchemas {
  readonly input: JsonObject;
  readonly output: JsonObject;
  readonly tools: Readonly<Record<string, { readonly input: JsonObject; readonly output: JsonObject }>>;
}

/** Values found, each with its rule: a secret stays one wherever else it is called personal. */
export type DeclaredValues = ReadonlyMap<string | number, RedactRule>;

/** The declared values of a recording's histories. */
export function declaredValues(histories: readonly History[], schemas: RedactionSchemas): DeclaredValues {
  const values = new Map<string | number, RedactRule>();
  for (const { schema, value } of places(histories, schemas)) {
    collect({ values, root: schema }, schema, value, undefined, 0);
  }
  return values;
}

interface Place {
  readonly schema: Json;
  readonly value: Json;
}

function* places(histories: readonly History[], schemas: RedactionSchemas): Generator<Place> {
  for (const history of histories) {
    yield { schema: schemas.input, value: payloadToJson(startedOf(history).input?.payloads?.[0]) };
    const ended = history.events?.at(-1);
    const result = ended?.workflowExecutionCompletedEventAttributes?.result;
    if (result) yield { schema: schemas.output, value: payloadToJson(result.payloads?.[0]) };
    const continued = ended?.workflowExecutionContinuedAsNewEventAttributes?.input;
    if (continued) yield { schema: schemas.input, value: payloadToJson(continued.payloads?.[0]) };
  }
  for (const step of deriveTrace(histories).steps) {
    const tool = step.kind === 'tool' ? schemas.tools[step.name] : undefined;
    if (tool !== undefined) {
      yield { schema: tool.input, value: step.request };
      yield { schema: tool.output, value: step.result };
    }
    if (step.kind === 'model' && isJsonObject(step.request) && isJsonObject(step.result)) {
      yield { schema: step.request['output'] ?? null, value: step.result['object'] ?? null };
    }
  }
}

interface Search {
  readonly values: Map<string | number, RedactRule>;
  /** For `$ref`: pointers go from the root of the schema. */
  readonly root: Json;
}

const DEPTH_MAX = 64;

function collect(search: Search, schema: Json, value: Json, inherited: RedactRule | undefined, depth: number): void {
  if (depth > DEPTH_MAX) return;
  const rule = ruleOf(schema) ?? inherited;
  if (typeof value === 'string' || typeof value === 'number') {
    if (rule !== undefined) declare(search.values, value, rule);
  }
  const next = (child: Json, item: Json, childRule = rule) => collect(search, child, item, childRule, depth + 1);
  if (isJsonObject(schema)) for (const alternative of alternatives(schema, search.root)) next(alternative, value);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) next(itemSchema(schema, index), item as Json);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) next(propertySchema(schema, key), item);
  }
}

function declare(values: Map<string | number, RedactRule>, value: string | number, rule: RedactRule): void {
  if (value !== '' && values.get(value) !== 'secret') values.set(value, rule);
}

function ruleOf(schema: Json): RedactRule | undefined {
  return isJsonObject(schema) ? redactRule.safeParse(schema[REDACT_KEYWORD]).data : undefined;
}

/** Every schema that also applies to the same value; a value that fits one alternative only is redacted under any. */
function alternatives(schema: JsonObject, root: Json): readonly Json[] {
  const lists = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => {
    const list = schema[keyword];
    return Array.isArray(list) ? (list as Json[]) : [];
  });
  const referred = typeof schema['$ref'] === 'string' ? resolveReference(schema['$ref'], root) : undefined;
  return referred === undefined ? lists : [...lists, referred];
}

function resolveReference(reference: string, root: Json): Json | undefined {
  if (!reference.startsWith('#')) return undefined;
  let found: Json | undefined = root;
  for (const token of decodeURIComponent(reference.slice(1)).split('/').slice(1)) {
    found = isJsonObject(found) ? found[unescapePointerToken(token)] : undefined;
  }
  return found;
}

function itemSchema(schema: Json, index: number): Json {
  if (!isJsonObject(schema)) return null;
  const prefix = schema['prefixItems'];
  return (Array.isArray(prefix) ? (prefix[index] as Json | undefined) : undefined) ?? schema['items'] ?? null;
}

function propertySchema(schema: Json, key: string): Json {
  if (!isJsonObject(schema)) return null;
  const properties = schema['properties'];
  return (isJsonObject(properties) ? properties[key] : undefined) ?? schema['additionalProperties'] ?? null;
}
