/** Runs share what the SDK's modules keep to themselves, and a mission's what zod does. Whoever gets hold of it has it for itself, however that was done. */
import { types } from 'node:util';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { SHARED_MODULES } from '../../src/artifact/shared-by-runs.ts';
import { createSandbox, type Sandbox, type SandboxBundle } from '../../src/replay/sandbox.ts';
import { type Walked, walkContext } from './context-walk.ts';
import { makeProject, type ScratchProject } from './plain/project.ts';
import { runToEnd, startRun } from './sandbox-runs.ts';

const WORKFLOWS = `
import { sleep } from '@temporalio/workflow';
export async function sleeps() { await sleep(10); }
export async function works() { return 'as before'; }
`;

const OF_SDK = /node_modules\/(?:@temporalio|long|ms|nexus-rpc)\//;
const OF_MISSION: ReadonlySet<string> = new Set(Object.values(SHARED_MODULES));
/** Of `long`: nothing but its loading, and V8, looks at these. */
const OUT_OF_REACH = /long\/umd\/index\.js\S* \{(?:exports|wasm|__WEBPACK_AMD_DEFINE_ARRAY__)\}/;

/** Of zod: what V8 keeps of a class's first schema, and a message that a function was made for. */
const UNUSED_BY_ZOD = /(?:\.shape \{[\w$]+\}|\.error) \{[\w$]+\}$/;

/** Modules that zod imports whole; their members are called without asking these. */
function namespacesAmong(walked: readonly Walked[]): readonly string[] {
  return walked
    .filter(({ object, path }) => IN_VARIABLE.test(path) && !(types.isMap(object) || types.isSet(object)))
    .filter(({ object }) => {
      const members = Object.values(Object.getOwnPropertyDescriptors(object));
      return members.length > 0 && members.every((member) => member.get !== undefined && member.configurable !== true);
    })
    .map(({ path }) => path);
}

const IN_VARIABLE = /^(?:schemas|\.\/library\.cjs).*\{[\w$]+\}$/;

/** What a run can get hold of, whatever it does to built-ins. */
function withinReach(walked: readonly Walked[]): readonly Walked[] {
  const namespaces = new Set(namespacesAmong(walked));
  return walked.filter(({ object, path }) => {
    if (OUT_OF_REACH.test(path) || UNUSED_BY_ZOD.test(path)) return false;
    if (namespaces.has(path) || namespaces.has(path.replace(/\.[^.]*$/, ''))) return false;
    // Of zod's: called by their names alone.
    return !(typeof object === 'function' && IN_VARIABLE.test(path));
  });
}

/** By the SDK. */
const REPLACED_GLOBALS = ['Date', 'Math', 'Proxy', 'setTimeout', 'clearTimeout', 'WeakRef', 'FinalizationRegistry'];

interface Shared {
  readonly sandbox: Sandbox;
  readonly walked: readonly Walked[];
}

let project: ScratchProject;

beforeAll(async () => {
  project = await makeProject({ 'package.json': '{}', 'workflows.ts': WORKFLOWS });
});

afterAll(() => project.remove());

/** All that runs share, and whose variables lead further. */
async function share(bundle: SandboxBundle): Promise<Shared> {
  const inContext = vi.spyOn(vm.Script.prototype, 'runInContext');
  const sandbox = await createSandbox(bundle);
  const context = inContext.mock.calls.at(-1)?.[0] ?? {};
  inContext.mockRestore();
  const cache = vm.runInContext('__webpack_module_cache__', context) as Record<string, unknown>;
  const scope = vm.runInContext('globalThis', context) as object;
  const api = vm.runInContext('__TEMPORAL__', context) as { readonly api: { readonly activate: object } };
  const walk = (roots: Readonly<Record<string, unknown>>) => walkContext(roots, api.api.activate, scope);
  const { object: modules = {} } = walk({ api }).find(({ path }) => path.endsWith('{__webpack_modules__}')) ?? {};
  const ids = Object.keys(modules).filter((id) => (OF_SDK.test(id) || OF_MISSION.has(id)) && cache[id] !== undefined);
  const shared = Object.fromEntries(ids.map((id) => [id.replace(/^.*node_modules\//, ''), cache[id]]));
  const { exports: schemas = () => [] } = (cache[SHARED_MODULES.schemas] ?? {}) as { readonly exports?: () => unknown };
  const globals = Object.getOwnPropertyDescriptors(scope);
  const replaced = Object.fromEntries(REPLACED_GLOBALS.map((name) => [name, globals[name as never]]));
  const walked = walk({ api, ...shared, schemas: schemas(), ...replaced });
  return { sandbox, walked: withinReach(walked) };
}

/** As much as anybody can, but for what would keep the SDK from working. */
function mark({ object }: Walked): void {
  Reflect.defineProperty(object, 'mark', { value: 1, configurable: true });
  if (types.isRegExp(object) && !Object.isFrozen(object)) RegExp.prototype.compile.call(object, 'mine');
  else if (types.isTypedArray(object)) Reflect.set(object, 0, 7);
  else if (types.isMap(object)) Map.prototype.set.call(object, 'mark', 1);
  else if (types.isSet(object)) Set.prototype.add.call(object, 'mark');
}

/** What of an object {@link mark} may have changed. */
function stateOf({ object, path }: Walked): string {
  const content = types.isRegExp(object)
    ? String(Object.getOwnPropertyDescriptor(RegExp.prototype, 'source')?.get?.call(object) ?? '')
    : types.isTypedArray(object)
      ? Reflect.get(object, 0)
      : types.isMap(object)
        ? Map.prototype.has.call(object, 'mark')
        : types.isSet(object) && Set.prototype.has.call(object, 'mark');
  return `${path}: ${Object.hasOwn(object, 'mark')} ${String(content)}`;
}

describe('what the SDK keeps in variables', () => {
  it.each([
    ['of plain workflows', () => bundleWorkflows({ workflowsPath: './workflows.ts', root: project.root }), 'sleeps'],
    [
      'of a mission',
      async () => linkWorkflowBundle(await buildArtifact({ root: process.cwd(), mission: 'refund-eligibility' })),
      'refund-eligibility',
    ],
  ])(
    'is as before when a run changed all of it: %s',
    async (_, makeBundle, workflowType) => {
      const { sandbox, walked } = await share(await makeBundle());
      expect(walked.length).toBeGreaterThan(1_000);
      expect(walked.filter(({ path }) => path.endsWith('}')).length).toBeGreaterThan(100);
      const before = walked.map(stateOf);
      const { run } = await startRun(sandbox, workflowType);
      walked.forEach(mark);
      expect(walked.map(stateOf)).not.toEqual(before);
      await run.dispose();
      expect(walked.map(stateOf).filter((state, index) => state !== before[index])).toEqual([]);
      expect(sandbox.isSpoiled).toBe(false);
    },
    120_000,
  );

  it('is good for one run each time it is loaded where it is not told', async () => {
    const { code } = await bundleWorkflows({ workflowsPath: './workflows.ts', root: project.root });
    const sandbox = await createSandbox({ code: code.replaceAll('/***/ "', '/***/  "') });
    expect(await runToEnd(sandbox, 'works')).toBe('as before');
    expect(sandbox.isSpoiled).toBe(true);
  }, 120_000);
});
