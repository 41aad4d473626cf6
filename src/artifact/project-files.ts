/** Where a mission lies in the author's project. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MissionError } from '../shared/errors.ts';

export interface ProjectFiles {
  /** Paths relative to the project, with `/`. */
  readonly workflow: string;
  readonly activity: string;
}

/**
 * Finds the entry files of a mission.
 *
 * @throws MissionError `MISSION_SOURCE_MISSING` naming the file that is not there.
 */
export function findProjectFiles(root: string, mission: string): ProjectFiles {
  const workflow = first(root, [`workflows/${mission}/workflow.ts`, `workflows/${mission}/workflow.js`]);
  if (workflow === undefined) {
    throw missing(root, mission, `workflows/${mission}/workflow.ts`, 'the workflow of the mission');
  }
  const activity = first(root, [
    `activities/${mission}.ts`,
    `activities/${mission}.js`,
    'activities/index.ts',
    'activities/index.js',
  ]);
  if (activity === undefined) {
    throw missing(
      root,
      mission,
      `activities/${mission}.ts (or activities/index.ts)`,
      'the side effects of the mission',
    );
  }
  return { workflow, activity };
}

function first(root: string, candidates: readonly string[]): string | undefined {
  return candidates.find((path) => existsSync(join(root, path)));
}

function missing(root: string, mission: string, path: string, what: string): MissionError {
  return new MissionError('MISSION_SOURCE_MISSING', `${path} does not exist in ${root}: it would hold ${what}.`, {
    remedy: `Create the file, check the mission's name (${mission}), or run the command in the project's folder.`,
    details: { root, mission, path },
  });
}
