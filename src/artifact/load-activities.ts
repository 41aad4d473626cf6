/** Artifact → activity functions for a worker of this process. Needs nothing of the author's source folders. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { currentScope, withPulse } from '../activity/scope.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { isLinkedInActivities } from './activity-imports.ts';
import type { Artifact } from './artifact.ts';
import { evaluateModule } from './evaluate-module.ts';
import { requireOwn } from './kit-location.ts';
import { builtinName } from './workflow-modules.ts';

/** Activity type → function, as Temporal's worker takes them. */
export type LoadedActivities = Record<string, (...args: never[]) => Promise<unknown>>;

export interface LoadOptions {
  /** Where packages that could not be bundled (native addons) are looked for. @default the working directory */
  readonly root?: string;
}

/**
 * Evaluates the activity code of an artifact.
 *
 * @throws MissionError `ARTIFACT_LOAD_FAILED` when the code throws while it is loaded, asks for a module that is not
 *   there, or has no activities.
 */
export async function loadActivities(artifact: Artifact, options: LoadOptions = {}): Promise<LoadedActivities> {
  const root = options.root ?? process.cwd();
  const filename = join(root, 'activities', `${artifact.mission}.js`);
  const variables = {
    __filename: filename,
    __dirname: join(root, 'activities'),
    __MISSION_MODULE_URL__: pathToFileURL(filename).href,
  };
  const exports = evaluate(artifact, filename, variables, linker(artifact, root, await kitFor(artifact)));
  return activitiesOf(exports, artifact);
}

const KIT = 'mission-runtime/activity';

/** The activity side of the kit is loaded for artifacts that use it: it brings the model providers with it. */
async function kitFor(artifact: Artifact): Promise<unknown> {
  return artifact.code.activity.includes(KIT) ? import('../activity.ts') : undefined;
}

function evaluate(
  artifact: Artifact,
  filename: string,
  variables: Readonly<Record<string, unknown>>,
  require: (specifier: string) => unknown,
): Record<string, unknown> {
  try {
    return evaluateModule(artifact.code.activity, { filename, require, variables });
  } catch (error) {
    throw loadFailure(artifact, `throws while it is loaded: ${messageOf(error)}`, error);
  }
}

/** The `require` of activity code. Every artifact has its own copy of the library that it was built with. */
function linker(artifact: Artifact, root: string, kit: unknown): (specifier: string) => unknown {
  const requireOfProject = createRequire(join(root, 'package.json'));
  let library: unknown;
  const require = (specifier: string): unknown => {
    if (specifier === KIT) return kit;
    if (specifier === 'zod' || specifier === 'zod/v4') {
      library ??= evaluateModule(artifact.code.library, { filename: 'mission-library.js', require });
      return library;
    }
    const own = builtinName(specifier) !== undefined || isLinkedInActivities(specifier);
    return own ? requireOwn(specifier) : requireOfProject(specifier);
  };
  return require;
}

function activitiesOf(exports: Record<string, unknown>, artifact: Artifact): LoadedActivities {
  const given = exports['default'] ?? exports['activities'];
  if (typeof given !== 'object' || given === null) {
    throw loadFailure(artifact, 'exports no activities');
  }
  const functions = Object.entries(given).filter(([, value]) => typeof value === 'function');
  return Object.fromEntries(functions.map(([type, run]) => [type, pulsing(run)]));
}

/** Whatever made it, it tells that its worker lives. */
function pulsing(run: (...args: unknown[]) => unknown): (...args: unknown[]) => Promise<unknown> {
  return (...args) => withPulse(currentScope(undefined), async () => run(...args));
}

function loadFailure(artifact: Artifact, reason: string, cause?: unknown): MissionError {
  return new MissionError(
    'ARTIFACT_LOAD_FAILED',
    `The activity code of ${artifact.mission} (${artifact.digest}) ${reason}.`,
    {
      remedy:
        'End the module with `export default defineActivities({ … })`. A package with a native addon is not part of the ' +
        'artifact: install it where the worker runs.',
      details: { mission: artifact.mission, artifact: artifact.digest },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
