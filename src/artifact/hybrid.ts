/** Hybrids: an artifact's definition or code with some components of another. What attribution replays. */
import { type MissionDefinition, missionDefinition } from '../mission/definition.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import type { Artifact } from './artifact.ts';
import type { ComponentChange } from './component-change.ts';
import { definitionJson } from './definition-json.ts';

/** The code of one artifact with a definition made of two. */
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
 */
export function makeHybrid(
  baseline: Artifact,
  candidate: Artifact,
  changes: readonly ComponentChange[],
  taken: ReadonlySet<string>,
): Hybrid {
  const definition = structuredClone(definitionJson(baseline.definition)) as Record<string, Json>;
  for (const change of changes) {
    if (change.component !== 'code' && taken.has(componentName(change))) takeOver(definition, change);
  }
  const hybrid = missionDefinition.parse(definition);
  return { code: taken.has('code') ? candidate : baseline, definition: withModels(hybrid, baseline, candidate, taken) };
}

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
