/** The library of an artifact: zod as one CommonJS module, the same for all artifacts of one release of mission-runtime. */
import { build } from 'esbuild';
import { bundleFailure } from './bundle-failure.ts';
import { KIT_FOLDER } from './kit-location.ts';

const SOURCE = `export * from 'zod'; export { default } from 'zod';`;

let bundled: Promise<string> | undefined;

/** @returns the text of the module; bundled once per process. */
export function bundleLibrary(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  try {
    const result = await build({
      stdin: { contents: SOURCE, resolveDir: KIT_FOLDER },
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'neutral',
      target: 'es2022',
      minify: true,
      legalComments: 'none',
      logLevel: 'silent',
      tsconfigRaw: {},
    });
    return result.outputFiles[0]?.text ?? '';
  } catch (error) {
    throw bundleFailure('the library', error);
  }
}
