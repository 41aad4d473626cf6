/** What is remembered of the embedded server between processes: `server.json` beside its data. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const embeddedState = z.object({
  pid: z.int().positive(),
  started: z.string(),
  port: z.int().positive(),
  uiPort: z.int().positive(),
  namespace: z.string(),
  version: z.object({ cli: z.string(), server: z.string() }),
});

export type EmbeddedState = z.infer<typeof embeddedState>;

/** The files of one embedded server. */
export function embeddedFiles(directory: string) {
  return {
    state: join(directory, 'server.json'),
    log: join(directory, 'server.log'),
    data: join(directory, 'temporal.db'),
  } as const;
}

/** `<project>/.mission/temporal`: where a project's embedded server keeps its data. */
export function embeddedDirectory(projectDirectory: string): string {
  return join(projectDirectory, '.mission', 'temporal');
}

/** What was remembered, or `undefined` when there is nothing readable: then the server is started anew on its data. */
export async function readEmbeddedState(directory: string): Promise<EmbeddedState | undefined> {
  try {
    return embeddedState.parse(JSON.parse(await readFile(embeddedFiles(directory).state, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Remembers a server; readers see the former state or this one, never a part. */
export async function writeEmbeddedState(directory: string, state: EmbeddedState): Promise<void> {
  const { state: file } = embeddedFiles(directory);
  await writeFile(`${file}.new`, `${JSON.stringify(embeddedState.parse(state), null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Forgets a server that was stopped. Its data stay. */
export async function forgetEmbeddedState(directory: string): Promise<void> {
  await rm(embeddedFiles(directory).state, { force: true });
}
