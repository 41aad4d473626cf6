import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseModule, readModules, type SourceModule } from './support/source-modules.ts';

/** The rooms of `src` in import order: a room may import itself and the rooms before it. */
const ROOMS = [
  'shared',
  'mission',
  'activity',
  'artifact',
  'encryption',
  'registry',
  'telemetry',
  'temporal',
  'routing',
  'fleet',
  'recording',
  'compare',
  'replay',
  'shadow',
  'gate',
  'release',
  'sharding',
  'debug',
  'rollout',
  'decisions',
  'client',
  'api',
  'cli',
  'console',
];

/** Files of `src` that are no room's: the package's public entries. They may import any room, and no room imports them. */
const ENTRIES = ['index', 'worker', 'replay', 'testing'].map((name) => `src/${name}.ts`);

/** Entries that are a room's face to authors, and count as a part of it: artifacts are linked against them. */
const FACES: Readonly<Record<string, string>> = { 'src/mission.ts': 'mission', 'src/activity.ts': 'activity' };

/** Rooms whose code runs without node; digests are the exception, as hashing is pure. */
const PURE_ROOMS = ['compare', 'gate'];
const HASHING = 'src/shared/digest.ts';

const LINES_MAX = 400;
const VAGUE_NAME = /(^|-)(utils?|helpers?|types|misc|common)\.ts$/;

const root = fileURLToPath(new URL('..', import.meta.url));
const source = await readModules(root, ['src']);
const everything = [...source, ...(await readModules(root, ['test', 'workflows', 'activities', 'bench']))];

describe('the rooms of src', () => {
  it('are all in the list', () => {
    const strangers = source.filter(({ path }) => !ENTRIES.includes(path) && !ROOMS.includes(roomOf(path)));
    expect(strangers.map(({ path }) => path)).toEqual([]);
  });

  it('import only themselves and the rooms before them', () => {
    expect(source.flatMap(importsAgainstTheOrder)).toEqual([]);
  });

  it('sees an import against the order, of a value, of a type, and of an entry', () => {
    const text = `import { x } from '../gate/policy.ts'; type Q = import('../cli/main.ts').Q; export { y } from '../index.ts';`;
    expect(importsAgainstTheOrder(parseModule('src/compare/a.ts', text))).toEqual([
      'src/compare/a.ts → src/gate/policy.ts',
      'src/compare/a.ts → src/cli/main.ts',
      'src/compare/a.ts → src/index.ts',
    ]);
  });

  it('keep to the workflow sandbox in mission: shared only, and nothing of node however far away', () => {
    const mission = source.filter(({ path }) => roomOf(path) === 'mission');
    const elsewhere = mission.flatMap((module) =>
      module.imports
        .filter(({ to }) => to.startsWith('src/') && !['mission', 'shared'].includes(roomOf(to)))
        .map(({ to }) => `${module.path} → ${to}`),
    );
    expect(elsewhere).toEqual([]);
    expect(reachNode(mission, [])).toEqual([]);
  });

  it('keep comparing and judging pure', () => {
    const pure = source.filter(({ path }) => PURE_ROOMS.includes(roomOf(path)));
    expect(reachNode(pure, [HASHING])).toEqual([]);
  });

  it('sees node reached through another module', () => {
    expect(reachNode([parseModule('src/gate/a.ts', `import { d } from '../shared/digest.ts';`)], [])).toEqual([
      'src/gate/a.ts → src/shared/digest.ts → node:crypto',
    ]);
  });
});

describe('every module', () => {
  it(`has at most ${LINES_MAX} lines`, () => {
    const long = everything.filter(({ lines }) => lines > LINES_MAX);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it('says what it exports: no export *', () => {
    expect(everything.filter(({ exportsAll }) => exportsAll).map(({ path }) => path)).toEqual([]);
    expect(parseModule('src/a.ts', `export * from './b.ts';`).exportsAll).toBe(true);
  });

  it('has a name in kebab-case that says what it holds', () => {
    const names = everything.map(({ path }) => path.split('/').at(-1) ?? '');
    expect(names.filter((name) => !/^[a-z0-9-]+(\.(test|config|d))?\.ts$/.test(name))).toEqual([]);
    expect(names.filter((name) => VAGUE_NAME.test(name))).toEqual([]);
  });
});

/** `src/gate/policy.ts` → `gate`; an entry file is in no room of the list. */
function roomOf(path: string): string {
  return FACES[path] ?? path.split('/')[1] ?? '';
}

function importsAgainstTheOrder(module: SourceModule): string[] {
  if (ENTRIES.includes(module.path)) return [];
  const allowed = ROOMS.slice(0, ROOMS.indexOf(roomOf(module.path)) + 1);
  return module.imports
    .filter(({ to }) => to.startsWith('src/') && !allowed.includes(roomOf(to)))
    .map(({ to }) => `${module.path} → ${to}`);
}

/** Shortest paths by which modules come to run node's own modules; imports of types are erased and do not count. */
function reachNode(from: readonly SourceModule[], except: readonly string[]): string[] {
  const seen = new Set(except);
  const queue = from.map((module) => ({ module, trail: module.path }));
  const reached: string[] = [];
  for (const { module, trail } of queue) {
    for (const { to } of module.imports.filter(({ to, typeOnly }) => !typeOnly && !seen.has(to))) {
      if (to.startsWith('node:')) reached.push(`${trail} → ${to}`);
      const next = source.find(({ path }) => path === to);
      if (next !== undefined) queue.push({ module: next, trail: `${trail} → ${to}` });
      if (next !== undefined) seen.add(to);
    }
  }
  return reached;
}
