/** The digest of an artifact covers what is executed, and nothing else: no sources, no maps, no clock, no path. */
import { type Digest, digestOf, digestOfJson } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import type { Artifact } from './artifact.ts';
import { definitionJson } from './definition-json.ts';

/** Raised when the meaning of the digested form changes. */
const FORMAT = 1;

/** SHA-256 over mission, definition and the three code texts. */
export function digestOfArtifact(artifact: Pick<Artifact, 'mission' | 'definition' | 'code'>): Digest {
  const { mission, definition, code } = artifact;
  return digestOfJson({
    format: FORMAT,
    mission,
    definition: definitionJson(definition),
    code: { workflow: digestOf(code.workflow), library: digestOf(code.library), activity: digestOf(code.activity) },
  });
}

/**
 * Checks that an artifact is what its digest says.
 *
 * @throws MissionError `ARTIFACT_CORRUPT` when it is not.
 */
export function verifyArtifact(artifact: Artifact): void {
  const found = digestOfArtifact(artifact);
  if (found === artifact.digest && artifact.definition.name === artifact.mission) return;
  throw new MissionError(
    'ARTIFACT_CORRUPT',
    `The artifact ${artifact.digest} of ${artifact.mission} has the digest ${found}.`,
    {
      remedy:
        'The stored artifact was changed or damaged: restore the registry from a backup, or publish the version again.',
      details: { expected: artifact.digest, found, mission: artifact.mission },
    },
  );
}
