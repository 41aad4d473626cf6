/** What `mission/wire.ts` says, as it is found in histories that others made: read leniently, never trusted. */
import * as z from 'zod';
import type { DecisionAnswer, DecisionQuestion, StepContext, StepNote } from '../mission/wire.ts';
import type { Json } from '../shared/json.ts';

const stepNote = z.object({
  step: z.string(),
  kind: z.enum(['rule', 'observe']),
  name: z.string(),
  input: z.json().optional(),
  result: z.json(),
});

const stepContext = z.object({
  step: z.string(),
  kind: z.enum(['model', 'tool']),
  effect: z.enum(['read', 'write']).optional(),
  notes: z.array(stepNote).optional(),
  agent: z.string().optional(),
});

const decisionQuestion = z.object({
  step: z.string(),
  name: z.string(),
  question: z.string(),
  options: z.array(z.string()),
  evidence: z.json(),
  notes: z.array(stepNote).optional(),
});

const decisionAnswer = z.object({
  step: z.string(),
  option: z.string(),
  by: z.string(),
  comment: z.string().optional(),
});

const modelAnswer = z.object({
  reasoning: z.string().optional(),
  usage: z
    .object({ inputTokens: z.number(), outputTokens: z.number(), reasoningTokens: z.number().optional() })
    .optional(),
});

/** Each gives `undefined` for what has another form: a plain workflow may use the same names for other things. */
export const readContext = reader<StepContext>(stepContext);
export const readNotes = reader<StepNote[]>(z.array(stepNote));
export const readQuestion = reader<DecisionQuestion>(decisionQuestion);
export const readAnswer = reader<DecisionAnswer>(decisionAnswer);
export const readModelAnswer = reader<z.infer<typeof modelAnswer>>(modelAnswer);

function reader<Value>(schema: z.ZodType): (value: Json | undefined) => Value | undefined {
  return (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? (parsed.data as Value) : undefined;
  };
}
