/** Any endpoint that speaks the OpenAI chat completions protocol: OpenAI, vLLM, Ollama, LM Studio, LiteLLM, gateways. */
import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider';
import type { ModelProvider } from './providers.ts';

export interface OpenaiCompatibleOptions {
  /** The provider's name in model ids: `name/model`. */
  readonly name: string;
  /** Up to and without `/chat/completions`: `https://models.example.com/v1`. */
  readonly baseURL: string;
  /** The environment variable that holds the key, read at every call; no key is sent when it is not set. */
  readonly apiKeyEnv?: string;
  /** Whether the endpoint takes JSON Schema as `response_format`. Without it the schema goes into the prompt. @default true */
  readonly structuredOutputs?: boolean;
  /** For models that write their reasoning into the text: `think` for `<think>…</think>`. */
  readonly reasoningTag?: string;
}

/** Makes a provider for `createModelActivity`. The AI SDK is loaded at the first call. */
export function openaiCompatible(options: OpenaiCompatibleOptions): ModelProvider {
  const { name, baseURL, apiKeyEnv, structuredOutputs = true } = options;
  const provider = async (modelId: string): Promise<LanguageModelV3> => {
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    const apiKey = apiKeyEnv === undefined ? undefined : process.env[apiKeyEnv];
    const endpoint = createOpenAICompatible({
      name,
      baseURL,
      supportsStructuredOutputs: structuredOutputs,
      ...(apiKey === undefined || apiKey === '' ? {} : { apiKey }),
    });
    return adapt(endpoint.chatModel(modelId), options);
  };
  return Object.assign(provider, { secretEnv: apiKeyEnv === undefined ? [] : [apiKeyEnv] });
}

async function adapt(model: LanguageModelV3, options: OpenaiCompatibleOptions): Promise<LanguageModelV3> {
  const { name, structuredOutputs = true, reasoningTag } = options;
  const adapted: LanguageModelV3 = Object.create(model, {
    doGenerate: {
      value: (call: LanguageModelV3CallOptions) => {
        const named = withOwnNames(call, name);
        return model.doGenerate(structuredOutputs ? named : tellSchema(named));
      },
    },
  });
  if (reasoningTag === undefined) return adapted;
  const { extractReasoningMiddleware, wrapLanguageModel } = await import('ai');
  return wrapLanguageModel({ model: adapted, middleware: extractReasoningMiddleware({ tagName: reasoningTag }) });
}

/** Parameters that the AI SDK has a name of its own for, and drops under the protocol's name. */
const OWN_NAMES: Readonly<Record<string, string>> = { reasoning_effort: 'reasoningEffort', verbosity: 'textVerbosity' };

function withOwnNames(call: LanguageModelV3CallOptions, provider: string): LanguageModelV3CallOptions {
  const own = Object.entries(call.providerOptions?.[provider] ?? {});
  const renamed = Object.fromEntries(own.map(([key, value]) => [OWN_NAMES[key] ?? key, value]));
  return { ...call, providerOptions: { ...call.providerOptions, [provider]: renamed } };
}

/** For endpoints that know `json_object` at most. */
function tellSchema(call: LanguageModelV3CallOptions): LanguageModelV3CallOptions {
  const format = call.responseFormat;
  if (format?.type !== 'json' || format.schema === undefined) return call;
  const content = `Answer with one JSON object that fits this JSON Schema, and with nothing else:\n${JSON.stringify(format.schema)}`;
  return { ...call, prompt: [{ role: 'system', content }, ...call.prompt], responseFormat: { type: 'json' } };
}
