/**
 * Ownership of a folder by one process, across processes: the embedded database has no lock of its own, and two writers
 * would destroy it.
 *
 * Invariants:
 * 1. A claim is a file `owner.<n>.json` that appears whole (written aside, then hard-linked), or not at all.
 * 2. The claim with the highest number is the one that counts. Numbers only grow: a release marks the claim and leaves it.
 * 3. A claim `n + 1` is made only by someone who found `n` released, or its process dead.
 * 4. Whoever linked a claim looks again and owns the folder only if it is still the highest. So of two takers one wins,
 *    however they interleave: `link` lets one of them make `n + 1`, and a late taker of an older number finds itself beaten.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import { processStart } from './process-identity.ts';

const claimSchema = z.strictObject({
  pid: z.int(),
  /** As {@link processStart} gives it. */
  start: z.string(),
  host: z.string(),
  since: z.string(),
  released: z.boolean(),
});
export type Claim = z.infer<typeof claimSchema>;

const CLAIM_FILE = /^owner\.([1-9][0-9]*)\.json$/;
/** Takers that overtake each other this often are not a race any more. */
const ATTEMPTS = 20;

/**
 * Takes ownership of the folder, which is made when missing.
 *
 * @returns a function that gives it back.
 * @throws MissionError `REGISTRY_LOCKED` when a living process owns it.
 */
export async function lockDirectory(directory: string, now: Date): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true });
  const start = (await processStart(process.pid)) ?? 'unknown';
  const claim: Claim = { pid: process.pid, start, host: hostname(), since: now.toISOString(), released: false };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const highest = await highestClaim(directory);
    const owner = await readClaim(directory, highest);
    if (owner !== undefined && (await isHeld(owner))) throw locked(directory, owner);
    if (await claimNumber(directory, highest + 1, claim)) {
      return () => writeClaim(directory, highest + 1, { ...claim, released: true });
    }
  }
  throw new MissionError('REGISTRY_LOCKED', `Others keep taking the registry at ${directory}.`, {
    remedy: 'Try again in a moment.',
    details: { directory },
  });
}

/** Whether the claim `number` could be made and is the one that counts; older ones are swept then. Invariant 4. */
export async function claimNumber(directory: string, number: number, claim: Claim): Promise<boolean> {
  const aside = join(directory, `owner.${randomUUID()}.new`);
  await writeFile(aside, JSON.stringify(claim));
  try {
    await link(aside, claimPath(directory, number));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
  if ((await highestClaim(directory)) !== number) {
    await rm(claimPath(directory, number), { force: true });
    return false;
  }
  const older = (await claimNumbers(directory)).filter((other) => other < number);
  await Promise.all(older.map((other) => rm(claimPath(directory, other), { force: true })));
  return true;
}

async function isHeld(claim: Claim): Promise<boolean> {
  if (claim.released) return false;
  // Processes of another machine cannot be seen from here: better to refuse than to destroy.
  if (claim.host !== hostname()) return true;
  return (await processStart(claim.pid)) === claim.start;
}

async function claimNumbers(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory);
  return names.map((name) => Number(CLAIM_FILE.exec(name)?.[1])).filter((number) => !Number.isNaN(number));
}

async function highestClaim(directory: string): Promise<number> {
  return Math.max(0, ...(await claimNumbers(directory)));
}

/** `undefined` when it is gone, or unreadable: a claim is linked whole, so that is damage and nobody's. */
async function readClaim(directory: string, number: number): Promise<Claim | undefined> {
  try {
    return claimSchema.parse(JSON.parse(await readFile(claimPath(directory, number), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces a claim at once. A folder that was deleted meanwhile needs no release. */
async function writeClaim(directory: string, number: number, claim: Claim): Promise<void> {
  const aside = join(directory, `owner.${randomUUID()}.new`);
  try {
    await writeFile(aside, JSON.stringify(claim));
    await rename(aside, claimPath(directory, number));
  } catch (error) {
    await rm(aside, { force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') await rm(claimPath(directory, number), { force: true });
  }
}

function claimPath(directory: string, number: number): string {
  return join(directory, `owner.${number}.json`);
}

function locked(directory: string, owner: Claim): MissionError {
  const self = owner.pid === process.pid && owner.host === hostname();
  const who = self ? 'this process' : `process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`}`;
  return new MissionError(
    'REGISTRY_LOCKED',
    `The registry at ${directory} is open in ${who} since ${owner.since}; an embedded registry serves one process at a time.`,
    {
      remedy: self
        ? 'Use the registry that is already open, or close it first.'
        : 'Wait for that process or stop it, or set DATABASE_URL to a PostgreSQL that several processes can share.',
      details: { directory, pid: owner.pid, host: owner.host, since: owner.since },
    },
  );
}
