/** Any endpoint that speaks the OpenAI chat completions protocol: OpenAI, vLLM, Ollama, LM Studio, LiteLLM, gateways. */
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3Middleware } from '@ai-sdk/provider';
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
    return withMiddleware(endpoint.chatModel(modelId), options);
  };
  return Object.assign(provider, { secretEnv: apiKeyEnv === undefined ? [] : [apiKeyEnv] });
}

async function withMiddleware(model: LanguageModelV3, options: OpenaiCompatibleOptions): Promise<LanguageModelV3> {
  const { structuredOutputs = true, reasoningTag } = options;
  if (structuredOutputs && reasoningTag === undefined) return model;
  const { extractReasoningMiddleware, wrapLanguageModel } = await import('ai');
  const middleware: LanguageModelV3Middleware[] = [];
  if (!structuredOutputs) middleware.push(schemaInPrompt);
  if (reasoningTag !== undefined) middleware.push(extractReasoningMiddleware({ tagName: reasoningTag }));
  return wrapLanguageModel({ model, middleware });
}

/** For endpoints that know `json_object` at most. */
const schemaInPrompt: LanguageModelV3Middleware = {
  specificationVersion: 'v3',
  transformParams: ({ params }) => Promise.resolve(tellSchema(params)),
};

function tellSchema(params: LanguageModelV3CallOptions): LanguageModelV3CallOptions {
  const format = params.responseFormat;
  if (format?.type !== 'json' || format.schema === undefined) return params;
  const content = `Answer with one JSON object that fits this JSON Schema, and with nothing else:\n${JSON.stringify(format.schema)}`;
  return { ...params, prompt: [{ role: 'system', content }, ...params.prompt], responseFormat: { type: 'json' } };
}
