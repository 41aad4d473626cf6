/** The documentation speaks of what there is: links, commands, options, variables, and code that compiles. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { CliHost } from '../src/cli/command.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { readModules } from './support/source-modules.ts';

interface Block {
  readonly language: string;
  readonly text: string;
  /** The line before it that says something: it may name the file that the block is. */
  readonly before: string;
}

interface Page {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  /** Without blocks of code. */
  readonly prose: string;
  readonly blocks: readonly Block[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = await readPages();

describe('links', () => {
  it('lead to files and headings that are there', () => {
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it('would be noticed when broken', () => {
    const page = parsePage('docs/a.md', '# A b\n[x](nowhere.md) [y](#a-b) [z](#c) `[no](link.md)`');
    expect(brokenLinks(page)).toEqual(['docs/a.md: nowhere.md', 'docs/a.md: #c']);
  });

  it('reach every page of docs from its index', () => {
    const index = pages.find(({ path }) => path === 'docs/README.md');
    const linked = linksOf(index?.prose ?? '');
    const missing = pages.filter(({ path }) => path.startsWith('docs/') && path !== 'docs/README.md');
    expect(missing.filter(({ path }) => !linked.includes(path.slice('docs/'.length))).map(({ path }) => path)).toEqual(
      [],
    );
  });
});

describe('the command line', () => {
  const program = commands();
  const options = new Set([...walk(program)].flatMap((command) => command.options.map(({ long }) => long)));

  it('has every command that is named, with the options that are given', () => {
    const named = pages.flatMap((page) => mentions(page).map((line) => ({ line, path: page.path })));
    expect(named.length).toBeGreaterThan(100);
    expect(named.flatMap(({ line, path }) => wrongUse(program, line, path))).toEqual([]);
  });

  it('has every option that is named by itself', () => {
    const named = pages.flatMap(({ path, prose }) =>
      [...prose.matchAll(/`(--[a-z-]+)/g)].map(([, option = '']) => ({ path, option })),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ option }) => !options.has(option)).map(({ path, option }) => `${path}: ${option}`)).toEqual(
      [],
    );
  });

  it('would be noticed when it lacks one', () => {
    const page = parsePage(
      'a.md',
      '`mission fly` and `mission case burn x`\n```sh\nnpx mission start --input "--no" --fast\n```',
    );
    expect(mentions(page).flatMap((line) => wrongUse(program, line, page.path))).toEqual([
      'a.md: mission start has no --fast',
      'a.md: there is no mission fly',
      'a.md: there is no mission case burn',
    ]);
  });
});

describe('docs/configuration.md', () => {
  it('names every environment variable that the code reads by name', async () => {
    const modules = await readModules(root, ['src']);
    const texts = await Promise.all(modules.map(({ path }) => readFile(join(root, path), 'utf8')));
    const read = texts.flatMap((text) =>
      [...text.matchAll(/\benv(?:ironment)?\[['"](\w+)['"]\]/g)].map(([, name = '']) => name),
    );
    const page = await readFile(join(root, 'docs/configuration.md'), 'utf8');
    expect(read.length).toBeGreaterThan(10);
    // Handed on to the server's process.
    const internal = ['TMPDIR'];
    expect([...new Set(read)].filter((name) => !internal.includes(name) && !page.includes(name))).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  it('names files that are there', () => {
    const prose = pages.find(({ path }) => path === 'ARCHITECTURE.md')?.prose ?? '';
    const files = [...prose.matchAll(/`([\w-]+\/[\w/-]+(?:\.test)?\.ts)`/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((file) => !existsSync(join(root, 'src', file)) && !existsSync(join(root, file)))).toEqual([]);
  });
});

interface Launch {
  readonly configurations: readonly { readonly program?: string; readonly args?: readonly string[] }[];
}

describe('code in pages', () => {
  it('is JSON where it says so', () => {
    const blocks = pages.flatMap((page) => page.blocks.filter(({ language }) => language === 'json'));
    expect(blocks.length).toBeGreaterThan(8);
    for (const { text } of blocks) expect(() => JSON.parse(text) as unknown, text).not.toThrow();
  });

  it('has editors launch a command that is there', async () => {
    const { blocks = [] } = pages.find(({ path }) => path === 'docs/debugging.md') ?? {};
    const text = blocks.find((block) => block.text.includes('"configurations"'))?.text ?? '';
    const launched = (JSON.parse(text) as Launch).configurations.filter(({ program }) => program !== undefined);
    const { bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { bin: { mission: string } };
    expect(launched.length).toBeGreaterThan(0);
    for (const { program, args = [] } of launched) {
      expect(program).toBe(`\${workspaceFolder}/node_modules/mission-runtime/${bin.mission.replace('./', '')}`);
      expect(wrongUse(commands(), args.join(' '), 'docs/debugging.md')).toEqual([]);
    }
  });

  it('compiles where it imports mission-runtime, or says which file it is', async () => {
    // Git leaves .mission out, and what imports our packages has to stand inside the repository.
    await mkdir(join(root, '.mission'), { recursive: true });
    const folder = await mkdtemp(join(root, '.mission', 'docs-test-'));
    try {
      const files = await writeExamples(folder);
      expect(files.length).toBeGreaterThan(8);
      expect(await compile(folder, files)).toBe('');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function readPages(): Promise<Page[]> {
  const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  const top = (await readdir(root)).filter((name) => name.endsWith('.md'));
  return Promise.all([...top, ...docs].map(async (path) => parsePage(path, await readFile(join(root, path), 'utf8'))));
}

function parsePage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const prose = text.replaceAll(
    /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm,
    (_, __, language: string, body: string, at: number) => {
      const before = text.slice(0, at).trimEnd().split('\n').at(-1) ?? '';
      blocks.push({ language, text: body, before });
      return '';
    },
  );
  return { path, prose, blocks };
}

function linksOf(prose: string): string[] {
  const links = prose.replaceAll(/`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
}

function brokenLinks({ path, prose }: Page): string[] {
  return linksOf(prose)
    .filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
      if (file !== '' && !existsSync(join(root, target))) return true;
      const headings = file === '' ? prose : pages.find((page) => page.path === target)?.prose;
      return anchor !== undefined && !anchorsOf(headings ?? '').includes(anchor);
    })
    .map((link) => `${path}: ${link}`);
}

/** As GitHub names headings. */
function anchorsOf(prose: string): string[] {
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function commands(): Command {
  const program = new Command('mission');
  // Nothing is run: commands only declare themselves.
  for (const { add } of COMMANDS) for (const one of add) one(program, {} as CliHost);
  program.command('help');
  return program;
}

function* walk(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* walk(child);
}

/** Command lines of `mission` in blocks and in spans of code. */
function mentions({ prose, blocks }: Page): string[] {
  const lines = blocks
    .filter(({ language }) => ['', 'sh', 'yaml'].includes(language))
    .flatMap(({ text }) => text.split('\n'))
    .flatMap((line) =>
      [...line.matchAll(/(?:^\s*|\$ |\$\(|npx |\|\| )mission ([a-z].*)/g)].map(([, rest = '']) => rest),
    );
  const spans = [...prose.matchAll(/`(?:npx )?mission ([a-z][^`]*)`/g)].map(([, rest = '']) => rest);
  return [...lines, ...spans];
}

/** What is wrong with one use of the command line: an unknown command, or an option that the command does not have. */
function wrongUse(program: Command, line: string, path: string): string[] {
  const words =
    line
      .replaceAll(/'[^']*'|"[^"]*"/g, 'text')
      .split(/ [#|>] | \|\| |\) ?\|?/)[0]
      ?.trim()
      .split(/\s+/) ?? [];
  let command = program;
  let name = 'mission';
  for (const word of words) {
    if (command.commands.length === 0 || word.startsWith('-')) break;
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) return [`${path}: there is no ${name} ${word}`];
    command = next;
    name += ` ${word}`;
  }
  const known = command.options.map(({ long }) => long);
  return words
    .filter((word) => /^--[a-z]/.test(word) && !known.includes(word.replace(/=.*/, '')))
    .map((word) => `${path}: ${name} has no ${word}`);
}

/** A page's blocks go into a folder of its own, under the path that the line before them names. */
async function writeExamples(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const { path, blocks } of pages) {
    for (const [index, { language, text, before }] of blocks.entries()) {
      const named = /^`([\w./-]+\.ts)`/.exec(before)?.[1];
      if (language !== 'ts' || (named === undefined && !/^import [\s\S]*'mission-runtime\//.test(text))) continue;
      const file = join(posix.basename(path, '.md'), named ?? `block-${index}.ts`);
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
      files.push(file);
    }
  }
  return files;
}

/** @returns what the compiler complains about */
async function compile(folder: string, files: readonly string[]): Promise<string> {
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: { rootDir: '../..', noUnusedLocals: false },
    include: [],
    files,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', folder, '--pretty', 'false']).then(
    () => '',
    (error: unknown) => (error as { readonly stdout: string }).stdout,
  );
}
