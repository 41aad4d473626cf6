/** Which project a command is about, and which missions it has. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MISSION_NAME } from '../shared/version-ref.ts';

/** The nearest folder at or above `from` that holds `.mission`, `workflows` or `package.json`; `from` itself when there is none. */
export function findProject(from: string): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (['.mission', 'workflows', 'package.json'].some((name) => existsSync(join(folder, name)))) return folder;
    if (dirname(folder) === folder) return resolve(from);
  }
}

/** The missions whose source is in the project, by name. */
export function missionsInSource(root: string): string[] {
  const folder = join(root, 'workflows');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && MISSION_NAME.test(entry.name))
    .map(({ name }) => name)
    .filter((name) => ['workflow.ts', 'workflow.js'].some((file) => existsSync(join(folder, name, file))))
    .sort();
}
