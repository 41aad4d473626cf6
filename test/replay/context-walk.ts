/** All that functions of a context lead to, what they keep in variables included, as a debugger sees it. */
import inspector from 'node:inspector';
import { types } from 'node:util';

export interface Walked {
  readonly object: object;
  /** From a root: `converter.decode {table}.name`, with variables in braces. */
  readonly path: string;
}

interface Scopes {
  readonly scriptId: string | undefined;
  readonly variables: readonly (readonly [name: string, value: object])[];
}

/** A scope of more variables is a whole library's, which was shortened to a line. All functions of the line are in it, at the same depth. */
const LARGE = 200;

/** Where the debugger leaves what it is asked for. */
const DESK = '__walkDesk';
const desk = globalThis as unknown as Record<string, unknown>;

/**
 * @param roots by their names
 * @param script a function of the one script whose variables are looked into
 * @param scope the globals, of which only those are looked into that are roots
 */
export function walkContext(
  roots: Readonly<Record<string, unknown>>,
  script: object,
  scope: unknown,
): readonly Walked[] {
  const session = new inspector.Session();
  session.connect();
  try {
    const large = new Map<number, number>();
    const { scriptId } = scopesOf(session, script, large);
    const seen = new Map<object, string>();
    const waiting: Walked[] = [];
    const add = (value: unknown, path: string): void => {
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
      if (value === scope || seen.has(value) || isOfHost(value)) return;
      seen.set(value, path);
      waiting.push({ object: value, path });
    };
    for (const [name, root] of Object.entries(roots)) add(root, name);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      for (const [name, part] of partsOf(next.object)) add(part, `${next.path}.${name}`);
      if (typeof next.object !== 'function') continue;
      const scopes = scopesOf(session, next.object, large);
      if (scopes.scriptId !== scriptId) continue;
      for (const [name, value] of scopes.variables) add(value, `${next.path} {${name}}`);
    }
    return [...seen].map(([object, path]) => ({ object, path }));
  } finally {
    delete desk[DESK];
    session.disconnect();
  }
}

function isOfHost(value: object): boolean {
  if (value === globalThis) return true;
  for (let one: object | null = value; one !== null; one = Object.getPrototypeOf(one) as object | null) {
    if (one === Object.prototype) return true;
  }
  return false;
}

function partsOf(object: object): [string, unknown][] {
  const members = Object.getOwnPropertyDescriptors(object) as Record<PropertyKey, PropertyDescriptor>;
  const parts: [string, unknown][] = [['[[Prototype]]', Object.getPrototypeOf(object)]];
  for (const key of Reflect.ownKeys(members)) {
    const member = members[key];
    for (const part of ['value', 'get', 'set'] as const) parts.push([String(key), member?.[part]]);
  }
  if (types.isMap(object))
    for (const [key, value] of Map.prototype.entries.call(object)) parts.push(['key', key], ['value', value]);
  if (types.isSet(object)) for (const value of Set.prototype.values.call(object)) parts.push(['value', value]);
  return parts;
}

function scopesOf(session: inspector.Session, asked: object, large: Map<number, number>): Scopes {
  desk[DESK] = asked;
  const { result } = post<{ result: inspector.Runtime.RemoteObject }>(session, 'Runtime.evaluate', {
    expression: `globalThis.${DESK}`,
  });
  const { internalProperties = [] } = propertiesOf(session, result.objectId);
  const location = internalProperties.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value as
    | { readonly scriptId: string; readonly lineNumber: number }
    | undefined;
  const scopes = internalProperties.find(({ name }) => name === '[[Scopes]]')?.value?.objectId;
  const kept = propertiesOf(session, scopes).result.filter(
    ({ value }) => !(value?.description ?? 'Global').startsWith('Global'),
  );
  const line = location?.lineNumber ?? 0;
  const variables = kept.flatMap(({ value }, index) => {
    const depth = kept.length - index;
    if (depth === large.get(line)) return [];
    const { result: found } = propertiesOf(session, value?.objectId);
    if (found.length > LARGE) large.set(line, depth);
    return found;
  });
  const objects = variables.flatMap(({ name, value }): [string, object][] =>
    value?.objectId === undefined ? [] : [[name, objectOf(session, value.objectId)]],
  );
  return { scriptId: location?.scriptId, variables: objects };
}

function propertiesOf(
  session: inspector.Session,
  objectId: string | undefined,
): inspector.Runtime.GetPropertiesReturnType {
  if (objectId === undefined) return { result: [] };
  return post(session, 'Runtime.getProperties', { objectId, ownProperties: true });
}

function objectOf(session: inspector.Session, objectId: string): object {
  const { result } = post<{ result: inspector.Runtime.RemoteObject }>(session, 'Runtime.evaluate', {
    expression: 'globalThis',
  });
  post(session, 'Runtime.callFunctionOn', {
    objectId: result.objectId,
    functionDeclaration: `function (found) { this.${DESK} = found; }`,
    arguments: [{ objectId }],
  });
  return desk[DESK] as object;
}

/** Sessions of a process with itself answer at once. */
function post<Answer>(session: inspector.Session, method: string, params: object): Answer {
  let answer: unknown;
  session.post(method, params, (error, given) => {
    if (error !== null) throw new Error(`${method}: ${error.message}`);
    answer = given;
  });
  return answer as Answer;
}
