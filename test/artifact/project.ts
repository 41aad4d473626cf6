/** Copies of the fixture project in folders of their own, with edits. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const FIXTURE = fileURLToPath(new URL('fixtures/ticket', import.meta.url));
export const MISSION = 'ticket-triage';
export const MISSION_FILE = `workflows/${MISSION}/mission.ts`;
export const WORKFLOW_FILE = `workflows/${MISSION}/workflow.ts`;
export const QUEUE_FILE = `workflows/${MISSION}/queue.ts`;
export const ACTIVITY_FILE = 'activities/index.ts';

/** Path → new text from the text that is there (empty when there is none), or `null` to delete the file. */
export type Edits = Readonly<Record<string, ((text: string) => string) | null>>;

const folders: string[] = [];

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A copy of the fixture project, deleted after the tests of the file. */
export async function copyProject(edits: Edits = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'mission-test-project-'));
  folders.push(root);
  await cp(FIXTURE, root, { recursive: true });
  for (const [path, edit] of Object.entries(edits)) {
    const file = join(root, path);
    if (edit === null) await rm(file);
    else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, edit(await readFile(file, 'utf8').catch(() => '')));
    }
  }
  return root;
}

/** An edit that fails the test when it would change nothing. */
export function replace(from: string, to: string): (text: string) => string {
  return (text) => {
    if (!text.includes(from)) throw new Error(`The fixture has no ${JSON.stringify(from)} to replace.`);
    return text.replace(from, to);
  };
}
