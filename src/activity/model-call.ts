/** Between our wire and the AI SDK's language model specification 3: pure translation, both ways. */
import type {
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3Message,
  LanguageModelV3ToolResultOutput,
  SharedV3ProviderOptions,
} from '@ai-sdk/provider';
import type { ChatMessage, ModelRequest, ModelResponse, ModelUsage, ToolCall } from '../mission/wire.ts';
import type { Json, JsonObject } from '../shared/json.ts';

/** Under this name the id of the call reaches providers that ask for it: the local model's noise does. */
const CALL_OPTIONS = 'mission';

const STANDARD = new Set([
  'temperature',
  'topP',
  'topK',
  'maxOutputTokens',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'stopSequences',
]);

/** The call that a request asks for. Parameters that the specification does not know go to the provider as they are. */
export function toCallOptions(
  request: ModelRequest,
  call: { readonly provider: string; readonly id: string; readonly signal: AbortSignal },
): LanguageModelV3CallOptions {
  const parameters = Object.entries(request.parameters);
  const standard = Object.fromEntries(parameters.filter(([name]) => STANDARD.has(name)));
  const own = Object.fromEntries(parameters.filter(([name]) => !STANDARD.has(name)));
  const schema = request.output as JsonSchema | undefined;
  return {
    ...standard,
    prompt: request.messages.map(toMessage),
    abortSignal: call.signal,
    providerOptions: {
      [call.provider]: { strictJsonSchema: false, ...own },
      [CALL_OPTIONS]: { call: call.id },
    } as SharedV3ProviderOptions,
    ...(schema === undefined ? {} : { responseFormat: { type: 'json', schema, name: request.prompt } }),
    ...(request.tools === undefined ? {} : { tools: request.tools.map(toTool) }),
  };
}

type JsonSchema = NonNullable<Extract<LanguageModelV3CallOptions['responseFormat'], { type: 'json' }>['schema']>;

function toTool({ name, description, input }: NonNullable<ModelRequest['tools']>[number]) {
  return {
    type: 'function' as const,
    name,
    inputSchema: input as JsonSchema,
    ...(description === undefined ? {} : { description }),
  };
}

function toMessage(message: ChatMessage): LanguageModelV3Message {
  const { role, content } = message;
  switch (role) {
    case 'system':
      return { role, content };
    case 'user':
      return { role, content: [{ type: 'text', text: content }] };
    case 'assistant':
      return {
        role,
        content: [
          ...(content === '' ? [] : [{ type: 'text' as const, text: content }]),
          ...(message.toolCalls ?? []).map(({ id, tool, input }) => ({
            type: 'tool-call' as const,
            toolCallId: id,
            toolName: tool,
            input,
          })),
        ],
      };
    case 'tool':
      return {
        role,
        content: [
          {
            type: 'tool-result',
            toolCallId: message.toolCallId ?? '',
            toolName: message.toolName ?? '',
            output: toolOutput(content),
          },
        ],
      };
  }
}

function toolOutput(content: string): LanguageModelV3ToolResultOutput {
  return { type: 'text', value: content };
}

/** What a model said, without its object: `finishAnswer` of `structured-output.ts` adds that. */
export function toModelResponse(result: LanguageModelV3GenerateResult, modelId: string): ModelResponse {
  const texts = result.content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const reasoning = result.content.flatMap((part) => (part.type === 'reasoning' ? [part.text] : []));
  const toolCalls = result.content.flatMap((part): ToolCall[] =>
    part.type === 'tool-call' ? [{ id: part.toolCallId, tool: part.toolName, input: parseInput(part.input) }] : [],
  );
  return {
    text: texts.join(''),
    ...(reasoning.length === 0 ? {} : { reasoning: reasoning.join('\n') }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    usage: toUsage(result.usage),
    model: result.response?.modelId ?? modelId,
    finishReason: result.finishReason.unified,
  };
}

/** Arguments that are no JSON stay a text: the tool's contract refuses it, and the model is told. */
function parseInput(input: string): Json {
  try {
    return input.trim() === '' ? {} : (JSON.parse(input) as JsonObject);
  } catch {
    return input;
  }
}

function toUsage({ inputTokens, outputTokens }: LanguageModelV3GenerateResult['usage']): ModelUsage {
  return {
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    ...(outputTokens.reasoning === undefined ? {} : { reasoningTokens: outputTokens.reasoning }),
  };
}

/** The usage of an answer that took two calls. */
export function addUsage(left: ModelUsage, right: ModelUsage): ModelUsage {
  const reasoning = (left.reasoningTokens ?? 0) + (right.reasoningTokens ?? 0);
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    ...(left.reasoningTokens === undefined && right.reasoningTokens === undefined
      ? {}
      : { reasoningTokens: reasoning }),
  };
}
