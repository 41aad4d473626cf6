/** Publishing: the source of a mission becomes the next version in its ledger, whole or not at all. */
import { userInfo } from 'node:os';
import type { Artifact } from '../artifact/artifact.ts';
import { buildArtifact } from '../artifact/build-artifact.ts';
import type { ComponentChange } from '../artifact/component-change.ts';
import { diffArtifacts } from '../artifact/diff-artifacts.ts';
import { ownPackageVersion } from '../artifact/kit-location.ts';
import type { IntendedChange } from '../compare/intended-change.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import type { JsonArray } from '../shared/json.ts';
import { readGitFacts } from './git-facts.ts';

export interface PublishOptions {
  readonly registry: Registry;
  /** The folder that holds `workflows/` and `activities/`. */
  readonly root: string;
  readonly mission: string;
  /** Why. @default the commit's subject, when everything is committed */
  readonly message?: string | undefined;
  /** Who. @default git's user, else that of the operating system */
  readonly author?: string | undefined;
  /** What it is meant to change, for the gate: it becomes part of the ledger entry. */
  readonly intended?: readonly IntendedChange[] | undefined;
}

export interface Published {
  readonly version: Version;
  /** False when the source is what the latest version holds already: nothing was stored. */
  readonly added: boolean;
  readonly artifact: Artifact;
  readonly previous: Version | undefined;
  /** Against the previous version; empty for the first. */
  readonly changes: readonly ComponentChange[];
}

/**
 * Builds a mission and appends it to its ledger.
 *
 * @throws MissionError `USAGE`, `MISSION_SOURCE_MISSING`, `MISSION_BUNDLE_FAILED`, `DEFINITION_INVALID` when it cannot be
 *   built, `REGISTRY_*` when it cannot be stored. Nothing is stored then.
 */
export async function publishMission(options: PublishOptions): Promise<Published> {
  const { registry, root, mission } = options;
  const [artifact, git] = await Promise.all([buildArtifact({ root, mission }), readGitFacts(root)]);
  const { added, version } = await registry.atomically(mission, async ({ artifacts, versions }) => {
    await artifacts.put(artifact);
    return versions.append({
      mission,
      artifact: artifact.digest,
      kind: 'publish',
      author: options.author ?? git.author ?? userInfo().username,
      message: options.message ?? git.subject ?? '',
      commit: git.commit,
      intended: options.intended as JsonArray | undefined,
      environment: { 'mission-runtime': ownVersion(), ...artifact.builtWith },
    });
  });
  const previous = added ? await registry.versions.find(mission, version.number - 1) : undefined;
  return { version, added, artifact, previous, changes: await changesSince(registry, previous, artifact) };
}

async function changesSince(registry: Registry, previous: Version | undefined, artifact: Artifact) {
  return previous === undefined ? [] : diffArtifacts(await registry.artifacts.get(previous.artifact), artifact);
}

function ownVersion(): string {
  return ownPackageVersion('mission-runtime');
}
