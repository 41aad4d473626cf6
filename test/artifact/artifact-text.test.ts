import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { verifyArtifact } from '../../src/artifact/artifact-digest.ts';
import { parseArtifact, serialiseArtifact } from '../../src/artifact/artifact-text.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { FIXTURE, MISSION } from './project.ts';

const artifact = await buildArtifact({ root: FIXTURE, mission: MISSION });

describe('the stored form of an artifact', () => {
  it('comes back as it was', () => {
    expect(parseArtifact(serialiseArtifact(artifact))).toEqual(artifact);
  });

  it.each<[string, (given: Artifact) => Artifact]>([
    ['the definition', (given) => ({ ...given, definition: { ...given.definition, rules: { longTicketWords: 6 } } })],
    ['the workflow code', (given) => ({ ...given, code: { ...given.code, workflow: `${given.code.workflow} ` } })],
    ['the library', (given) => ({ ...given, code: { ...given.code, library: '' } })],
    ['the activity code', (given) => ({ ...given, code: { ...given.code, activity: 'evil()' } })],
    ['the mission', (given) => ({ ...given, mission: 'other' })],
  ])('is refused when %s was changed', (_, change) => {
    const changed = change(artifact);
    expect(() => verifyArtifact(changed)).toThrow(expect.objectContaining({ code: 'ARTIFACT_CORRUPT' }));
    expect(() => parseArtifact(serialiseArtifact(changed))).toThrow(
      expect.objectContaining({ code: 'ARTIFACT_CORRUPT' }),
    );
  });

  it.each(['', '{', 'null', '{"digest":"sha256:1"}'])('is refused when the text is %j', (text) => {
    expect(() => parseArtifact(text)).toThrow(expect.objectContaining({ code: 'ARTIFACT_CORRUPT' }));
  });
});
