/** Where the running copy of mission-runtime has its code: TypeScript in a checkout, JavaScript in an installed package. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** The folder that holds all rooms, with a separator at its end. */
export const KIT_FOLDER = join(fileURLToPath(new URL('..', import.meta.url)), sep);

/** What `mission-runtime/mission` means while an artifact is built. */
export const KIT_ENTRY = join(KIT_FOLDER, `mission${EXTENSION}`);

/** What every hosted run does besides its own code, and the wire that it speaks: the module that is linked, then what it imports. */
export const INTERCEPTORS = ['run-interceptors', 'wire'].map((name) =>
  join(KIT_FOLDER, 'mission', `${name}${EXTENSION}`),
);

/** Finds packages that mission-runtime itself depends on, whatever the project has installed. */
export const requireOwn = createRequire(import.meta.url);

/** The version of a package that mission-runtime itself depends on, or `unknown`. */
export function ownPackageVersion(name: string): string {
  return manifestOf(name).version ?? 'unknown';
}

/** Read from its folder, as not every package exports its manifest. */
function manifestOf(name: string): { readonly version?: string } {
  const folders = requireOwn.resolve.paths(name) ?? [];
  const file = folders.map((folder) => join(folder, name, 'package.json')).find((path) => existsSync(path));
  // Of mission-runtime itself there is no such folder in a checkout.
  return file === undefined ? requireOwn(`${name}/package.json`) : JSON.parse(readFileSync(file, 'utf8'));
}
