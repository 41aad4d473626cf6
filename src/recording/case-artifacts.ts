/**
 * The artifacts that made regression cases, beside them: `replay-fixtures/<mission>/artifacts/<digest>.json.gz`. With these a
 * case proves itself in any checkout, without a registry. One file serves all cases that a version made.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Artifact } from '../artifact/artifact.ts';
import { parseArtifact, serialiseArtifact } from '../artifact/artifact-text.ts';
import { messageOf } from '../shared/errors.ts';
import { fixtureInvalid } from './fixture-case.ts';

const ARTIFACT_BYTES_MAX = 1 << 28;
/** A source map that maps nothing. */
const NO_MAP = JSON.stringify({ version: 3, sources: [], names: [], mappings: '' });

/**
 * Keeps an artifact beside the cases of its mission, without sources and maps: replay needs code and definition.
 *
 * @param missionDirectory `replay-fixtures/<mission>`
 * @returns the file; one that is there already is left alone, because its name is its content.
 */
export async function keepCaseArtifact(missionDirectory: string, artifact: Artifact): Promise<string> {
  const file = artifactFile(missionDirectory, artifact.digest);
  if ((await readKept(file)) !== undefined) return file;
  const lean: Artifact = { ...artifact, sources: {}, sourceMaps: { workflow: NO_MAP, activity: NO_MAP } };
  await mkdir(dirname(file), { recursive: true });
  const staging = `${file}.${process.pid}.new`;
  await writeFile(staging, await promisify(gzip)(serialiseArtifact(lean), { level: 9 }));
  await rename(staging, file);
  return file;
}

/**
 * The artifact of this digest, when it is kept beside the cases.
 *
 * @throws MissionError `FIXTURE_INVALID` when the file is damaged, `ARTIFACT_CORRUPT` when it holds another artifact.
 */
export async function readCaseArtifact(missionDirectory: string, digest: string): Promise<Artifact | undefined> {
  const file = artifactFile(missionDirectory, digest);
  const packed = await readKept(file);
  if (packed === undefined) return undefined;
  const text = await promisify(gunzip)(packed, { maxOutputLength: ARTIFACT_BYTES_MAX }).catch((cause: unknown) => {
    throw fixtureInvalid(file, '', `it cannot be unpacked: ${messageOf(cause)}`, cause);
  });
  const artifact = parseArtifact(text.toString('utf8'));
  if (artifact.digest === digest) return artifact;
  throw fixtureInvalid(file, 'digest', `it holds the artifact ${artifact.digest}`);
}

const FOLDER = 'artifacts';
const FILE = /^[0-9a-f]{64}\.json\.gz$/;

/** Whether the file is named as an artifact that is kept beside cases. */
export function isCaseArtifact(file: string): boolean {
  return basename(dirname(file)) === FOLDER && FILE.test(basename(file));
}

function artifactFile(missionDirectory: string, digest: string): string {
  return join(missionDirectory, FOLDER, `${digest.replace('sha256:', '')}.json.gz`);
}

async function readKept(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw fixtureInvalid(file, '', `it cannot be read: ${messageOf(error)}`, error);
  }
}
