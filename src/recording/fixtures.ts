/**
 * Regression cases on disk: `replay-fixtures/<mission>/<case>/` with `history.json` (Temporal's standard form, `history.1.json`,
 * … for the further links of a chain) and `case.json`.
 *
 * 1. A case is written into a folder of its own that appears whole or not at all.
 * 2. What is read is what was exported: the digest in `case.json` is that of the histories beside it.
 * 3. With keys, histories, input and expected end are encrypted; what a reviewer has to read (why, who, when, versions) is not.
 */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createVault, type Vault } from '../registry/vault.ts';
import { messageOf } from '../shared/errors.ts';
import { buildRecording } from './build-recording.ts';
import { canonicalHistory } from './canonical-history.ts';
import { digestOfHistories } from './content.ts';
import { decodeHistory } from './decode-history.ts';
import { encodeHistory } from './encode-history.ts';
import {
  type ExpectedEnd,
  encodeFixtureCase,
  type FixtureCase,
  fixtureInvalid,
  parseFixtureCase,
} from './fixture-case.ts';
import { minimalHistory } from './minimal-history.ts';
import type { Recording } from './recording.ts';
import { openText, sealText } from './sealed-text.ts';

const CASE_FILE = 'case.json';
/** Where there are no keys: nothing is encrypted, and what is encrypted is refused with the name of its key. */
const NO_KEYS = createVault(undefined);

export interface ExportOptions {
  /** What a right version makes of it. @default the recorded end */
  readonly expected?: ExpectedEnd;
  readonly why: string;
  /** The change that it guards against. */
  readonly guards?: string | undefined;
  readonly addedBy: string;
  readonly addedAt: Date;
  /** Replace the case when the folder is there already. @default false */
  readonly replace?: boolean;
  /** Encrypts the case. @default it is kept in clear */
  readonly vault?: Vault | undefined;
}

export interface Fixture {
  readonly recording: Recording;
  readonly case: FixtureCase;
  /** The folder it was read from. */
  readonly directory: string;
}

/**
 * Writes a recording as a regression case, without what no replay reads (`minimal-history.ts`).
 *
 * @param directory the case's own folder: `replay-fixtures/<mission>/<case>`.
 * @throws MissionError `FIXTURE_INVALID` when the folder is there already or cannot be written; nothing is left half-written.
 */
export async function exportFixture(given: Recording, directory: string, options: ExportOptions): Promise<FixtureCase> {
  const recording = minimalRecording(given);
  const { vault = NO_KEYS } = options;
  const document = caseOf(recording, options);
  const parent = dirname(directory);
  let staging: string | undefined;
  try {
    await mkdir(parent, { recursive: true });
    staging = await mkdtemp(join(parent, `.${basename(directory)}-`));
    for (const [link, history] of recording.histories.entries()) {
      const text = sealText(encodeHistory(history), vault, placeOf(document, historyFile(link)));
      await writeFile(join(staging, historyFile(link)), text);
    }
    await writeFile(join(staging, CASE_FILE), encodeFixtureCase(document, vault));
    await putInPlace(staging, directory, options.replace === true);
  } catch (cause) {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
    throw notWritten(directory, cause);
  }
  return document;
}

function minimalRecording(recording: Recording): Recording {
  const histories = recording.histories.map((history) => canonicalHistory(minimalHistory(history)));
  return { ...recording, histories, digest: digestOfHistories(histories) };
}

/** Replacing takes two renames: between them the old case has another name, and is never half gone. */
async function putInPlace(staging: string, directory: string, replace: boolean): Promise<void> {
  if (!replace) return rename(staging, directory);
  const aside = `${staging}.replaced`;
  await rename(directory, aside).catch((error: unknown) => {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  });
  await rename(staging, directory);
  await rm(aside, { recursive: true, force: true });
}

function notWritten(directory: string, cause: unknown): Error {
  const code = (cause as { code?: string }).code;
  const exists = code === 'ENOTEMPTY' || code === 'EEXIST';
  if (!exists) return fixtureInvalid(directory, '', messageOf(cause), cause);
  const remedy = 'Give the new case another --name, or replace the one that is there: --replace.';
  return fixtureInvalid(directory, '', 'there is a case of this name already', cause, remedy);
}

function caseOf(recording: Recording, { expected, why, guards, addedBy, addedAt }: ExportOptions): FixtureCase {
  const { mission, version, artifact, workflowId, runId, workflowType, input, redacted, digest } = recording;
  const document = {
    format: 1,
    ...(mission !== undefined && { mission }),
    ...(version !== undefined && { version }),
    ...(artifact !== undefined && { artifact }),
    workflowId,
    runId,
    workflowType,
    input,
    expected: expected ?? recording.end,
    why,
    ...(guards !== undefined && { guards }),
    addedBy,
    addedAt: addedAt.toISOString(),
    redacted,
    digest,
  };
  return parseFixtureCase(JSON.stringify(document), CASE_FILE);
}

/** For the vault: a file of one case does not open in another. */
function placeOf({ digest }: FixtureCase, file: string): string {
  return `case/${digest}/${file}`;
}

/** Whether the file is a `case.json` that has its history beside it among these files. */
export function isCaseDocument(file: string, files: ReadonlySet<string>): boolean {
  return basename(file) === CASE_FILE && files.has(join(dirname(file), historyFile(0)));
}

function historyFile(link: number): string {
  return link === 0 ? 'history.json' : `history.${link}.json`;
}

/**
 * Every case under these folders, each a case, a mission's folder, or `replay-fixtures` itself; in the order of their paths.
 *
 * @throws MissionError `FIXTURE_INVALID` naming file and field, `HISTORY_INVALID` naming file and event.
 */
export async function* readFixtures(directories: readonly string[], vault: Vault = NO_KEYS): AsyncGenerator<Fixture> {
  for (const directory of directories) {
    for (const found of await fixtureDirectories(directory)) yield await readFixture(found, vault);
  }
}

/** The folders of the cases below this one, in the order of their paths. @throws MissionError `FIXTURE_INVALID` */
export function fixtureDirectories(directory: string): Promise<string[]> {
  return caseDirectories(directory, 0);
}

/** `replay-fixtures/<mission>/<case>` is two below the top. */
const DEPTH_MAX = 3;

function noSuchFolder(directory: string, cause: unknown): Error {
  const remedy =
    'Name the folder that holds them, or keep a recorded run with: mission case add <run> --expect … --why …';
  return fixtureInvalid(directory, '', 'there is no such folder of regression cases', cause, remedy);
}

async function caseDirectories(directory: string, depth: number): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    if ((cause as { code?: string }).code === 'ENOENT' && depth === 0) throw noSuchFolder(directory, cause);
    throw fixtureInvalid(directory, '', `it cannot be read: ${messageOf(cause)}`, cause);
  });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  if (names.includes(CASE_FILE) || names.includes(historyFile(0))) return [directory];
  if (depth >= DEPTH_MAX) return [];
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  const nested: string[] = [];
  for (const name of folders.sort()) nested.push(...(await caseDirectories(join(directory, name), depth + 1)));
  return nested;
}

/** Reads one case. @throws MissionError `FIXTURE_INVALID`, `HISTORY_INVALID`, `ENCRYPTION_KEY_MISSING` */
export async function readFixture(directory: string, vault: Vault = NO_KEYS): Promise<Fixture> {
  const caseFile = join(directory, CASE_FILE);
  const document = parseFixtureCase((await readBytes(caseFile)).toString('utf8'), caseFile, vault);
  const histories = [];
  for (const file of await historyFiles(directory)) {
    const bytes = openText(await readBytes(file), vault, placeOf(document, basename(file)));
    histories.push(decodeHistory(bytes, file));
  }
  const { redacted, workflowId, version, artifact, mission } = document;
  const built = buildRecording(histories, { redacted, workflowId });
  if (built.digest !== document.digest) {
    throw fixtureInvalid(
      caseFile,
      'digest',
      `it is ${document.digest}, but the histories beside it have ${built.digest}`,
    );
  }
  const recording = {
    ...built,
    ...(mission !== undefined && { mission }),
    ...(version !== undefined && { version }),
    ...(artifact !== undefined && { artifact }),
  };
  return { recording, case: document, directory };
}

async function historyFiles(directory: string): Promise<string[]> {
  const names = new Set(await readdir(directory));
  const files: string[] = [];
  while (names.has(historyFile(files.length))) files.push(historyFile(files.length));
  if (files.length === 0) files.push(historyFile(0));
  return files.map((name) => join(directory, name));
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw fixtureInvalid(file, '', `it cannot be read: ${messageOf(cause)}`, cause);
  }
}
