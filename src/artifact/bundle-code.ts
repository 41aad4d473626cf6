/** What the two code bundles of an artifact have in common: one file in, one CommonJS module with its source map out. */
import { existsSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { bundleFailure } from './bundle-failure.ts';
import { KIT_FOLDER } from './kit-location.ts';

export interface CodeBundle {
  readonly code: string;
  /** Source map as JSON text; its sources are relative to the project. */
  readonly sourceMap: string;
  /** The author's files that took part: paths relative to the project, with `/`, sorted. */
  readonly sources: readonly string[];
}

/**
 * Bundles one entry file. The result depends on the text of the sources alone: not on the folder the project lies in,
 * not on the working directory, not on comments or formatting.
 *
 * @param root - absolute path of the project
 * @param what - for errors: `the workflow code of refund-eligibility`
 * @throws MissionError `MISSION_BUNDLE_FAILED` with file, line and column.
 */
export async function bundleCode(
  root: string,
  entry: string,
  what: string,
  options: Pick<BuildOptions, 'platform' | 'plugins' | 'define' | 'mainFields'>,
): Promise<CodeBundle> {
  const tsconfig = join(root, 'tsconfig.json');
  try {
    const result = await build({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile: join(root, 'artifact.js'),
      bundle: true,
      write: false,
      metafile: true,
      format: 'cjs',
      target: 'es2022',
      minifyWhitespace: true,
      legalComments: 'none',
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      // A text that holds Latin-1 only takes half the memory, in every worker that runs it.
      charset: 'ascii',
      loader: { '.md': 'text', '.txt': 'text' },
      ...(existsSync(tsconfig) ? { tsconfig } : { tsconfigRaw: {} }),
      ...options,
    });
    const text = (ending: string): string => result.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
    return {
      code: withoutCopies(text('.js')),
      sourceMap: portableSourceMap(root, text('.js.map')),
      sources: authorsFiles(root, result.metafile),
    };
  } catch (error) {
    throw bundleFailure(what, error);
  }
}

/**
 * Linked modules are read, never written, and say themselves that they were ES modules, so the copy that esbuild makes of
 * each import of theirs (hundreds of members, in every run anew) is left out. The text keeps its length, for the source map.
 */
function withoutCopies(code: string): string {
  return code.replaceAll(/__toESM\((require\("(?:zod|@temporalio)[^"]*"\))(,1)?\)/g, (copied: string, linked: string) =>
    linked.padStart(copied.length),
  );
}

function authorsFiles(root: string, metafile: Metafile): string[] {
  return Object.keys(metafile.inputs)
    .filter((path) => !path.includes(':') && !path.startsWith('..') && !isAbsolute(path))
    .filter((path) => !path.split('/').includes('node_modules') && !isOfKit(join(root, path)))
    .sort();
}

function isOfKit(file: string): boolean {
  return kitPath(file) !== undefined;
}

/** The path of a file within mission-runtime's own source: it is run from there, or its source map leads there. */
function kitPath(file: string): string | undefined {
  const folder = [KIT_FOLDER, join(KIT_FOLDER, '..', 'src', sep)].find((candidate) => file.startsWith(candidate));
  return folder === undefined ? undefined : relative(folder, file).split(sep).join('/');
}

/** Files of mission-runtime itself are shown under its name, wherever it is installed. */
function portableSourceMap(root: string, json: string): string {
  const map = JSON.parse(json) as { sources: string[] };
  const sources = map.sources.map((source) => {
    const path = kitPath(join(root, source));
    return path === undefined ? source : `mission-runtime/${path}`;
  });
  return JSON.stringify({ ...map, sources });
}
