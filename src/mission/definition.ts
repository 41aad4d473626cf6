/**
 * The definition: everything of a mission that can change without code, as JSON. It is what a version snapshots, what
 * `mission diff` compares, and what a hybrid swaps one entry of. Schemas are JSON Schema (draft 2020-12) and carry the
 * annotations of `annotations.ts` under their own keywords.
 */
import * as z from 'zod';
import { MISSION_NAME } from '../shared/version-ref.ts';

const jsonSchema = z.record(z.string(), z.json());

/** A model and its parameters. `model` is `provider/model` or a model of the default provider. */
export const modelDefinition = z.strictObject({
  model: z.string().min(1),
  temperature: z.number().min(0).optional(),
  topP: z.number().min(0).max(1).optional(),
  maxOutputTokens: z.int().positive().optional(),
  seed: z.int().optional(),
  /** Anything else the provider takes, sent as it is. */
  options: z.record(z.string(), z.json()).optional(),
  /** How long one attempt may take, in milliseconds. */
  timeoutMs: z.int().positive().optional(),
  /** Attempts in all, the first included. */
  attempts: z.int().positive().optional(),
});

/** A prompt: a template with `{{name}}` places, the model it goes to, and an optional system message. */
export const promptDefinition = z.strictObject({
  text: z.string(),
  system: z.string().optional(),
  model: z.string(),
});

export const toolDefinition = z.strictObject({
  /** `read`: asking again changes nothing. `write`: acts on the world, so replay never executes it. */
  effect: z.enum(['read', 'write']),
  description: z.string().optional(),
  input: jsonSchema,
  output: jsonSchema,
  timeoutMs: z.int().positive().optional(),
  attempts: z.int().positive().optional(),
  /** A read that may be asked again during a replay, when the answer policy allows live reads. */
  replayable: z.boolean().optional(),
});

/** A question that a person answers. */
export const decisionDefinition = z.strictObject({
  question: z.string(),
  options: z.array(z.string()).min(1),
  /** How long to wait, in milliseconds; without it the run waits for ever. */
  timeoutMs: z.int().positive().optional(),
  /** The option taken when the time is over. */
  onTimeout: z.string().optional(),
});

export const missionDefinition = z.strictObject({
  format: z.literal(1),
  name: z.string().regex(MISSION_NAME),
  description: z.string().optional(),
  input: jsonSchema,
  output: jsonSchema,
  prompts: z.record(z.string(), promptDefinition),
  models: z.record(z.string(), modelDefinition),
  rules: z.record(z.string(), z.json()),
  tools: z.record(z.string(), toolDefinition),
  decisions: z.record(z.string(), decisionDefinition),
});

export type ModelDefinition = z.infer<typeof modelDefinition>;
export type PromptDefinition = z.infer<typeof promptDefinition>;
export type ToolDefinition = z.infer<typeof toolDefinition>;
export type DecisionDefinition = z.infer<typeof decisionDefinition>;
export type MissionDefinition = z.infer<typeof missionDefinition>;
