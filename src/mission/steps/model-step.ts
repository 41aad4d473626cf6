import { ApplicationFailure } from '@temporalio/workflow';
import type * as z from 'zod';
import type { JsonObject } from '../../shared/json.ts';
import type { ModelDefinition } from '../definition.ts';
import { renderPrompt } from '../prompt.ts';
import type { RunState } from '../run-state.ts';
import { schemaOf } from '../to-definition.ts';
import { type ChatMessage, MODEL_ACTIVITY, type ModelRequest, type ModelResponse } from '../wire.ts';
import { parseOrFail } from './parse.ts';
import { scheduleStep } from './schedule.ts';
import type { StepOptions } from './step-options.ts';

/** The messages that a prompt of the definition renders to. @throws ApplicationFailure `PromptInvalid` */
export function messagesOf(run: RunState, prompt: string, variables: Readonly<Record<string, unknown>>): ChatMessage[] {
  const { text, system } = promptOf(run, prompt);
  try {
    const user: ChatMessage = { role: 'user', content: renderPrompt(text, variables) };
    return system === undefined ? [user] : [{ role: 'system', content: renderPrompt(system, variables) }, user];
  } catch (error) {
    throw ApplicationFailure.nonRetryable(`Prompt "${prompt}": ${(error as Error).message}`, 'PromptInvalid');
  }
}

/** The whole request of a model step: nothing is looked up after it (DESIGN.md, decision 3). */
export function modelRequest(
  run: RunState,
  prompt: string,
  messages: readonly ChatMessage[],
  extras: Pick<ModelRequest, 'tools' | 'output'> = {},
): ModelRequest {
  const { model, timeoutMs: _, attempts: __, options, ...parameters } = modelOf(run, prompt);
  return { prompt, model, parameters: { ...parameters, ...options } as JsonObject, messages, ...extras };
}

/** Sends a model request as a step of its own. */
export function callModel(run: RunState, request: ModelRequest, step: string, agent?: string): Promise<ModelResponse> {
  const { timeoutMs, attempts } = modelOf(run, request.prompt);
  return scheduleStep<ModelResponse>(run, {
    activityType: MODEL_ACTIVITY,
    request,
    context: { step, kind: 'model', ...(agent === undefined ? {} : { agent }) },
    summary: `${request.prompt} → ${request.model}`,
    timeoutMs,
    attempts,
  });
}

/** `step.model(prompt, variables, schema?)`: a text, or an object that fits the schema. */
export async function modelStep(
  run: RunState,
  prompt: string,
  variables: Readonly<Record<string, unknown>>,
  schema: z.ZodType | undefined,
  options: StepOptions = {},
): Promise<unknown> {
  const messages = messagesOf(run, prompt, variables);
  const request = modelRequest(
    run,
    prompt,
    messages,
    schema === undefined ? {} : { output: schemaOf(schema, 'input') as JsonObject },
  );
  const step = run.nextStepId(prompt, options.id);
  const response = await callModel(run, request, step);
  if (schema === undefined) return response.text;
  return parseOrFail(schema, response.object, `The answer of model step "${step}"`, 'ModelOutputInvalid');
}

function promptOf(
  run: RunState,
  prompt: string,
): { readonly text: string; readonly system?: string | undefined; readonly model: string } {
  const definition = run.definition.prompts[prompt];
  if (definition === undefined)
    throw ApplicationFailure.nonRetryable(`The mission has no prompt "${prompt}".`, 'PromptUnknown');
  return definition;
}

function modelOf(run: RunState, prompt: string): ModelDefinition {
  const name = promptOf(run, prompt).model;
  const model = run.definition.models[name];
  if (model === undefined) {
    throw ApplicationFailure.nonRetryable(
      `Prompt "${prompt}" goes to model "${name}", which the mission does not define.`,
      'ModelUnknown',
    );
  }
  return model;
}
