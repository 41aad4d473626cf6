/** docs/cli.md lists the commands that there are. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { run } from './run.ts';

const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** The names in the list of commands of a help text. */
async function commandsOf(...argv: readonly string[]): Promise<string[]> {
  const { out } = await run([...argv, '--help'], {});
  const start = out.search(/^(Set up|Commands):/m);
  const list = start < 0 ? '' : out.slice(start);
  return [...list.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name]) => name ?? '');
}

it('the page names every command, and none that is not there', async () => {
  const all: string[] = [];
  for (const name of await commandsOf()) {
    const nested = name === 'help' ? [] : await commandsOf(name);
    const parts = nested.length === 0 ? [''] : nested.filter((one) => one !== 'help');
    all.push(...parts.map((one) => `${name} ${one}`.trim()));
  }
  const table = [...page.matchAll(/^\| `mission ([a-z-]+(?: [a-z]+)?)\b/gm)].map(([, name]) => name ?? '');
  expect(table.toSorted()).toEqual(all.toSorted());
});
