/** A confined process that looks, from the host's realm, for what a candidate would want there. It is asked nothing, and answers with what it found. */
import { readFileSync } from 'node:fs';
import { answerQuestions } from '../../../src/replay/answer-questions.ts';

const real = process as unknown as Readonly<Record<string, unknown>>;
const WANTED = [
  'on',
  'once',
  'emit',
  'listeners',
  'removeAllListeners',
  'send',
  'disconnect',
  'channel',
  'kill',
  'exit',
];
const LOADERS = ['getBuiltinModule', 'binding', 'dlopen', 'mainModule', '_getActiveHandles', 'stdout'];
const sought = new Map<unknown, string>([
  [process, 'process'],
  [fetch, 'fetch'],
  ...[...WANTED, ...LOADERS].map((name) => [real[name], `process.${name}`] as const),
]);
sought.delete(undefined);

interface Accessor {
  readonly get?: unknown;
  readonly set?: unknown;
}

/** The ways to everything sought that one can come to by members, whatever is got by them, and prototypes. */
function found(start: object): string[] {
  const seen = new Set<unknown>();
  const waiting: [value: unknown, way: string][] = [[start, '']];
  const ways: string[] = [];
  for (const [one, way] of waiting) {
    if ((typeof one !== 'object' && typeof one !== 'function') || one === null || seen.has(one)) continue;
    seen.add(one);
    const name = sought.get(one);
    if (name !== undefined) ways.push(`${name} by ${way}`);
    waiting.push([Object.getPrototypeOf(one), `${way}.__proto__`]);
    for (const key of Reflect.ownKeys(one)) {
      const member = Object.getOwnPropertyDescriptor(one, key) as Accessor | undefined;
      const there = `${way}.${String(key)}`;
      waiting.push([memberOf(one, key), there], [member?.get, `get ${there}`], [member?.set, `set ${there}`]);
    }
  }
  return ways.sort();
}

function memberOf(holder: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(holder, key);
  } catch {
    return undefined;
  }
}

/** What acts, of the `process` that is there. */
function actsOf(one: object): string[] {
  return Reflect.ownKeys(one)
    .map(String)
    .filter((name) => typeof memberOf(one, name) === 'function');
}

/** What the system keeps of this process where V8 aborts it, on Linux. It is read here: what the search has touched may end the process soon. */
function coreFilter(): string | undefined {
  try {
    return readFileSync('/proc/self/coredump_filter', 'utf8');
  } catch {
    return undefined;
  }
}

answerQuestions(() => {
  const before = sought.size;
  return async () => ({
    sought: before,
    found: found({ globalThis, error: new Error('of the host'), timer: setTimeout(() => undefined, 0) }),
    acts: actsOf(process),
    coreFilter: coreFilter(),
  });
});
