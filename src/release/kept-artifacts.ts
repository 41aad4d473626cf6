import { dirname } from 'node:path';
import type { Artifact } from '../artifact/artifact.ts';
import { readCaseArtifact } from '../recording/case-artifacts.ts';
import type { Fixture } from '../recording/fixtures.ts';

/** Finds artifacts by digest in the folders that these regression cases are in. */
export function keptBeside(fixtures: readonly Fixture[]): (digest: string) => Promise<Artifact | undefined> {
  const folders = [...new Set(fixtures.map(({ directory }) => dirname(directory)))];
  return async (digest) => {
    for (const folder of folders) {
      const artifact = await readCaseArtifact(folder, digest);
      if (artifact !== undefined) return artifact;
    }
    return undefined;
  };
}
