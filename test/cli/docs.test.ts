/** docs/cli.md lists the commands that there are. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { run } from './run.ts';

const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** The names in the list of commands of a help text. */
async function commandsOf(...argv: readonly string[]): Promise<string[]> {
  const { out } = await run([...argv, '--help'], {});
  const list = out.slice(out.search(/^(Set up|Commands):/m));
  return [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name ?? '');
}

it('the page names every command, and none that is not there', async () => {
  const all: string[] = [];
  for (const name of await commandsOf()) {
    const nested = ['audit', 'case', 'route'].includes(name) ? await commandsOf(name) : [''];
    all.push(...nested.filter((one) => one !== 'help').map((one) => `${name} ${one}`.trim()));
  }
  const table = [
    ...page.matchAll(/^\| `mission ([a-z]+(?: (?:verify|export|check|add|import|show|set|explain))?)\b/gm),
  ].map(([, name]) => name ?? '');
  expect(table.toSorted()).toEqual(all.toSorted());
});
