/** Hybrids: an artifact's definition or code with some components of another. What attribution replays. */
import { type MissionDefinition, missionDefinition } from '../mission/definition.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import type { Artifact } from './artifact.ts';
import { digestOfArtifact } from './artifact-digest.ts';
import type { CodeChange } from './code-change.ts';
import { parseStatement } from './code-pieces.ts';
import type { ComponentChange } from './component-change.ts';
import { definitionJson } from './definition-json.ts';

/** Code of one artifact, or spliced from two, with a definition made of two. */
export interface Hybrid {
  readonly code: Artifact;
  readonly definition: MissionDefinition;
}

/** The name under which a change is swapped: `prompt assess`; all files of code are one component, `code`. */
export function componentName({ component, name }: Pick<ComponentChange, 'component' | 'name'>): string {
  if (component === 'code') return 'code';
  return name === '' ? component : `${component} ${name}`;
}

/**
 * The baseline with the given components of the candidate.
 *
 * A prompt brings the model that it goes to, where the hybrid has none of that name: when an entry of `models` was only
 * renamed, each prompt that goes to it can still be swapped alone.
 *
 * @param taken names of changes, and modules and units of `code`
 * @param code the change of workflow code, taken apart. @default code is swapped as a whole only
 * @throws SyntaxError when the units of code that are taken do not fit together.
 */
export function makeHybrid(
  baseline: Artifact,
  candidate: Artifact,
  changes: readonly ComponentChange[],
  taken: ReadonlySet<string>,
  code?: CodeChange,
): Hybrid {
  const definition = structuredClone(definitionJson(baseline.definition)) as Record<string, Json>;
  for (const change of changes) {
    if (change.component !== 'code' && taken.has(componentName(change))) takeOver(definition, change);
  }
  const hybrid = missionDefinition.parse(definition);
  return {
    code: codeOf(baseline, candidate, taken, code),
    definition: withModels(hybrid, baseline, candidate, taken),
  };
}

/** The library of schemas is a part of code by itself. */
export const LIBRARY = 'code: zod';

/** One of the two artifacts where nothing has to be spliced. */
function codeOf(
  baseline: Artifact,
  candidate: Artifact,
  taken: ReadonlySet<string>,
  change: CodeChange | undefined,
): Artifact {
  const isWhole = taken.has('code');
  if (isWhole && [...(change?.entries ?? [])].every((entry) => taken.has(entry))) return candidate;
  const side = isWhole ? candidate : baseline;
  const spliced = isWhole || (change !== undefined && [...taken].some((name) => change.names.has(name)));
  const workflow = spliced && change !== undefined ? change.render(taken) : side.code.workflow;
  const { library } = taken.has(LIBRARY) ? candidate.code : side.code;
  if (workflow === side.code.workflow && library === side.code.library) return side;
  parseStatement(workflow);
  const code = { ...side.code, workflow, library };
  const sourceMaps = { ...side.sourceMaps, workflow: NO_MAP };
  return { ...side, code, sourceMaps, digest: digestOfArtifact({ ...side, code }) };
}

/** Spliced text has no places in a source. */
const NO_MAP = '{"version":3,"sources":[],"names":[],"mappings":""}';

function withModels(
  hybrid: MissionDefinition,
  baseline: Artifact,
  candidate: Artifact,
  taken: ReadonlySet<string>,
): MissionDefinition {
  const models = { ...hybrid.models };
  for (const [name, { model }] of Object.entries(hybrid.prompts)) {
    if (Object.hasOwn(models, model)) continue;
    const side = taken.has(componentName({ component: 'prompt', name })) ? candidate : baseline;
    const brought = side.definition.models[model];
    if (brought !== undefined) models[model] = brought;
  }
  return { ...hybrid, models };
}

const GROUPS = { prompt: 'prompts', model: 'models', rule: 'rules', tool: 'tools', decision: 'decisions' } as const;

function takeOver(definition: Record<string, Json>, { component, name, candidate }: ComponentChange): void {
  if (component === 'input' || component === 'output') {
    definition[component] = candidate ?? {};
    return;
  }
  if (component === 'code') return;
  const group = { ...(definition[GROUPS[component]] as JsonObject) } as Record<string, Json>;
  if (candidate === undefined) delete group[name];
  else group[name] = candidate;
  definition[GROUPS[component]] = group;
}
