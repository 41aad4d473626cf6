/**
 * Reads the definition out of a workflow bundle by evaluating it, in a realm that has what the workflow sandbox has and
 * nothing else: a definition that depends on the environment, the network or a file fails here and not in production.
 */
import assert from 'node:assert';
import vm from 'node:vm';
import { type MissionDefinition, missionDefinition } from '../mission/definition.ts';
import { DEFINITION_KEY } from '../mission/mission.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { escapePointerToken, findNonJson } from '../shared/json.ts';
import type { ArtifactCode } from './artifact.ts';
import { evaluateModule } from './evaluate-module.ts';
import { requireOwn } from './kit-location.ts';
import { originalPlace } from './original-place.ts';

/**
 * @param entry - path of the workflow file, relative to the project, for messages
 * @throws MissionError `MISSION_BUNDLE_FAILED` when the code throws while it is loaded or exports no mission;
 *   `DEFINITION_INVALID` naming the pointer when the definition is not one.
 */
export function readDefinition(
  code: Pick<ArtifactCode, 'workflow' | 'library'>,
  sourceMap: string,
  mission: string,
  entry: string,
): MissionDefinition {
  const found = definitionsOf(exportsOf(code, sourceMap, entry), entry);
  const [name] = found.keys();
  if (name === undefined) {
    throw new MissionError('MISSION_BUNDLE_FAILED', `${entry} exports no mission.`, {
      remedy: 'Export the workflow: export const run = mission.workflow(async ({ step }, input) => { … });',
      details: { entry },
    });
  }
  const value = found.get(mission);
  if (value === undefined) {
    throw new MissionError('DEFINITION_INVALID', `${entry} defines the mission "${name}", not "${mission}".`, {
      remedy: `The folder has the mission's name: rename it to workflows/${name}, or the mission to "${mission}".`,
      details: { pointer: '/name', expected: mission, found: name },
    });
  }
  return checkDefinition(value, mission);
}

/**
 * Whether a value is a definition.
 *
 * @throws MissionError `DEFINITION_INVALID` with a JSON Pointer to the first place that is wrong.
 */
function checkDefinition(value: unknown, mission: string): MissionDefinition {
  const nonJson = findNonJson(value);
  if (nonJson !== undefined) throw invalid(mission, nonJson.pointer, `there is ${nonJson.found}, which is not JSON`);
  const parsed = missionDefinition.safeParse(JSON.parse(JSON.stringify(value)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const pointer = (issue?.path ?? []).map((token) => `/${escapePointerToken(String(token))}`).join('');
  throw invalid(mission, pointer, issue?.message ?? 'it has another form');
}

function invalid(mission: string, pointer: string, reason: string): MissionError {
  const where = pointer === '' ? 'it' : pointer;
  return new MissionError('DEFINITION_INVALID', `The definition of ${mission} is not valid at ${where}: ${reason}.`, {
    remedy: `Correct workflows/${mission}/mission.ts; a definition holds JSON values only.`,
    details: { mission, pointer },
  });
}

function exportsOf(
  code: Pick<ArtifactCode, 'workflow' | 'library'>,
  sourceMap: string,
  entry: string,
): Record<string, unknown> {
  const context = sandbox();
  let library: unknown;
  const filename = 'mission-definition.js';
  const require = (specifier: string): unknown => {
    if (specifier !== 'zod') return requireOwn(specifier);
    library ??= evaluateModule(code.library, { filename: 'library.js', require, context });
    // Runs share it, frozen: code that sets zod's configuration has to fail now and not then.
    Object.freeze((context as { readonly __zod_globalConfig?: object }).__zod_globalConfig);
    return library;
  };
  try {
    const variables = { __MISSION_DEFINITION__: undefined };
    return evaluateModule(code.workflow, { filename, require, variables, context });
  } catch (error) {
    const place = originalPlace(error, filename, sourceMap) ?? entry;
    throw new MissionError(
      'MISSION_BUNDLE_FAILED',
      `${place}: the code throws while it is loaded: ${messageOf(error)}`,
      {
        remedy:
          'Workflow code is loaded in a sandbox without process, environment, files or network: use them in activities/.',
        details: { place },
        cause: error,
      },
    );
  }
}

/** Mission name → definition as the code gives it, for every exported mission workflow. */
function definitionsOf(exports: Record<string, unknown>, entry: string): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const value of Object.values(exports)) {
    if (typeof value !== 'function' || !(DEFINITION_KEY in value)) continue;
    const definition = definitionOf(value, entry);
    const name = (definition as { readonly name?: unknown } | null)?.name;
    found.set(typeof name === 'string' ? name : '', definition);
  }
  return found;
}

function definitionOf(workflow: object, entry: string): unknown {
  try {
    return (workflow as { readonly [DEFINITION_KEY]: unknown })[DEFINITION_KEY];
  } catch (error) {
    throw new MissionError('DEFINITION_INVALID', `${entry}: ${messageOf(error)}`, {
      remedy: 'Correct the argument of defineMission.',
      details: { entry, pointer: '' },
      cause: error,
    });
  }
}

function sandbox(): vm.Context {
  const silent = () => undefined;
  return vm.createContext({
    URL,
    URLSearchParams,
    TextEncoder,
    TextDecoder,
    AbortController,
    assert,
    console: { log: silent, warn: silent, error: silent, info: silent, debug: silent },
  });
}
