/** Whether mutants are programs: one without an error of types could have been written by somebody, and passed review. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BenchMission, readSources, writeProject } from './bench-mission.ts';
import { applyEdits } from './mutant.ts';

const product = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Checks the types of all mutants, in one program.
 *
 * @returns what the compiler says: lines that begin with mission and mutant, and none when all is well
 */
export async function checkTypes(missions: readonly BenchMission[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-verdicts-types-'));
  try {
    for (const mission of missions) {
      const sources = await readSources(mission);
      for (const mutant of mission.mutants) {
        await writeProject(join(folder, mission.name, mutant.id), applyEdits(sources, mutant));
      }
    }
    // Packages are found where the product has them: the folder lies outside of it.
    await symlink(join(product, 'node_modules'), join(folder, 'node_modules'), 'junction');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));
    return await compile(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const CONFIG = {
  extends: join(product, 'tsconfig.json'),
  compilerOptions: {
    paths: { 'mission-runtime/*': [join(product, 'src/*.ts')] },
    typeRoots: [join(product, 'node_modules/@types')],
    rootDirs: [],
  },
  include: ['.'],
  exclude: ['node_modules'],
};

async function compile(folder: string): Promise<string[]> {
  const tsc = join(product, 'node_modules/typescript/bin/tsc');
  const run = promisify(execFile)(process.execPath, [tsc, '-p', folder], { cwd: folder, maxBuffer: 1 << 26 });
  const told = await run.then(
    () => '',
    ({ stdout, message }: { readonly stdout?: string; readonly message: string }) => stdout || message,
  );
  return told.split('\n').filter((line) => line !== '');
}
