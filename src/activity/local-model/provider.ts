/**
 * The local model: a deterministic reader of instructions, behind the interface of any other model. It needs no network and
 * no key, and it follows what the prompt says, so a reworded prompt gives other verdicts for the reason that a person would
 * expect. It is no language model: it understands policies of plain sentences, and says so when none applies.
 *
 * Invariants
 * 1. The same request gets the same answer; with noise, the same request of the same call.
 * 2. Instructions are read from instructions only: nothing inside data (JSON, tags, quotes, tool results) is obeyed.
 * 3. Where no statement applies, the answer says so, with confidence 0.
 */
import type {
  JSONSchema7,
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3Content,
  LanguageModelV3GenerateResult,
} from '@ai-sdk/provider';
import { UnsupportedFunctionalityError } from '@ai-sdk/provider';
import { canonicalJson, type Json, type JsonObject } from '../../shared/json.ts';
import type { ModelProvider } from '../providers.ts';
import { answerCase, readCase } from './answer.ts';
import { readMessages } from './messages.ts';
import { isFlipped, type Noise } from './noise.ts';
import { nextToolCall } from './tool-use.ts';

export interface LocalModelOptions {
  /** Turns verdicts over at random, reproducibly. @default none */
  readonly noise?: Noise;
}

const MODEL = 'instruction-reader-1';
const TEXT_PER_TOKEN = 4;

/** Makes the provider; it answers for every model id. */
export function localModel(options: LocalModelOptions = {}): ModelProvider {
  const model: LanguageModelV3 = {
    specificationVersion: 'v3',
    provider: 'local',
    modelId: MODEL,
    supportedUrls: {},
    doGenerate: (call) => Promise.resolve(generate(call, options)),
    doStream: () => Promise.reject(new UnsupportedFunctionalityError({ functionality: 'streaming' })),
  };
  return () => model;
}

function generate(call: LanguageModelV3CallOptions, { noise }: LocalModelOptions): LanguageModelV3GenerateResult {
  call.abortSignal?.throwIfAborted();
  const schema = schemaOf(call);
  const messages = readMessages(call.prompt, schema);
  const tools = (call.tools ?? []).filter((tool) => tool.type === 'function');
  const toolCall = nextToolCall(tools, messages.instructions, messages.facts, messages.toolsCalled);
  if (toolCall !== undefined) return finish(call, [toolCall], 'tool-calls');
  const flip = noise !== undefined && isFlipped(noise, requestText(call, schema), callId(call));
  const answer = answerCase(readCase(messages, schema, flip), schema);
  return finish(
    call,
    [
      { type: 'reasoning', text: answer.reasoning },
      { type: 'text', text: answer.text },
    ],
    'stop',
  );
}

function schemaOf({ responseFormat }: LanguageModelV3CallOptions): JsonObject | undefined {
  if (responseFormat?.type !== 'json') return undefined;
  const schema: JSONSchema7 | undefined = responseFormat.schema;
  return (schema ?? { type: 'object' }) as JsonObject;
}

function requestText({ prompt }: LanguageModelV3CallOptions, schema: JsonObject | undefined): string {
  return canonicalJson({ prompt: prompt as unknown as Json, schema: schema ?? null });
}

function callId({ providerOptions }: LanguageModelV3CallOptions): string {
  const call = providerOptions?.['mission']?.['call'];
  return typeof call === 'string' ? call : '';
}

function finish(
  { prompt }: LanguageModelV3CallOptions,
  content: LanguageModelV3Content[],
  reason: 'stop' | 'tool-calls',
): LanguageModelV3GenerateResult {
  const input = tokens(JSON.stringify(prompt));
  const text = tokens(JSON.stringify(content.filter(({ type }) => type !== 'reasoning')));
  const reasoning = tokens(JSON.stringify(content.filter(({ type }) => type === 'reasoning')));
  return {
    content,
    finishReason: { unified: reason, raw: reason },
    usage: {
      inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: text + reasoning, text, reasoning },
    },
    response: { modelId: `local/${MODEL}` },
    warnings: [],
  };
}

/** A rough count, so that usage is never empty. */
function tokens(text: string): number {
  return Math.ceil(text.length / TEXT_PER_TOKEN);
}
