/**
 * Takes from a replay thread what a candidate could use to get out of it.
 *
 * `node:vm` is no wall: a candidate that holds any function of the host's realm (`console.log`, `URL`) reaches the host's
 * `Function` through its `constructor`, and with that `process` and every module. So before any candidate is loaded
 * 1. no function of the host's realm leads to a constructor of functions any more, and
 * 2. what such a constructor would have led to (process, modules, network, code loading) is gone from the thread.
 * The thread's port to the pool stays, in a closure that no candidate sees. Environment variables were never given to it.
 */

/** Members of `process` that load code, open files or sockets, or end things. */
const PROCESS_MEMBERS = [
  'getBuiltinModule',
  'binding',
  '_linkedBinding',
  'dlopen',
  'mainModule',
  'exit',
  'reallyExit',
  'abort',
  'kill',
  '_kill',
  'chdir',
  'env',
  'report',
  'loadEnvFile',
  'execve',
] as const;

const GLOBALS = [
  'fetch',
  'WebSocket',
  'EventSource',
  'XMLHttpRequest',
  'navigator',
  'require',
  'module',
  'BroadcastChannel',
] as const;

/** Irrevocable; for a thread that does nothing but replay. Call it after everything of ours is imported. */
export function lockDown(): void {
  // The SDK reads these of `process` while it works, so they are taken one by one and the object stays for it.
  for (const name of PROCESS_MEMBERS) removeMember(process, name, name === 'env' ? Object.freeze({}) : undefined);
  for (const name of GLOBALS) removeMember(globalThis, name, undefined);
  for (const prototype of functionPrototypes()) {
    Object.defineProperty(prototype, 'constructor', { value: refuse, writable: false, configurable: false });
  }
}

function functionPrototypes(): object[] {
  const kinds = [() => undefined, async () => undefined, function* () {}, async function* () {}];
  return kinds.map((kind) => Object.getPrototypeOf(kind) as object);
}

function removeMember(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, writable: false, configurable: false, enumerable: false });
}

function refuse(): never {
  throw new TypeError('Code cannot be made from text in a replay.');
}
