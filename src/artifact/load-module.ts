/** Loads one module of a project, TypeScript or JavaScript, ESM or CommonJS, into this process. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { MissionError, messageOf } from '../shared/errors.ts';
import { bundleFailure } from './bundle-failure.ts';
import { evaluateModule } from './evaluate-module.ts';

/**
 * Evaluates a module with all that it imports from its project; packages are taken as they are installed there.
 *
 * @param file absolute path.
 * @param what for errors: `the codec ./codec.ts`
 * @returns its exports.
 * @throws MissionError `MISSION_BUNDLE_FAILED` with the place in the source, `CONFIG_INVALID` when the module throws.
 */
export async function loadModule(file: string, what: string): Promise<Record<string, unknown>> {
  const code = await translate(file, what);
  const variables = { __filename: file, __dirname: dirname(file), __MODULE_URL__: pathToFileURL(file).href };
  try {
    return evaluateModule(code, { filename: file, require: createRequire(file), variables });
  } catch (cause) {
    throw new MissionError('CONFIG_INVALID', `Could not load ${what}: ${messageOf(cause)}`, {
      remedy: 'It is loaded in this process: what it imports and the environment that it reads must be here.',
      details: { file },
      cause,
    });
  }
}

async function translate(file: string, what: string): Promise<string> {
  try {
    const { outputFiles } = await build({
      absWorkingDir: dirname(file),
      entryPoints: [file],
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
      packages: 'external',
      target: 'node20',
      logLevel: 'silent',
      define: { 'import.meta.url': '__MODULE_URL__' },
    });
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    throw bundleFailure(what, error);
  }
}
