import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type * as z from 'zod';
import { canonicalJson, type Json, type JsonObject } from '../../shared/json.ts';
import type { RunState } from '../run-state.ts';
import { schemaOf } from '../to-definition.ts';
import type { ChatMessage, ModelResponse, ToolCall } from '../wire.ts';
import { callModel, messagesOf, modelRequest } from './model-step.ts';
import { parseOrFail } from './parse.ts';
import type { StepOptions } from './step-options.ts';
import { type ToolSpecs, toolStep } from './tool-step.ts';

export interface AgentOptions extends StepOptions {
  /** Names of the mission's tools that the model may call. */
  readonly tools: readonly string[];
  /** Model calls at most. @default 10 */
  readonly maxTurns?: number;
}

const DEFAULT_MAX_TURNS = 10;

/**
 * `step.agent(prompt, variables, options, schema?)`: a model that may call the mission's tools until it answers. Each model
 * call and each tool call is a step of its own; calls of one turn run in the order in which the model asked for them.
 *
 * @throws ApplicationFailure `AgentTurnsExceeded` when it has not answered after `maxTurns` model calls.
 */
export async function agentStep(
  run: RunState,
  tools: ToolSpecs,
  prompt: string,
  variables: Readonly<Record<string, unknown>>,
  options: AgentOptions,
  schema?: z.ZodType,
): Promise<unknown> {
  const agent = run.nextStepId(prompt, options.id);
  const messages = messagesOf(run, prompt, variables);
  const extras = {
    tools: toolsOffered(run, options.tools),
    ...(schema === undefined ? {} : { output: schemaOf(schema, 'input') as JsonObject }),
  };
  const maxTurns = options.maxTurns ?? DEFAULT_MAX_TURNS;
  for (let turn = 1; turn <= maxTurns; turn += 1) {
    const step = run.nextStepId(`${agent}/turn`, `${agent}/turn-${turn}`);
    const response = await callModel(run, modelRequest(run, prompt, [...messages], extras), step, agent);
    const calls = response.toolCalls ?? [];
    if (calls.length === 0) return answerOf(response, schema, step);
    messages.push({ role: 'assistant', content: response.text, toolCalls: calls });
    for (const call of calls) messages.push(await callTool(run, tools, options, call, agent));
  }
  throw ApplicationFailure.nonRetryable(
    `Agent step "${agent}" did not answer within ${maxTurns} turns.`,
    'AgentTurnsExceeded',
  );
}

function answerOf(response: ModelResponse, schema: z.ZodType | undefined, step: string): unknown {
  if (schema === undefined) return response.text;
  return parseOrFail(schema, response.object, `The answer of agent step "${step}"`, 'ModelOutputInvalid');
}

function toolsOffered(
  run: RunState,
  names: readonly string[],
): { name: string; description?: string; input: JsonObject }[] {
  return names.map((name) => {
    const contract = run.definition.tools[name];
    if (contract === undefined)
      throw ApplicationFailure.nonRetryable(`The mission has no tool "${name}".`, 'ToolUnknown');
    const { description, input } = contract;
    return { name, ...(description === undefined ? {} : { description }), input: input as JsonObject };
  });
}

/** A tool that fails, or that the model may not call, is told to the model; the run goes on. */
async function callTool(
  run: RunState,
  tools: ToolSpecs,
  options: AgentOptions,
  call: ToolCall,
  agent: string,
): Promise<ChatMessage> {
  const answer = (content: string): ChatMessage => ({
    role: 'tool',
    content,
    toolCallId: call.id,
    toolName: call.tool,
  });
  if (!options.tools.includes(call.tool)) return answer(`Error: there is no tool "${call.tool}".`);
  try {
    return answer(canonicalJson((await toolStep(run, tools, call.tool, call.input, { agent })) as Json));
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    if (cause instanceof ApplicationFailure) return answer(`Error: ${cause.message}`);
    throw error;
  }
}
