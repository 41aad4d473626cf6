/**
 * The processes that host missions on the project's own Temporal server. Each leaves a file in `.mission/hosts`, so that
 * `mission down` can end them before the server that they poll.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import {
  askToEnd,
  endProcess,
  hasEnded,
  identifyProcess,
  isRunning,
  type ProcessIdentity,
} from '../temporal/process-identity.ts';

const hostFile = z.object({ pid: z.int().positive(), started: z.string() });

/** How long a host may take to drain; then it is told to quit at once. */
const DRAIN_MS = 60_000;

/**
 * Tells that this process hosts.
 *
 * @param folder - `.mission/hosts`
 * @returns takes it back
 */
export async function announceHost(folder: string): Promise<() => Promise<void>> {
  const identity = await identifyProcess(process.pid);
  const file = join(folder, `${process.pid}.json`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(identity)}\n`);
  return () => rm(file, { force: true });
}

/** The hosts that run, without this process. What was left by killed ones is removed. */
export async function listHosts(folder: string): Promise<readonly ProcessIdentity[]> {
  const files = await readdir(folder).catch(() => []);
  const hosts: ProcessIdentity[] = [];
  for (const name of files) {
    const file = join(folder, name);
    const identity = await readHost(file);
    if (identity === undefined || !(await isRunning(identity))) await rm(file, { force: true });
    else if (identity.pid !== process.pid) hosts.push(identity);
  }
  return hosts;
}

async function readHost(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return hostFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/**
 * Has a host stop in order, as Ctrl-C does, and returns once it has ended.
 *
 * @throws MissionError `TEMPORAL_UNAVAILABLE` when it cannot be ended; whatever `signal` was aborted with.
 */
export async function stopHost(host: ProcessIdentity, signal: AbortSignal): Promise<void> {
  askToEnd(host);
  if (await hasEnded(host, Date.now() + DRAIN_MS, signal)) return;
  await endProcess(host);
}
