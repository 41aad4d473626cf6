/** Texts by digest, compressed, each stored once. */
import * as z from 'zod';
import { type Digest, digestOf } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import { gunzippedText, gzipped } from './gzip.ts';
import { bytesColumn, digestColumn } from './rows.ts';
import type { SqlSession } from './sql.ts';

const blobRow = z.object({ digest: digestColumn, gzip: bytesColumn });

/** Stores the texts that are not yet there, and returns the digest of each, in order. */
export async function putBlobs(session: SqlSession, texts: readonly string[]): Promise<readonly Digest[]> {
  const byDigest = new Map(texts.map((text) => [digestOf(text), text] as const));
  const rows = await session.query('SELECT digest FROM mission.blobs WHERE digest = ANY($1::text[])', [
    [...byDigest.keys()],
  ]);
  const stored = new Set(rows.map((row) => row['digest']));
  // In one order everywhere: two writers that store the same blobs then wait for each other instead of deadlocking.
  for (const digest of [...byDigest.keys()].sort()) {
    const text = byDigest.get(digest);
    if (text === undefined || stored.has(digest)) continue;
    await session.query('INSERT INTO mission.blobs (digest, gzip) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING', [
      digest,
      await gzipped(text),
    ]);
  }
  return texts.map((text) => digestOf(text));
}

/**
 * Reads texts by digest and proves each.
 *
 * @throws MissionError `ARTIFACT_CORRUPT` when one is missing, cannot be decompressed, or has another digest.
 */
export async function getBlobs(session: SqlSession, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, string>> {
  const rows = await session.query('SELECT digest, gzip FROM mission.blobs WHERE digest = ANY($1::text[])', [
    [...new Set(digests)],
  ]);
  const texts = new Map<Digest, string>();
  for (const row of rows.map((value) => blobRow.parse(value))) texts.set(row.digest, await provenText(row));
  const missing = digests.find((digest) => !texts.has(digest));
  if (missing !== undefined) throw corrupt(missing, 'is missing');
  return texts;
}

async function provenText(row: z.infer<typeof blobRow>): Promise<string> {
  const text = await gunzippedText(row.gzip).catch((error: unknown) => {
    throw corrupt(row.digest, 'cannot be decompressed', error);
  });
  if (digestOf(text) !== row.digest) throw corrupt(row.digest, 'holds another content than its digest says');
  return text;
}

function corrupt(digest: string, says: string, cause?: unknown): MissionError {
  return new MissionError('ARTIFACT_CORRUPT', `Blob ${digest} of the registry ${says}.`, {
    remedy: 'Restore the registry from a backup: the database was changed or damaged from outside.',
    details: { digest },
    cause,
  });
}
