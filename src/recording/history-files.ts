/**
 * Histories in files, one run after another.
 *
 * 1. Every file that is named, or found in a named folder, comes out: as its runs, or as what is wrong with it. Only what regression
 *    cases keep beside their histories (`case.json`, `artifacts/`) does not.
 * 2. Links of one continue-as-new chain come out together, wherever their files lie, after all other runs.
 * 3. One file is held at a time; of links, only where they are. So links are read twice.
 */
import { readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MissionError, messageOf } from '../shared/errors.ts';
import { isCaseArtifact } from './case-artifacts.ts';
import { previousLinkOf, successorOf } from './chain.ts';
import { decodeHistories } from './decode-history.ts';
import { isCaseDocument } from './fixtures.ts';
import { runIdOf } from './history-events.ts';
import { type HistoryRead, unreadable } from './history-read.ts';
import type { History } from './recording.ts';

/** Files of a folder that are taken for histories; a file that is named itself may be called anything. */
const HISTORY_FILE = /\.(json|bin|pb|binpb)(\.gz)?$/i;

/** After so many, what else the process has to do gets its turn: a Ctrl-C, progress. */
const FILES_AT_ONCE = 32;

/**
 * Reads a file, or every `*.json` and `*.bin` (also `*.pb`, also gzipped) in a folder and below it, in the order of their
 * names. Each file in any form that {@link decodeHistories} knows. In a folder of regression cases, their histories alone.
 *
 * @param path absolute, or relative to the working directory
 * @returns runs and problems, one at a time.
 * @throws MissionError `USAGE` when the path does not exist, or when a folder holds no such file.
 */
export async function* readHistoryFiles(path: string): AsyncGenerator<HistoryRead> {
  const links: Link[] = [];
  for (const [index, { file, where }] of (await listFiles(path)).entries()) {
    yield* readFileOf(file, where, links);
    if (index % FILES_AT_ONCE === FILES_AT_ONCE - 1) await setImmediate();
  }
  for (const chain of joinLinks(links)) yield await readChain(chain);
}

interface HistoryFile {
  readonly file: string;
  /** For people: as it was named, or below the folder that was named. */
  readonly where: string;
}

/** Where a link of a chain lies, and how it hangs together with others. */
interface Link extends HistoryFile {
  readonly index: number;
  readonly runId: string;
  readonly previous: string | undefined;
  readonly next: string | undefined;
}

async function listFiles(path: string): Promise<readonly HistoryFile[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new MissionError('USAGE', `The histories ${path} cannot be read: ${messageOf(cause)}.`, {
      remedy: 'Name a file that `temporal workflow show --output json` wrote, or a folder of such files.',
      details: { path },
      cause,
    });
  });
  if (!found.isDirectory()) return [{ file: path, where: path }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && HISTORY_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const all = new Set(files);
  const histories = files.filter((file) => !isCaseArtifact(file) && !isCaseDocument(file, all)).sort();
  if (histories.length > 0) return histories.map((file) => ({ file, where: relative(path, file) }));
  throw new MissionError('USAGE', `The folder ${path} has no histories: no file in it ends in .json or .bin.`, {
    remedy: 'Write one with: temporal workflow show --workflow-id <id> --output json > <folder>/<id>.json.',
    details: { path },
  });
}

function* readFileOf(file: string, where: string, links: Link[]): Generator<HistoryRead> {
  let histories: readonly History[];
  try {
    // Asynchronously, a small file takes five times the processor's time.
    histories = decodeHistories(readFileSync(file), where);
  } catch (error) {
    yield unreadable(where, error);
    return;
  }
  for (const [index, history] of histories.entries()) {
    const link = linkOf(history, { file, where, index });
    if (link === undefined) yield { where: placeOf(where, index, histories.length), histories: [history] };
    else links.push(link);
  }
}

function placeOf(where: string, index: number, count: number): string {
  return count > 1 ? `${where}[${index}]` : where;
}

/** `undefined` when it is a whole run by itself. */
function linkOf(history: History, place: HistoryFile & { readonly index: number }): Link | undefined {
  const previous = previousLinkOf(history);
  const successor = successorOf(history);
  const next = successor?.kind === 'continue-as-new' ? successor.runId : undefined;
  return previous === undefined && next === undefined
    ? undefined
    : { ...place, runId: runIdOf(history), previous, next };
}

/** Links in their order. Where one is missing, what comes after it is a chain of its own: it can be replayed as well. */
function joinLinks(links: readonly Link[]): Link[][] {
  const byRunId = new Map(links.map((link) => [link.runId, link]));
  const heads = links.filter(({ previous }) => previous === undefined || !byRunId.has(previous));
  const copies = links.filter((link) => byRunId.get(link.runId) !== link && !heads.includes(link));
  return [...heads.map((head) => chainFrom(head, byRunId)), ...copies.map((copy) => [copy])];
}

function chainFrom(head: Link, byRunId: ReadonlyMap<string, Link>): Link[] {
  const chain = [head];
  for (let next = after(head); next !== undefined && !chain.includes(next); next = after(next)) chain.push(next);
  return chain;

  function after({ next }: Link): Link | undefined {
    return next === undefined ? undefined : byRunId.get(next);
  }
}

async function readChain(chain: readonly Link[]): Promise<HistoryRead> {
  const where = chain.map((link) => link.where).join(' + ');
  try {
    const histories: History[] = [];
    for (const { file, where: place, index } of chain) {
      const history = decodeHistories(await readFile(file), place)[index];
      if (history !== undefined) histories.push(history);
    }
    return { where, histories };
  } catch (error) {
    return unreadable(where, error);
  }
}
