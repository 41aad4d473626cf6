import * as z from 'zod';
import type { JsonObject } from '../shared/json.ts';
import type { MissionDefinition, PromptDefinition } from './definition.ts';
import type { MissionSpec, PromptSpec, ToolSpec } from './spec.ts';

/**
 * The JSON form of a spec: schemas become JSON Schema (with their annotations), prompts name their model.
 * Runs when a version is published, and in tests; a published mission is given its definition instead.
 *
 * @throws Error when a prompt names no model and none can be chosen for it.
 */
export function toDefinition(spec: MissionSpec): MissionDefinition {
  return {
    format: 1,
    name: spec.name,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    input: schemaOf(spec.input, 'input'),
    output: schemaOf(spec.output, 'output'),
    prompts: mapValues(spec.prompts ?? {}, (prompt, name) => toPrompt(prompt, name, spec)),
    models: { ...spec.models },
    rules: { ...spec.rules } as MissionDefinition['rules'],
    tools: mapValues(spec.tools ?? {}, toTool),
    decisions: mapValues(spec.decisions ?? {}, (decision) => ({ ...decision, options: [...decision.options] })),
  };
}

function toPrompt(prompt: PromptSpec, name: string, spec: MissionSpec): PromptDefinition {
  const { text, system, model } =
    typeof prompt === 'string' ? { text: prompt } : { system: undefined, model: undefined, ...prompt };
  return { text, ...(system === undefined ? {} : { system }), model: model ?? modelFor(name, spec) };
}

function modelFor(prompt: string, spec: MissionSpec): string {
  const models = Object.keys(spec.models ?? {});
  if (models.includes(prompt)) return prompt;
  if (models.includes('default')) return 'default';
  const [only, ...others] = models;
  if (only !== undefined && others.length === 0) return only;
  throw new Error(
    `Mission ${spec.name}: prompt "${prompt}" does not say which model it goes to. ` +
      `Give it { text, model }, or define a model named "${prompt}" or "default" (there are: ${models.join(', ') || 'none'}).`,
  );
}

function toTool(tool: ToolSpec): MissionDefinition['tools'][string] {
  const { input, output, ...rest } = tool;
  return { ...rest, input: schemaOf(input, 'input'), output: schemaOf(output, 'output') };
}

/** `io` matters where a schema transforms: a default is optional going in and present coming out. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): MissionDefinition['input'] {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonObject;
  return JSON.parse(JSON.stringify(rest)) as MissionDefinition['input'];
}

function mapValues<Value, Result>(
  group: Readonly<Record<string, Value>>,
  map: (value: Value, name: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(group).map(([name, value]) => [name, map(value, name)]));
}
