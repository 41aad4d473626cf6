/** Runs share the SDK's modules. Whoever changes them has them for itself. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import type { WorkflowPlugin } from '../../src/artifact/worker-plugins.ts';
import { createSandbox, type Sandbox, type SandboxBundle } from '../../src/replay/sandbox.ts';
import { makeProject, type ScratchProject } from './plain/project.ts';
import { activation, commandsOf, resultOf, runToEnd, startRun } from './sandbox-runs.ts';

/** Each returns what it finds of what it then does. */
const WORKFLOWS = `
import { ApplicationFailure, CancellationScope, Trigger, sleep, workflowInfo } from '@temporalio/workflow';
import { registerSleepImplementation } from '@temporalio/workflow/lib/cancellation-scope';
import { encodingKeys } from '@temporalio/common/lib/converter/types';
import { TextEncoder } from '@temporalio/common/lib/encoding';
import { msToTs } from '@temporalio/common/lib/time';
import { PATTERN } from './own';
declare const __webpack_require__: any;
declare const __webpack_modules__: any;
const scope = globalThis as any;
const activator = () => scope.__TEMPORAL_ACTIVATOR__;
const markOn = (holder: any) => (holder.mark = (holder.mark ?? 0) + 1);

export async function ofTheActivator() { return markOn(Object.getPrototypeOf(activator())); }
export async function ofItsMethods() {
  const inside = Object.getPrototypeOf(activator());
  const found = String(inside.isMine);
  const before = inside.concludeActivation;
  inside.concludeActivation = function () { return before.call(this); };
  Object.defineProperty(inside, 'isMine', { value: true, configurable: true });
  return found + ' ' + (before === inside.concludeActivation);
}
export async function ofConverters() {
  const { converterByEncoding } = activator().payloadConverter;
  const found = [...converterByEncoding.keys()].join(' ');
  const [first, ...others] = [...converterByEncoding];
  converterByEncoding.clear();
  for (const [encoding, converter] of [...others, first]) converterByEncoding.set(encoding, converter);
  return found;
}
export async function ofConverterClasses() {
  return [activator().payloadConverter, activator().failureConverter].map((one) => markOn(Object.getPrototypeOf(one))).join(' ');
}
export async function ofClasses() {
  const long = msToTs(1).seconds.constructor as any;
  return [ApplicationFailure, CancellationScope, TextEncoder, long].map((one: any) => markOn(one.prototype)).join(' ');
}
export async function ofParents() {
  const parent = Object.getPrototypeOf(ApplicationFailure.prototype) as any;
  const found = String(parent === Object.prototype);
  Object.setPrototypeOf(ApplicationFailure.prototype, Object.prototype);
  return found;
}
export async function ofBytes() {
  const found = encodingKeys.METADATA_ENCODING_JSON.join(' ');
  encodingKeys.METADATA_ENCODING_JSON.fill(0);
  return found;
}
export async function ofSleep() {
  const kind = await CancellationScope.nonCancellable(async () => scope.asleep ?? 'awake');
  registerSleepImplementation((async () => { scope.asleep = 'mine'; }) as any);
  return kind;
}

export async function ofFunctions() {
  const long = msToTs(1).seconds.constructor as any;
  return [long, long.UZERO, long.fromInt(5), ApplicationFailure, __webpack_require__, __webpack_require__.d, __webpack_modules__].map(Object.isFrozen).join(' ');
}
export async function ofTheCache() {
  const cache = scope.__webpack_module_cache__;
  const [id] = Object.keys(__webpack_modules__).filter((one) => one.endsWith('common/lib/time.js'));
  return Reflect.defineProperty(cache, id as string, { value: 'mine', writable: false, configurable: false });
}
export async function wraps() {
  const inside = CancellationScope.prototype as any;
  const { value } = Object.getOwnPropertyDescriptor(inside, 'run') as any;
  Object.defineProperty(inside, 'run', {
    configurable: true,
    writable: true,
    value(...given: any[]) { scope.wrapped = (scope.wrapped ?? 0) + 1; return value.apply(this, given); },
  });
  return typeof value + ' ' + (await CancellationScope.nonCancellable(async () => scope.wrapped));
}
export async function ofFlags() {
  const { has } = Map.prototype;
  Map.prototype.has = function (key) { this.clear(); return has.call(this, key); };
  try { activator().addKnownFlags([1]); } catch {}
  Map.prototype.has = has;
  return 'known';
}
export async function hidesItsRun() {
  const own = activator();
  const id = Object.keys(__webpack_modules__).find((one) => one.endsWith('workflows.ts')) as string;
  scope.__TEMPORAL_ACTIVATOR__ = undefined;
  const cache = scope.__webpack_module_cache__;
  const found = (cache.mine?.count ?? 0) + 1;
  cache.mine = { count: found };
  cache[id] = { exports: {} };
  scope.__TEMPORAL_ACTIVATOR__ = own;
  return found;
}
export async function drawsForNobody() {
  const { random } = workflowInfo().unsafe as any;
  const own = activator();
  scope.__TEMPORAL_ACTIVATOR__ = Math;
  try { return random.random(); } finally { scope.__TEMPORAL_ACTIVATOR__ = own; }
}
export async function compiles() {
  const found = PATTERN.test('own');
  try { (PATTERN as any).compile('mine'); } catch {}
  return found;
}
export async function timesOut() {
  const handle = setTimeout(() => undefined, 1_000);
  await sleep(10);
  clearTimeout(handle);
  return 'in time';
}
export async function overrides() {
  class Mine extends ApplicationFailure { override toString() { return 'mine'; } }
  const one = new ApplicationFailure('one') as any;
  one.toString = () => 'own';
  const trigger = new Trigger() as any;
  trigger.then = 1;
  return [String(new Mine()), String(one), Object.keys(one).includes('toString'), trigger.then, one instanceof ApplicationFailure].join(' ');
}

export async function seesMessages() {
  let seen = 'nothing';
  activator().interceptors.internals.push({
    activate(input: any, next: any) {
      const [job] = input.activation.jobs;
      seen = [input.activation, job, job.fireTimer, input.activation.timestamp].map((one) => one.constructor.name).join(' ') + ' ' + job.variant;
      return next(input);
    },
  });
  await sleep(10);
  return seen;
}
export async function steals() {
  Object.getPrototypeOf(activator()).mutateWorkflowInfo = function () { this.info = { ...this.info, workflowId: 'stolen' }; };
  await sleep(10);
}
export async function isStolenFrom() { await sleep(10); return workflowInfo().workflowId; }
export async function sleeps() {
  return CancellationScope.withTimeout(10, async () => { await sleep(20); return 'slept'; });
}
export async function answersLater() {
  activator().interceptors.internals.push({
    concludeActivation(input: any, next: any) {
      const { commands } = next(input);
      const later = () => { scope.mark = 1; (Array.prototype as any).mark = 1; };
      return { commands: commands.map((one: any) => ({ ...one, get userMetadata() { Promise.resolve().then(later); return null; } })) };
    },
  });
  return 'later';
}
export async function isThenable() {
  Object.defineProperty(Object.prototype, 'then', { configurable: true, value(done: any) { scope.mark = 1; done('mine'); } });
  return 'now';
}
export async function looks() { return String(scope.mark) + String(([] as any).mark) + ('then' in {}); }
`;

const fired = [{ fireTimer: { seq: 1 } }];
let project: ScratchProject;
let bundle: SandboxBundle;
let sandbox: Sandbox;

beforeAll(async () => {
  project = await makeProject({
    'package.json': '{}',
    'workflows.ts': WORKFLOWS,
    'own.ts': 'export const PATTERN = /^own$/;',
  });
  const preloads: WorkflowPlugin = {
    name: 'preloads',
    configureBundler: (options) => ({ ...options, preloadModules: ['@temporalio/workflow', `${project.root}/own.ts`] }),
  };
  bundle = await bundleWorkflows({ workflowsPath: './workflows.ts', root: project.root, plugins: [preloads] });
}, 120_000);

beforeEach(async () => {
  sandbox = await createSandbox(bundle);
});

afterAll(() => project.remove());

describe('what a run does to modules that others share', () => {
  it.each([
    ['ofTheActivator', 1],
    ['ofItsMethods', 'undefined false'],
    ['ofConverterClasses', '1 1'],
    ['ofClasses', '1 1 1 1'],
    ['wraps', 'function 1'],
    ['ofParents', 'false'],
    ['ofBytes', '106 115 111 110 47 112 108 97 105 110'],
  ])('is its own: %s', async (workflowType, found) => {
    expect([await runToEnd(sandbox, workflowType), await runToEnd(sandbox, workflowType)]).toEqual([found, found]);
    expect(sandbox.isSpoiled).toBe(false);
  });

  it.each([
    ['ofFunctions', 'true true true true true true true'],
    ['ofConverters', 'binary/null binary/plain json/plain'],
    ['ofFlags', 'known'],
    ['ofTheCache', false],
    ['ofSleep', 'awake'],
    ['overrides', 'mine own true 1 true'],
  ])('reaches no other, or is allowed: %s', async (workflowType, found) => {
    expect([await runToEnd(sandbox, workflowType), await runToEnd(sandbox, workflowType)]).toEqual([found, found]);
    expect(sandbox.isSpoiled).toBe(false);
  });

  it('is not there when another run sleeps', async () => {
    await runToEnd(sandbox, 'ofSleep');
    const { run } = await startRun(sandbox, 'sleeps');
    expect(await resultOf(run, activation('sleeps', [{ fireTimer: { seq: 2 } }]))).toBe('slept');
  });

  it('is not there when another run looks for modules, however it was put into the cache of all', async () => {
    expect([await runToEnd(sandbox, 'hidesItsRun'), await runToEnd(sandbox, 'hidesItsRun')]).toEqual([1, 1]);
    expect(sandbox.isSpoiled).toBe(false);
  });

  it('is kept for each of those that take turns: timeouts of code have the same numbers in all', async () => {
    const runs = [await startRun(sandbox, 'timesOut', 'one'), await startRun(sandbox, 'timesOut', 'other')];
    for (const { run } of runs) {
      const commands = await commandsOf(run, activation('', [{ fireTimer: { seq: 2 } }]));
      expect(commands.flatMap((command) => Object.keys(command))).toContain('cancelTimer');
      expect(commands).toHaveLength(2);
      await run.dispose();
    }
    expect(sandbox.isSpoiled).toBe(false);
  });

  it('tells nobody how often one drew by chance without a run', async () => {
    const [one, other] = [await runToEnd(sandbox, 'drawsForNobody'), await runToEnd(sandbox, 'drawsForNobody')];
    expect(one).toBeTypeOf('number');
    expect(other).toBe(one);
  });

  it("is told where it may stay: an expression of a module of one's own, compiled anew", async () => {
    expect(await runToEnd(sandbox, 'compiles')).toBe(true);
    expect(sandbox.isSpoiled).toBe(true);
  });

  it('is not asked for by the host in the turn of another', async () => {
    const [thief, other] = [await startRun(sandbox, 'steals'), await startRun(sandbox, 'isStolenFrom')];
    expect(await resultOf(other.run, activation('isStolenFrom', fired))).toBe('w');
    await thief.run.dispose();
    expect(sandbox.isSpoiled).toBe(false);
  });
});

describe('what crosses', () => {
  it('are no messages of the host', async () => {
    const { run } = await startRun(sandbox, 'seesMessages');
    expect(await resultOf(run, activation('seesMessages', fired))).toBe('Object Object Object Object fireTimer');
  });

  it.each(['answersLater', 'isThenable'])('is done before the next run, whatever it %s', async (workflowType) => {
    await runToEnd(sandbox, workflowType);
    expect(await runToEnd(sandbox, 'looks')).toBe('undefinedundefinedfalse');
    expect(sandbox.isSpoiled).toBe(false);
  });
});

describe('a bundle that does not tell of its modules', () => {
  it('is good for one run each time it is loaded', async () => {
    const code = bundle.code
      .replaceAll('__webpack_module_cache__ =', '__cache__ =')
      .replaceAll(/\b__webpack_module_cache__\[/g, '__cache__[');
    sandbox = await createSandbox({ code });
    expect(await runToEnd(sandbox, 'looks')).toBe('undefinedundefinedfalse');
    expect(sandbox.isSpoiled).toBe(true);
  });
});
