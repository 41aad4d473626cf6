/** Every error code is raised by something, and documented as the table has it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/shared/errors.ts';
import { readModules } from '../support/source-modules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(`${root}/docs/errors.md`, 'utf8');

interface Documented {
  readonly exit: number;
  readonly retryable: boolean;
}

const documented = new Map<string, Documented>(
  [...page.matchAll(/^\| `([A-Z_]+)` \| (\d) \| (yes|no) \| \S.* \| \S.* \|$/gm)].map(([, code, exit, again]) => [
    code ?? '',
    { exit: Number(exit), retryable: again === 'yes' },
  ]),
);

/** The texts of all modules but the table itself, comments taken out. */
async function sources(): Promise<string> {
  const modules = await readModules(root, ['src']);
  const paths = modules.map(({ path }) => path).filter((path) => path !== 'src/shared/errors.ts');
  const texts = await Promise.all(paths.map((path) => readFile(`${root}/${path}`, 'utf8')));
  return texts.join('\n').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

describe('error codes', () => {
  it('are documented with meaning and remedy, each once, with the exit code and retryability of the table', () => {
    const table = Object.entries(ERROR_CODES).map(([code, { exit, retryable }]) => [code, { exit, retryable }]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(table));
    expect([...page.matchAll(/^\| `/gm)]).toHaveLength(table.length);
  });

  it('are raised somewhere', async () => {
    const text = await sources();
    const silent = Object.keys(ERROR_CODES).filter(
      (code) => !new RegExp(`(?<!isMissionError\\([^)]*)'${code}'`).test(text),
    );
    expect(silent).toEqual([]);
  });
});
