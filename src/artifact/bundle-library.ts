/** The library of an artifact: zod as one CommonJS module, the same for all artifacts of one release of mission-runtime. */
import { readFile } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';
import { bundleFailure } from './bundle-failure.ts';
import { MODULES_OF_LIBRARY, tellingWhatItKeeps } from './kept-by-library.ts';
import { KIT_FOLDER } from './kit-location.ts';

/**
 * Zod completes its global configuration when the first schema and the first object schema are made. That has to happen
 * before the module is frozen, which Temporal does to what runs share. Its compiler of parsers is switched off: a schema of
 * a mission is made anew for every run and parses once or twice, which never pays for compiling it.
 *
 * The kit asks for the JSON form of a schema in every model step. Schemas that runs share are asked again and again, so it
 * is kept for as long as the registry says the same of all schemas in it; as text, because what a run is given is its own.
 */
const SOURCE = `
import { config, globalRegistry, object, string, toJSONSchema as makeJSONSchema } from 'zod';
export * from 'zod';
export { default } from 'zod';
const made = Object.freeze({ input: new WeakMap(), output: new WeakMap() });
const isKits = (schema, params) =>
  typeof schema?._zod === 'object' && params?.unrepresentable === 'any' &&
  Object.hasOwn(made, params.io) && Object.keys(params).length === 2;
const saidOf = (schema) => globalRegistry._map.get(schema);
const make = (schema, params) => {
  const said = new Map();
  const override = ({ zodSchema }) => {
    for (let one = zodSchema; one !== undefined; one = one._zod.parent) said.set(one, saidOf(one));
  };
  const text = JSON.stringify(makeJSONSchema(schema, { ...params, override }));
  return Object.freeze({ text, said: Object.freeze([...said].map(Object.freeze)) });
};
export function toJSONSchema(schema, params) {
  if (!isKits(schema, params)) return makeJSONSchema(schema, params);
  let form = made[params.io].get(schema);
  if (form === undefined || form.said.some(([one, was]) => saidOf(one) !== was)) {
    form = make(schema, params);
    made[params.io].set(schema, form);
  }
  return JSON.parse(form.text);
}
config({ jitless: true });
object({ text: string() });
`;

const TELLING: Plugin = {
  name: 'what zod keeps',
  setup(build) {
    build.onLoad({ filter: MODULES_OF_LIBRARY }, async ({ path }) => ({
      contents: tellingWhatItKeeps(await readFile(path, 'utf8')),
    }));
  },
};

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
      plugins: [TELLING],
    });
    return result.outputFiles[0]?.text ?? '';
  } catch (error) {
    throw bundleFailure('the library', error);
  }
}
