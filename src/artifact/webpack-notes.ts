/** Listens in on Temporal's bundler, which says that it failed and leaves where and why to a log. */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { BundleOptions } from '@temporalio/worker';
import { MissionError, messageOf } from '../shared/errors.ts';

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** What this file uses of webpack's compiler; webpack is the bundler's dependency, not ours. */
interface Compiler {
  readonly hooks: { readonly done: { tap(name: string, listen: (stats: WebpackStats) => void): void } };
}

interface WebpackStats {
  readonly compilation: { readonly errors: readonly WebpackError[] };
}

interface WebpackError {
  readonly message: string;
  readonly file?: string;
  readonly module?: unknown;
}

interface WebpackProblem {
  readonly message: string;
  /** The file in which it is; absolute. */
  readonly file: string | undefined;
}

export class WebpackNotes {
  #problems: readonly WebpackProblem[] = [];
  /** The first file that imports a package or a built-in module, by its name. */
  readonly #importers = new Map<string, string>();

  /** A configuration that notes what the bundler meets. */
  listen(config: WebpackConfig): WebpackConfig {
    const { externals } = config;
    const noteImporter = async (data: {
      readonly request?: string;
      readonly contextInfo?: { readonly issuer: string };
    }) => {
      const name = data.request?.replace(/^node:/, '');
      const importer = data.contextInfo?.issuer;
      if (name !== undefined && importer && !this.#importers.has(name)) this.#importers.set(name, importer);
    };
    const noteProblems = { apply: (compiler: Compiler) => this.#noteProblemsOf(compiler) };
    return {
      ...config,
      externals: [noteImporter, ...[externals ?? []].flat()],
      plugins: [...(config.plugins ?? []), noteProblems],
    };
  }

  #noteProblemsOf(compiler: Compiler): void {
    compiler.hooks.done.tap('mission-runtime', ({ compilation }) => {
      this.#problems = compilation.errors.map((error) => {
        const module = error.module as { readonly resource?: string } | null | undefined;
        return { message: error.message, file: module?.resource ?? error.file };
      });
    });
  }

  /**
   * What went wrong, as a MissionError `MISSION_BUNDLE_FAILED` with file and line.
   *
   * @param what for people: `the workflows ./src/workflows`
   * @param root paths are told relative to it.
   */
  async failure(what: string, root: string, cause: unknown): Promise<MissionError> {
    const builtins = this.#problems.flatMap(({ file }) =>
      file?.startsWith('node:') ? [file.slice('node:'.length)] : [],
    );
    const inSource = this.#problems.filter(({ file }) => !file?.startsWith('node:'));
    const problems = await Promise.all(inSource.map((problem) => describe(problem, root)));
    const forbidden = [...builtins, ...disallowedIn(messageOf(cause))].map((name) => this.#forbid(name, root));
    const all = [...new Set([...problems, ...forbidden])];
    const [first = messageOf(cause)] = all;
    const others = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
    return new MissionError('MISSION_BUNDLE_FAILED', `Could not bundle ${what}: ${first}${others}`, {
      remedy: forbidden.length > 0 && problems.length === 0 ? FORBIDDEN_REMEDY : remedyFor(first),
      details: { errors: all },
      cause,
    });
  }

  /** The bundler names modules that workflow code must not import, and not who imports them. */
  #forbid(name: string, root: string): string {
    const importer = this.#importers.get(name);
    return `${importer === undefined ? '' : `${relative(root, importer)}: `}"${name}" cannot be used in workflow code`;
  }
}

/** The names in the bundler's own error. */
function disallowedIn(message: string): string[] {
  if (!message.includes('disallowed modules')) return [];
  return [...message.matchAll(/^ {2}- '([^']+)'$/gm)].map(([, name = '']) => name);
}

const FORBIDDEN_REMEDY =
  'Import activities with `import type` only. If the module is never used at run time, name it with --ignore-modules.';

function remedyFor(problem: string): string {
  if (problem.includes("Can't resolve")) {
    return 'Check the spelling of the import and that the package is installed. For path aliases, name the plugins of the worker with --plugins, or replay from code and give webpackConfigHook (docs/plain-workflows.md).';
  }
  return 'Correct the source at that place and run the command again; nothing was replayed.';
}

/** `src/workflows/order.ts:3:22: Expected a semicolon`. */
async function describe({ message, file }: WebpackProblem, root: string): Promise<string> {
  const plain = stripVTControlCharacters(message);
  const syntax = SWC_PLACE.exec(plain);
  if (syntax !== null) return describeSyntax(plain, relative(root, syntax[1] ?? ''), syntax[2] ?? '');
  const text = plain.split('\n')[0]?.replace(/^Module not found: Error: /, '') ?? plain;
  if (file === undefined) return text;
  const specifier = /Can't resolve '([^']+)'/.exec(text)?.[1];
  const place = specifier === undefined ? '' : await placeOf(specifier, file);
  return `${relative(root, file)}${place}: ${text.replace(/ in '[^']*'$/, '')}`;
}

/** Where swc shows the source of an error: `,-[/project/src/order.ts:3:1]`. The column is where its excerpt begins. */
const SWC_PLACE = /\[([^\]\n]+):(\d+):\d+\]/;

/** The column is under the caret that swc draws: ` : ` and blanks up to it. */
function describeSyntax(message: string, file: string, line: string): string {
  const text = /Error: +[×x] +(.+)$/m.exec(message)?.[1] ?? 'Syntax error';
  const caret = /^ +[:·] ( *)[\^─]/m.exec(message)?.[1];
  return `${file}:${line}${caret === undefined ? '' : `:${caret.length + 1}`}: ${text}`;
}

/** The bundler's own line is one of the translated code, so the import is looked for in the source. */
async function placeOf(specifier: string, file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const line = lines.findIndex((text) => text.includes(`'${specifier}'`) || text.includes(`"${specifier}"`));
  return line === -1 ? '' : `:${line + 1}:${(lines[line] ?? '').indexOf(specifier)}`;
}
