/** Source → artifact. */
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MissionError } from '../shared/errors.ts';
import { MISSION_NAME } from '../shared/version-ref.ts';
import { activityImports } from './activity-imports.ts';
import type { Artifact } from './artifact.ts';
import { digestOfArtifact } from './artifact-digest.ts';
import { bundleCode, type CodeBundle } from './bundle-code.ts';
import { bundleLibrary } from './bundle-library.ts';
import { ownPackageVersion } from './kit-location.ts';
import { findProjectFiles } from './project-files.ts';
import { readDefinition } from './read-definition.ts';
import { workflowImports } from './workflow-imports.ts';

export interface BuildOptions {
  /** The folder that holds `workflows/` and `activities/`. */
  readonly root: string;
  /** The mission's name: the folder below `workflows/`. */
  readonly mission: string;
}

/**
 * Builds the artifact of a mission from its source. The same source gives the same digest in any folder, on any machine
 * that has the same release of mission-runtime. The project's own `package.json` and `tsconfig.json` are a part of its
 * source: esbuild asks them how modules are read.
 *
 * @throws MissionError `USAGE` for an impossible name, `MISSION_SOURCE_MISSING`, `MISSION_BUNDLE_FAILED` (with file, line
 *   and column), `DEFINITION_INVALID` (with a JSON Pointer).
 */
export async function buildArtifact({ root, mission }: BuildOptions): Promise<Artifact> {
  if (!MISSION_NAME.test(mission)) {
    throw new MissionError('USAGE', `"${mission}" cannot be the name of a mission.`, {
      remedy: 'Use lower-case letters, digits and hyphens, beginning with a letter: refund-eligibility.',
      details: { mission },
    });
  }
  const project = realpathOf(root, mission);
  const files = findProjectFiles(project, mission);
  const [workflow, activity, library] = await Promise.all([
    bundleWorkflow(project, files.workflow, mission),
    bundleActivity(project, files.activity, mission),
    bundleLibrary(),
  ]);
  const code = { workflow: workflow.code, library, activity: activity.code };
  const definition = readDefinition(code, workflow.sourceMap, mission, files.workflow);
  return {
    digest: digestOfArtifact({ mission, definition, code }),
    mission,
    definition,
    code,
    sources: await readSources(project, [...workflow.sources, ...activity.sources]),
    sourceMaps: { workflow: workflow.sourceMap, activity: activity.sourceMap },
    builtWith: builtWith(),
  };
}

function bundleWorkflow(root: string, entry: string, mission: string): Promise<CodeBundle> {
  return bundleCode(root, entry, `the workflow code of ${mission}`, {
    platform: 'neutral',
    mainFields: ['module', 'main'],
    plugins: [workflowImports(root)],
  });
}

function bundleActivity(root: string, entry: string, mission: string): Promise<CodeBundle> {
  return bundleCode(root, entry, `the activity code of ${mission}`, {
    platform: 'node',
    define: { 'import.meta.url': '__MISSION_MODULE_URL__' },
    plugins: [activityImports],
  });
}

/** esbuild names files by their real path; a project behind a symbolic link must not look like another project. */
function realpathOf(root: string, mission: string): string {
  try {
    return realpathSync(resolve(root));
  } catch (error) {
    throw new MissionError('MISSION_SOURCE_MISSING', `The project folder ${resolve(root)} cannot be read.`, {
      remedy: 'Run the command in the folder that holds workflows/ and activities/.',
      details: { root, mission },
      cause: error,
    });
  }
}

async function readSources(root: string, paths: readonly string[]): Promise<Record<string, string>> {
  const sorted = [...new Set(paths)].sort();
  return Object.fromEntries(
    await Promise.all(sorted.map(async (path) => [path, await readFile(join(root, path), 'utf8')] as const)),
  );
}

function builtWith(): Record<string, string> {
  const packages = ['@temporalio/workflow', 'esbuild', 'zod'];
  return {
    node: process.versions.node,
    ...Object.fromEntries(packages.map((name) => [name, ownPackageVersion(name)])),
  };
}
