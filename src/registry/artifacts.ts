/** Artifacts by digest: a manifest of JSON, and the texts that it names in blobs. */
import * as z from 'zod';
import type { Artifact } from '../artifact/artifact.ts';
import { verifyArtifact } from '../artifact/artifact-digest.ts';
import { missionDefinition } from '../mission/definition.ts';
import { type Digest, digestOf } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import { canonicalJson, type Json } from '../shared/json.ts';
import { appendAudit } from './audit.ts';
import { getBlobs, putBlobs } from './blobs.ts';
import type { RegistryContext } from './context.ts';
import { digestColumn, timestampColumn } from './rows.ts';
import type { SqlSession } from './sql.ts';

const manifestSchema = z.strictObject({
  definition: missionDefinition,
  code: z.strictObject({ workflow: digestColumn, library: digestColumn, activity: digestColumn }),
  sources: z.record(z.string(), digestColumn),
  sourceMaps: z.strictObject({ workflow: digestColumn, activity: digestColumn }),
  builtWith: z.record(z.string(), z.string()),
});
/** What an artifact is made of: its definition, and the digests of its texts. */
export type ArtifactManifest = z.infer<typeof manifestSchema>;

const artifactRow = z.object({ mission: z.string(), manifest: z.string(), manifestDigest: z.string() });

const summaryRow = z.object({ digest: digestColumn, mission: z.string(), createdAt: timestampColumn });

/** What lists show of an artifact. */
export type ArtifactSummary = z.infer<typeof summaryRow>;

export interface Artifacts {
  /**
   * Stores an artifact; `added` is false when its digest is already there, which changes nothing.
   *
   * @throws MissionError `ARTIFACT_CORRUPT` when its digest is not that of its content.
   */
  put(artifact: Artifact): Promise<{ readonly added: boolean }>;
  /**
   * Reads an artifact and proves its content.
   *
   * @throws MissionError `ARTIFACT_UNKNOWN` when there is none, `ARTIFACT_CORRUPT` when it is not what was stored.
   */
  get(digest: string): Promise<Artifact>;
  /**
   * Reads an artifact without its texts: what routing and audits need of it. Its digest in the audit trail is that of its
   * canonical JSON.
   *
   * @throws MissionError `ARTIFACT_UNKNOWN`, `ARTIFACT_CORRUPT`, as for `get`.
   */
  manifest(digest: string): Promise<ArtifactManifest>;
  has(digest: string): Promise<boolean>;
  /** Oldest first. */
  list(filter?: { readonly mission?: string }): Promise<readonly ArtifactSummary[]>;
}

export function createArtifacts(context: RegistryContext): Artifacts {
  const { sql } = context;
  return {
    put: (artifact) => putArtifact(context, artifact),
    get: (digest) => getArtifact(sql, digest),
    manifest: async (digest) => (await getManifest(sql, digest)).manifest,
    has: (digest) => hasArtifact(sql, digest),
    list: async (filter = {}) => {
      const rows = await sql.query(
        `SELECT digest, mission, created_at AS "createdAt" FROM mission.artifacts
         WHERE $1::text IS NULL OR mission = $1 ORDER BY created_at, digest`,
        [filter.mission ?? null],
      );
      return rows.map((row) => summaryRow.parse(row));
    },
  };
}

async function hasArtifact(session: SqlSession, digest: string): Promise<boolean> {
  return (await session.query('SELECT 1 FROM mission.artifacts WHERE digest = $1', [digest])).length > 0;
}

async function putArtifact(context: RegistryContext, artifact: Artifact): Promise<{ readonly added: boolean }> {
  verifyArtifact(artifact);
  return context.sql.transaction(async (session) => {
    if (await hasArtifact(session, artifact.digest)) return { added: false };
    const manifest = canonicalJson((await storeTexts(session, artifact)) as unknown as Json);
    const manifestDigest = digestOf(manifest);
    const inserted = await session.query(
      `INSERT INTO mission.artifacts (digest, mission, manifest, manifest_digest, created_at)
       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO NOTHING RETURNING digest`,
      [artifact.digest, artifact.mission, manifest, manifestDigest, context.clock()],
    );
    if (inserted.length === 0) return { added: false };
    const details = { mission: artifact.mission, manifestDigest };
    await appendAudit(session, context, [{ action: 'artifact.put', subject: artifact.digest, details }]);
    return { added: true };
  });
}

async function storeTexts(session: SqlSession, artifact: Artifact): Promise<ArtifactManifest> {
  const { code, sourceMaps } = artifact;
  const paths = Object.keys(artifact.sources);
  const texts = [code.workflow, code.library, code.activity, sourceMaps.workflow, sourceMaps.activity];
  const digests = await putBlobs(session, [...texts, ...Object.values(artifact.sources)]);
  const [workflow, library, activity, workflowMap, activityMap, ...sources] = digests as [
    Digest,
    Digest,
    Digest,
    Digest,
    Digest,
    ...Digest[],
  ];
  return {
    definition: artifact.definition,
    code: { workflow, library, activity },
    sources: Object.fromEntries(paths.map((path, index) => [path, sources[index] as Digest])),
    sourceMaps: { workflow: workflowMap, activity: activityMap },
    builtWith: artifact.builtWith,
  };
}

async function getManifest(session: SqlSession, digest: string) {
  const [row] = await session.query(
    'SELECT mission, manifest, manifest_digest AS "manifestDigest" FROM mission.artifacts WHERE digest = $1',
    [digest],
  );
  if (row === undefined) throw unknownArtifact(digest);
  const { mission, manifest: text, manifestDigest } = artifactRow.parse(row);
  if (digestOf(text) !== manifestDigest) throw corruptArtifact(digest);
  return { mission, manifest: manifestSchema.parse(JSON.parse(text)) };
}

async function getArtifact(session: SqlSession, digest: string): Promise<Artifact> {
  const { mission, manifest } = await getManifest(session, digest);
  const { code, sourceMaps, sources } = manifest;
  const texts = await getBlobs(session, [
    ...Object.values(code),
    ...Object.values(sourceMaps),
    ...Object.values(sources),
  ]);
  const textOf = (blob: Digest) => texts.get(blob) ?? '';
  const artifact: Artifact = {
    digest: digest as Digest,
    mission,
    definition: manifest.definition,
    code: { workflow: textOf(code.workflow), library: textOf(code.library), activity: textOf(code.activity) },
    sources: Object.fromEntries(Object.entries(sources).map(([path, blob]) => [path, textOf(blob)])),
    sourceMaps: { workflow: textOf(sourceMaps.workflow), activity: textOf(sourceMaps.activity) },
    builtWith: manifest.builtWith,
  };
  verifyArtifact(artifact);
  return artifact;
}

function unknownArtifact(digest: string): MissionError {
  return new MissionError('ARTIFACT_UNKNOWN', `The registry has no artifact ${digest}.`, {
    remedy: 'Look at the versions of the mission: each names its artifact.',
    details: { digest },
  });
}

function corruptArtifact(digest: string): MissionError {
  return new MissionError('ARTIFACT_CORRUPT', `Artifact ${digest} is not what was stored.`, {
    remedy: 'Restore the registry from a backup: the database was changed or damaged from outside.',
    details: { digest },
  });
}
