/** The stored form of an artifact: one JSON text. */
import * as z from 'zod';
import { missionDefinition } from '../mission/definition.ts';
import { type Digest, isDigest } from '../shared/digest.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { canonicalJson, type Json } from '../shared/json.ts';
import type { Artifact } from './artifact.ts';
import { verifyArtifact } from './artifact-digest.ts';

const texts = z.record(z.string(), z.string());

const storedArtifact = z.strictObject({
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'not a digest'),
  mission: z.string(),
  definition: missionDefinition,
  code: z.strictObject({ workflow: z.string(), library: z.string(), activity: z.string() }),
  sources: texts,
  sourceMaps: z.strictObject({ workflow: z.string(), activity: z.string() }),
  builtWith: texts,
});

/** The text of an artifact for the registry or a file. The same artifact has the same text. */
export function serialiseArtifact(artifact: Artifact): string {
  return canonicalJson(artifact as unknown as Json);
}

/**
 * Reads and verifies what {@link serialiseArtifact} wrote.
 *
 * @throws MissionError `ARTIFACT_CORRUPT` when the text is not an artifact, or not the one that its digest names.
 */
export function parseArtifact(text: string): Artifact {
  const parsed = storedArtifact.safeParse(parseJson(text));
  if (!parsed.success) throw corrupt(z.prettifyError(parsed.error));
  verifyArtifact(parsed.data);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt(messageOf(error));
  }
}

function corrupt(reason: string): MissionError {
  return new MissionError('ARTIFACT_CORRUPT', `The stored text is not an artifact: ${reason}`, {
    remedy: 'Restore it from a backup, or publish the version again.',
  });
}
