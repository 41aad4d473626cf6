/** A mission of the bench: where its sources are, which runs are recorded, and its mutants. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import type { Mutant, Sources } from './mutant.ts';
import type { WantedRun } from './wanted-run.ts';

export interface BenchMission {
  readonly name: string;
  /** The folder that holds its `workflows/` and `activities/`. */
  readonly root: string;
  readonly runs: readonly WantedRun[];
  readonly mutants: readonly Mutant[];
}

/** Reads the sources of a mission, without its variants. */
export async function readSources({ name, root }: Pick<BenchMission, 'name' | 'root'>): Promise<Sources> {
  const places = [join('workflows', name), join('activities', name), join('activities', `${name}.ts`)];
  const files = (await Promise.all(places.map((place) => filesOf(join(root, place))))).flat();
  const texts = await Promise.all(
    files.map(async (file) => [relative(root, file).split(sep).join('/'), await readFile(file, 'utf8')] as const),
  );
  return Object.fromEntries(texts.filter(([path]) => !path.includes('/variants/')));
}

async function filesOf(place: string): Promise<string[]> {
  if (place.endsWith('.ts')) return [place];
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Gives `work` a folder that holds the sources, and removes it afterwards. */
export async function withProject<Result>(sources: Sources, work: (root: string) => Promise<Result>): Promise<Result> {
  const root = await mkdtemp(join(tmpdir(), 'bench-verdicts-project-'));
  try {
    await writeProject(root, sources);
    return await work(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Writes sources below a folder. */
export async function writeProject(root: string, sources: Sources): Promise<void> {
  for (const [path, text] of Object.entries({ 'package.json': '{ "private": true, "type": "module" }', ...sources })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}
