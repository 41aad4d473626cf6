/** One process at a time for a stretch of work, across processes of one machine; a dead holder's lock is broken. */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

const RETRY_MS = 100;
const holderSchema = z.object({ pid: z.int().positive(), started: z.string() });

/**
 * Runs `work` while this process holds the lock `file`, whose directory must exist.
 *
 * @param timeoutMs how long to wait for a living holder.
 * @throws MissionError `TEMPORAL_UNAVAILABLE` when another process held it all that time.
 */
export async function withProcessLock<T>(file: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (!(await acquire(file))) {
    const holder = await readHolder(file);
    if (holder.text !== undefined && !(await holds(holder.identity))) await breakLock(file, holder.text);
    else if (Date.now() > deadline) throw heldTooLong(file, holder.identity);
    else await delay(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** Written under another name and then linked: a lock that can be seen is complete. */
async function acquire(file: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(await identifyProcess(process.pid)));
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readHolder(file: string): Promise<{ text?: string; identity?: ProcessIdentity }> {
  try {
    const text = await readFile(file, 'utf8');
    const parsed = holderSchema.safeParse(parseJson(text));
    return parsed.success ? { text, identity: parsed.data } : { text };
  } catch {
    return {};
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function holds(holder: ProcessIdentity | undefined): Promise<boolean> {
  return holder !== undefined && (await isRunning(holder));
}

/** Takes the dead holder's lock away. Should it be another's new lock by now, it is put back. */
async function breakLock(file: string, deadText: string): Promise<void> {
  const taken = `${file}.${randomUUID()}`;
  try {
    await rename(file, taken);
    if ((await readFile(taken, 'utf8')) !== deadText) await link(taken, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await rm(taken, { force: true });
  }
}

function heldTooLong(file: string, holder: ProcessIdentity | undefined): MissionError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  return new MissionError('TEMPORAL_UNAVAILABLE', `${who} holds ${file} and does not let go.`, {
    remedy: 'It may be starting a Temporal server. Wait for it or end it, then try again.',
    details: { file, pid: holder?.pid ?? null },
  });
}
