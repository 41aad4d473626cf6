/** Runs share a context one after another. Whatever one does to it, the next one finds it as the first one did. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import { createSandbox, type Sandbox, type SandboxBundle } from '../../src/replay/sandbox.ts';
import { makeProject, type ScratchProject } from './plain/project.ts';
import { activation, resultOf, runToEnd, startRun } from './sandbox-runs.ts';

/** Each returns what it finds of what it then does. */
const WORKFLOWS = `
import { sleep } from '@temporalio/workflow';
const array = Array.prototype as any;
const scope = globalThis as any;

export async function adds() { return (array.mark = (array.mark ?? 0) + 1); }
export async function counts() { array.tally = (array.tally ?? 0) + 1; await sleep(10); return array.tally; }
export async function replaces() {
  const before = array.map;
  array.map = function () { return ['fake']; };
  return [1].map(String) + ' ' + (before.call([1], String)[0]);
}
export async function removes() { const had = 'flat' in array; delete array.flat; return had; }
export async function redefines() {
  const kind = typeof Object.getOwnPropertyDescriptor(scope, 'escape')?.get;
  Object.defineProperty(scope, 'escape', { get: () => 'mine', configurable: true });
  return kind;
}
export async function ofObjects() {
  const had = ({} as any).get;
  (Object.prototype as any).get = () => 'in the way';
  array.mark = 'with it';
  return String(had);
}
export async function ofIterators() {
  const iterator = Object.getPrototypeOf([][Symbol.iterator]()) as any;
  return (iterator.mark = (iterator.mark ?? 0) + 1);
}
export async function ofTheHost() {
  const outside = Object.getPrototypeOf(URL.prototype) as any;
  return (outside.mark = (outside.mark ?? 0) + 1);
}
export async function ofSetters() {
  const size = Object.getOwnPropertyDescriptor(Map.prototype, 'size') as any;
  Object.defineProperty(Map.prototype, 'size', { ...size, set: () => undefined });
  return typeof size.set;
}
export async function ofFunctions() {
  const sizes = Object.getOwnPropertyDescriptor(Map.prototype, 'size') as any;
  const ofTypedArrays = Object.getPrototypeOf(Int8Array);
  const ofAsync = (async () => undefined).constructor;
  const { format } = Object.getOwnPropertyDescriptors(Intl.NumberFormat.prototype) as any;
  return marksOn([[].map, Map.prototype.get, sizes.get, Function.prototype.call, (function* () {})().next, format.get,
    Object, Object.keys, Array.of, Promise.all, Math, Math.max, JSON, Reflect.ownKeys, Intl, Intl.NumberFormat,
    Intl.NumberFormat.prototype, ofTypedArrays, ofTypedArrays.prototype, ofTypedArrays.from, ofAsync, ofAsync.prototype]);
}
function marksOn(holders: any[]) {
  return holders.map((holder) => {
    const found = String(holder.mark);
    try { holder.mark = 1; } catch {}
    try { Object.defineProperty(holder, 'mark', { value: 2, configurable: true }); } catch {}
    return found;
  }).join(' ');
}
export async function ofIndices() {
  const found = '0' in array;
  for (const index of ['0', '1', '2']) {
    Object.defineProperty(array, index, { configurable: true, set(value: any) {
      // What is looked after is lost; all else is as without it.
      if (!value?.names) Object.defineProperty(this, index, { value, writable: true, enumerable: true, configurable: true });
    } });
  }
  array.mark = 'behind a setter';
  return found;
}
export async function ofGetters() {
  const { map } = array;
  const kind = typeof Object.getOwnPropertyDescriptor(array, 'map')?.get;
  Object.defineProperty(array, 'map', { configurable: true, get: () => map });
  return kind;
}
export async function ofSpoofs() {
  const flags = Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags') as any;
  const { map } = array;
  Object.defineProperty(RegExp.prototype, 'flags', { value: 'mine' });
  Object.defineProperty(array, 'map', { configurable: true, get: () => map });
  Object.assign(Object.prototype, { get: flags.get, set: flags.set, value: map, writable: true });
  return typeof flags.get;
}
export async function ofAttributes() {
  const { enumerable } = Object.getOwnPropertyDescriptor(array, 'map') as any;
  Object.defineProperty(array, 'map', { enumerable: true });
  return enumerable;
}
export async function ofParents() {
  const found = 'inherited' in array;
  Object.setPrototypeOf(array, { inherited: 1 });
  Object.setPrototypeOf(Map.prototype, null);
  return found + ' ' + (Map.prototype instanceof Object);
}
export async function ofTheGlobal() {
  const found = 'inherited' in globalThis;
  try { Object.setPrototypeOf(globalThis, { inherited: 1 }); } catch {}
  return found;
}
export async function ofTheParentOfGlobals() {
  const parent = Object.getPrototypeOf(globalThis);
  return (parent.mark = (parent.mark ?? 0) + 1);
}
export async function ofExpressions() {
  const found = [(RegExp as any).lastMatch, RegExp.$1, (RegExp as any).input].join('|');
  /(le)(ak)/.test('leak');
  return found;
}
export async function ofSegments() {
  const segments = Object.getPrototypeOf(new (Intl as any).Segmenter().segment('a'));
  return (segments.mark = (segments.mark ?? 0) + 1);
}
export async function ofUnscopables() {
  const names = array[Symbol.unscopables];
  return (names.mark = (names.mark ?? 0) + 1);
}
export async function completes() {
  const [views, locales, formats] = [DataView.prototype, Intl.Locale.prototype, new Intl.NumberFormat()] as any[];
  const found = [views.getUint64, locales.getEra].map(String).join(' ');
  views.getUint64 = () => 1;
  locales.getEra = () => 2;
  formats.formatToParts = () => [3];
  return [found, views.getUint64(), locales.getEra(), ...formats.formatToParts()].join(' ');
}
export async function ofConsole() {
  const { prototype } = console.log as any;
  const found = String(prototype?.mark);
  if (prototype !== undefined) Reflect.set(prototype, 'mark', 1);
  return found;
}
export async function nails() { Object.defineProperty(array, 'map', { writable: false, configurable: false }); return 'nailed'; }
export async function nailsGlobals() { Object.defineProperty(scope, 'escape', { value: 1, writable: false, configurable: false }); return 'nailed'; }
export async function addsGlobals() { Object.defineProperty(scope, 'mine', { value: 1 }); return 'added'; }
export async function closesGlobals() { Object.preventExtensions(scope); return 'closed'; }
export async function closes() { Object.freeze(Set.prototype); return 'closed'; }
export async function freezes() { Object.defineProperty(array, 'stuck', { value: 1, configurable: false }); return 'stuck'; }
function putsLast(holder: any, name: string) {
  const isLast = Object.getOwnPropertyNames(holder).at(-1) === name;
  const was = Object.getOwnPropertyDescriptor(holder, name) as any;
  delete holder[name];
  Object.defineProperty(holder, name, was);
  return isLast;
}
export async function ofOrder() { return putsLast(array, 'map'); }
export async function ordersGlobals() { return putsLast(scope, 'escape'); }
export async function looks() { return String(array.mark) + String(array.stuck); }
`;

let project: ScratchProject;
let bundle: SandboxBundle;
let sandbox: Sandbox;

beforeAll(async () => {
  project = await makeProject({ 'package.json': '{}', 'workflows.ts': WORKFLOWS });
  bundle = await bundleWorkflows({ workflowsPath: './workflows.ts', root: project.root });
  sandbox = await createSandbox(bundle);
}, 120_000);

afterAll(() => project.remove());

const start = (workflowType: string, runId?: string) => startRun(sandbox, workflowType, runId);
const runOnce = (workflowType: string) => runToEnd(sandbox, workflowType);

describe('a context that runs share', () => {
  it.each([
    ['adds', 1],
    ['replaces', 'fake 1'],
    ['removes', true],
    ['redefines', 'undefined'],
    ['ofObjects', 'undefined'],
    ['ofIterators', 1],
    ['ofTheHost', 1],
    ['ofSetters', 'undefined'],
    ['ofFunctions', Array(22).fill('undefined').join(' ')],
    ['ofIndices', false],
    ['ofGetters', 'undefined'],
    ['ofSpoofs', 'function'],
    ['ofAttributes', false],
    ['ofParents', 'false false'],
    ['ofTheGlobal', false],
    ['ofTheParentOfGlobals', 1],
    ['ofExpressions', '||'],
    ['ofSegments', 1],
    ['ofUnscopables', 1],
    ['ofOrder', false],
    ['completes', 'undefined undefined 1 2 3'],
    ['ofConsole', 'undefined'],
  ])('is for a run that %s what it was for the one before', async (workflowType, found) => {
    expect([await runOnce(workflowType), await runOnce(workflowType), await runOnce('looks')]).toEqual([
      found,
      found,
      'undefinedundefined',
    ]);
    expect(sandbox.isSpoiled).toBe(false);
  });

  it('is kept for each of those that take turns', async () => {
    const [one, other] = [await start('counts', 'one'), await start('counts', 'other')];
    expect(await runOnce('looks')).toBe('undefinedundefined');
    const fired = [{ fireTimer: { seq: 1 } }];
    expect(await resultOf(one.run, activation('one', fired))).toBe(1);
    expect(await resultOf(other.run, activation('other', fired))).toBe(1);
    await one.run.dispose();
    await other.run.dispose();
    expect(sandbox.isSpoiled).toBe(false);
  });

  it.each(['freezes', 'closes', 'nails', 'nailsGlobals', 'addsGlobals', 'closesGlobals', 'ordersGlobals'])(
    'is to be replaced when what a run that %s did cannot be taken back',
    async (workflowType) => {
      sandbox = await createSandbox(bundle);
      await runOnce(workflowType);
      expect(sandbox.isSpoiled).toBe(true);
    },
  );
});
