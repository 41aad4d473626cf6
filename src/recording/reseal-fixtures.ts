/** The keys of regression cases on disk: which case needs which, and sealing cases anew with the active one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Vault } from '../registry/vault.ts';
import { exportFixture, fixtureDirectories, readFixture } from './fixtures.ts';

export interface FixtureKey {
  readonly directory: string;
  /** `null`: the case is in clear. */
  readonly key: string | null;
}

const sealedCase = z.object({ encrypted: z.object({ key: z.string() }) });

/**
 * The cases below a folder with the keys that they name; nothing is opened.
 *
 * @throws MissionError `FIXTURE_INVALID` when the folder cannot be read.
 */
export async function keysOfFixtures(folder: string): Promise<readonly FixtureKey[]> {
  const directories = await fixtureDirectories(folder);
  return Promise.all(directories.map(async (directory) => ({ directory, key: await keyOf(directory) })));
}

/** What is no case is said to be so by whoever reads it. */
async function keyOf(directory: string): Promise<string | null> {
  const text = await readFile(join(directory, 'case.json'), 'utf8').catch(() => '{}');
  try {
    return sealedCase.parse(JSON.parse(text)).encrypted.key;
  } catch {
    return null;
  }
}

/**
 * Seals with the active key the cases that another one sealed; returns their folders. Cases in clear stay so: they are in the
 * history of the repository already. Digests, and so what the cases say, stay what they were.
 *
 * @throws MissionError `ENCRYPTION_KEY_MISSING` when one cannot be opened; those before it are done.
 */
export async function resealFixtures(folder: string, vault: Vault): Promise<readonly string[]> {
  const resealed: string[] = [];
  for (const { directory, key } of await keysOfFixtures(folder)) {
    if (key === null || key === vault.keyId) continue;
    const { recording, case: kept } = await readFixture(directory, vault);
    const { expected, why, guards, addedBy, addedAt } = kept;
    await exportFixture(recording, directory, {
      expected,
      why,
      guards,
      addedBy,
      addedAt: new Date(addedAt),
      replace: true,
      vault,
    });
    resealed.push(directory);
  }
  return resealed;
}
