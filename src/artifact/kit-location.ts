/** Where the running copy of mission-runtime has its code: TypeScript in a checkout, JavaScript in an installed package. */
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
  const manifest = requireOwn(`${name}/package.json`) as { readonly version?: string };
  return manifest.version ?? 'unknown';
}
