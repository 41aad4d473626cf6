/**
 * Takes from a process what a candidate could use to get out of it.
 *
 * `node:vm` is no wall: a candidate that holds any function of the host's realm (`console.log`, `URL`) reaches the host's
 * `Function` through its `constructor`, and with that `process` and every module. So before any candidate is loaded
 * 1. no function of the host's realm leads to a constructor of functions any more, and
 * 2. nothing that the host lends to candidates tells the time,
 * 3. nothing that others use can be changed (`closed-realm.ts`), and
 * 4. what such a constructor would have led to (process, modules, network, code loading) is gone, and
 * 5. nothing that is lent leads to what the host does next, or to a turn of its own (`lent-storage.ts`, ports).
 * The way to whoever gives it work stays, in a closure that no candidate sees. Environment variables were never given to it.
 */
import assert from 'node:assert';
import { mapErrorStacks } from '../temporal/run-stacks.ts';
import { closeRealm, functionPrototypes } from './closed-realm.ts';
import { lendStorage } from './lent-storage.ts';
import { slimProcess } from './slim-process.ts';

/** Members of `process` that load code, open files or sockets, hear and send messages, or end things. No global leads to them either (`slim-process.ts`). */
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
  'send',
  '_send',
  '_debugProcess',
  'disconnect',
  '_disconnect',
  'openStdin',
  '_getActiveHandles',
  '_getActiveRequests',
  '_rawDebug',
  'setUncaughtExceptionCaptureCallback',
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

/** Irrevocable; for a process that does nothing but replay. Call it after everything of ours is imported, and listens to what it has to. */
export function lockDown(): void {
  // Otherwise the first sandbox would want to.
  mapErrorStacks();
  // The SDK reads these of `process` while it works, so they are taken one by one and the object stays for it.
  for (const name of PROCESS_MEMBERS) removeMember(process, name, name === 'env' ? Object.freeze({}) : undefined);
  for (const name of GLOBALS) removeMember(globalThis, name, undefined);
  removeDispatchers();
  slimProcess();
  lendStorage();
  removePorts();
  // They call what they are given later than its run, in a turn of the host.
  for (const lent of [assert, assert.strict]) {
    for (const name of ['rejects', 'doesNotReject']) Reflect.deleteProperty(lent, name);
  }
  // Code is lent an AbortController, and with it signals and events, which know the time.
  removeMember(AbortSignal, 'timeout', refuseTimers);
  Object.defineProperty(Event.prototype, 'timeStamp', { value: 0, writable: false, configurable: false });
  for (const prototype of functionPrototypes()) {
    Object.defineProperty(prototype, 'constructor', { value: refuse, writable: false, configurable: false });
  }
  // What candidates log would come out as if we had said it, and Node's own leads to the streams.
  const silent = Object.keys(console).map((name) => [name, Object.freeze(() => undefined)] as const);
  removeMember(globalThis, 'console', Object.freeze(Object.fromEntries(silent)));
  closeRealm();
}

/** Later versions of Node keep there by what `fetch` connects: a way to what all emitters of the host have in common. */
function removeDispatchers(): void {
  for (const key of Object.getOwnPropertySymbols(globalThis)) {
    if (key.description?.startsWith('undici.'))
      Object.defineProperty(globalThis, key, { value: undefined, writable: false });
  }
}

/** By what a signal is sent to other threads with, code would get ports, and by them turns of its own among the host's. */
function removePorts(): void {
  for (const holder of [AbortController, AbortSignal.prototype]) {
    for (const key of Object.getOwnPropertySymbols(holder)) {
      if (/^messaging_|^kMakeTransferable$/.test(key.description ?? '')) Reflect.deleteProperty(holder, key);
    }
  }
}

function removeMember(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, writable: false, configurable: false, enumerable: false });
}

function refuse(): never {
  throw new TypeError('Code cannot be made from text in a replay.');
}

function refuseTimers(): never {
  throw new TypeError('There are no timers of the host in a replay.');
}
