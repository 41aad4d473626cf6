/** The ledger: numbered, immutable versions of each mission, without gap or fork however many publish at once. */
import * as z from 'zod';
import type { Digest } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import { canonicalJson, type Json, type JsonArray, jsonEquals } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { lockMission } from './mission-lock.ts';
import { digestColumn, timestampColumn } from './rows.ts';
import type { SqlSession } from './sql.ts';

const commitSchema = z.strictObject({
  sha: z.string(),
  /** `null` when no branch is checked out. */
  branch: z.string().nullable(),
  /** Whether there were changes that are in no commit. */
  dirty: z.boolean(),
});

const columns = z.object({
  mission: z.string(),
  number: z.int(),
  artifact: digestColumn,
  kind: z.enum(['publish', 'rollback']),
  /** Of a rollback: the version whose artifact it brings back. */
  restores: z.int().nullable(),
  author: z.string(),
  message: z.string(),
  commit: z
    .string()
    .transform((text) => commitSchema.parse(JSON.parse(text)))
    .nullable(),
  /** Versions of what it was published with: `node`, `mission-runtime`, … */
  environment: z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text))),
  /** What it is meant to change: a list that the registry keeps and does not read. Absent when nothing was declared. */
  intended: z
    .string()
    .transform((text) => z.array(z.json()).parse(JSON.parse(text)) as JsonArray)
    .nullable(),
  createdAt: timestampColumn,
});

const versionRow = columns.transform(({ intended, ...version }) => ({
  ...version,
  ...(intended !== null && { intended }),
}));

export type VersionCommit = z.infer<typeof commitSchema>;
/** One entry of a mission's ledger. */
export type Version = Readonly<z.infer<typeof versionRow>>;

export interface NewVersion {
  readonly mission: string;
  readonly artifact: Digest;
  readonly kind: 'publish' | 'rollback';
  /** Needed for a rollback, refused for a publish. */
  readonly restores?: number;
  readonly author: string;
  readonly message: string;
  readonly commit: VersionCommit | null;
  readonly environment: Readonly<Record<string, string>>;
  /** What it is meant to change: a list in JSON. */
  readonly intended?: JsonArray | undefined;
}

export interface Versions {
  /**
   * Appends a version with the next number. A publish of the artifact that is already the latest, meant to change the same,
   * adds nothing and returns the latest with `added: false`.
   *
   * @throws MissionError `ARTIFACT_UNKNOWN` when the artifact is not stored, `INPUT_INVALID` when it belongs to another
   * mission or a rollback does not restore what it names, `VERSION_UNKNOWN` when it restores a version that is not there.
   */
  append(version: NewVersion): Promise<{ readonly added: boolean; readonly version: Version }>;
  /** @throws MissionError `MISSION_UNKNOWN` or `VERSION_UNKNOWN` when it is not there. */
  get(mission: string, number: number): Promise<Version>;
  find(mission: string, number: number): Promise<Version | undefined>;
  latest(mission: string): Promise<Version | undefined>;
  /** Those of the given numbers that are there, in their order. */
  some(mission: string, numbers: readonly number[]): Promise<readonly Version[]>;
  /** In the order of their numbers. */
  list(mission: string): Promise<readonly Version[]>;
  /** The names of all missions that have a version, sorted. */
  missions(): Promise<readonly string[]>;
}

const SELECT = `SELECT mission, number, artifact, kind, restores, author, message, commit, environment,
  intended, created_at AS "createdAt" FROM mission.versions`;

export function createVersions(context: RegistryContext): Versions {
  const { sql } = context;
  return {
    append: (version) => appendVersion(context, version),
    get: (mission, number) => getVersion(sql, mission, number),
    find: (mission, number) => findVersion(sql, mission, number),
    latest: (mission) => latestVersion(sql, mission),
    some: async (mission, numbers) => {
      const chosen = `${SELECT} WHERE mission = $1 AND number = ANY($2::integer[]) ORDER BY number`;
      return (await sql.query(chosen, [mission, numbers.map(String)])).map((row) => versionRow.parse(row));
    },
    list: async (mission) =>
      (await sql.query(`${SELECT} WHERE mission = $1 ORDER BY number`, [mission])).map((row) => versionRow.parse(row)),
    missions: async () => {
      const rows = await sql.query('SELECT DISTINCT mission FROM mission.versions ORDER BY mission');
      return rows.map((row) => String(row['mission']));
    },
  };
}

async function findVersion(session: SqlSession, mission: string, number: number): Promise<Version | undefined> {
  const [row] = await session.query(`${SELECT} WHERE mission = $1 AND number = $2`, [mission, number]);
  return row === undefined ? undefined : versionRow.parse(row);
}

async function latestVersion(session: SqlSession, mission: string): Promise<Version | undefined> {
  const [row] = await session.query(`${SELECT} WHERE mission = $1 ORDER BY number DESC LIMIT 1`, [mission]);
  return row === undefined ? undefined : versionRow.parse(row);
}

/** Reads one version. @throws MissionError `MISSION_UNKNOWN`, `VERSION_UNKNOWN`. */
export async function getVersion(session: SqlSession, mission: string, number: number): Promise<Version> {
  const version = await findVersion(session, mission, number);
  if (version !== undefined) return version;
  const latest = await latestVersion(session, mission);
  if (latest === undefined) throw unknownMission(mission);
  throw new MissionError('VERSION_UNKNOWN', `There is no ${formatVersionRef({ mission, number })}.`, {
    remedy: `The latest version is ${formatVersionRef(latest)}.`,
    details: { mission, number, latest: latest.number },
  });
}

async function appendVersion(
  context: RegistryContext,
  version: NewVersion,
): Promise<{ readonly added: boolean; readonly version: Version }> {
  const now = context.clock();
  return context.sql.transaction(async (session) => {
    await checkArtifact(session, version);
    await lockMission(session, version.mission, now, context.deploymentPrefix);
    await checkRestores(session, version);
    const latest = await latestVersion(session, version.mission);
    if (latest !== undefined && isRepeated(version, latest)) return { added: false, version: latest };
    const { intended, ...entry } = version;
    const added: Version = {
      ...entry,
      ...(intended !== undefined && { intended }),
      number: (latest?.number ?? 0) + 1,
      restores: version.restores ?? null,
      createdAt: now.toISOString(),
    };
    await insertVersion(session, added);
    const details = { ...added } as unknown as Json;
    await appendAudit(session, context, [{ action: 'version.append', subject: formatVersionRef(added), details }]);
    return { added: true, version: added };
  });
}

function isRepeated({ kind, artifact, intended }: NewVersion, latest: Version): boolean {
  return kind === 'publish' && latest.artifact === artifact && jsonEquals(latest.intended, intended);
}

async function insertVersion(session: SqlSession, version: Version): Promise<void> {
  await session.query(
    `INSERT INTO mission.versions
       (mission, number, artifact, kind, restores, author, message, commit, environment, intended, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      version.mission,
      version.number,
      version.artifact,
      version.kind,
      version.restores,
      version.author,
      version.message,
      version.commit === null ? null : canonicalJson(version.commit),
      canonicalJson(version.environment),
      version.intended === undefined ? null : canonicalJson(version.intended),
      new Date(version.createdAt),
    ],
  );
}

async function checkArtifact(session: SqlSession, version: NewVersion): Promise<void> {
  const [row] = await session.query('SELECT mission FROM mission.artifacts WHERE digest = $1', [version.artifact]);
  if (row === undefined) {
    throw new MissionError('ARTIFACT_UNKNOWN', `The registry has no artifact ${version.artifact}.`, {
      remedy: 'Store the artifact before the version that names it.',
      details: { mission: version.mission, artifact: version.artifact },
    });
  }
  if (row['mission'] !== version.mission) {
    throw invalid(
      version,
      `Artifact ${version.artifact} belongs to ${String(row['mission'])}, not to ${version.mission}.`,
    );
  }
}

async function checkRestores(session: SqlSession, version: NewVersion): Promise<void> {
  const { mission, kind, restores } = version;
  if ((kind === 'rollback') !== (restores !== undefined)) {
    throw invalid(
      version,
      `A ${kind} of ${mission} ${kind === 'rollback' ? 'must name' : 'cannot name'} a version to restore.`,
    );
  }
  if (restores === undefined) return;
  const restored = await getVersion(session, mission, restores);
  if (restored.artifact !== version.artifact) {
    throw invalid(version, `A rollback to ${formatVersionRef(restored)} must carry its artifact ${restored.artifact}.`);
  }
}

function invalid(version: NewVersion, message: string): MissionError {
  return new MissionError('INPUT_INVALID', message, {
    remedy: 'Nothing was stored. Name the artifact and the version that belong together.',
    details: { mission: version.mission, artifact: version.artifact },
  });
}

function unknownMission(mission: string): MissionError {
  return new MissionError('MISSION_UNKNOWN', `The registry has no mission "${mission}".`, {
    remedy: 'Publish it first, or check the spelling and which registry you are connected to.',
    details: { mission },
  });
}
