/** Model providers: who answers for which model, and what the worker's environment configures. */
import type { LanguageModelV3 } from '@ai-sdk/provider';
import { activityFailure } from './failure.ts';
import { localModel } from './local-model/provider.ts';
import { openaiCompatible } from './openai-compatible.ts';

/** Model id → model. Any AI SDK provider of specification 3 is one: `(id) => anthropic(id)`. */
export interface ModelProvider {
  (modelId: string): LanguageModelV3 | Promise<LanguageModelV3>;
  /** Environment variables that hold its keys: their values are removed from whatever comes back. */
  readonly secretEnv?: readonly string[];
}

export interface ProviderSet {
  readonly providers: Readonly<Record<string, ModelProvider>>;
  /** Answers for models without a `provider/` prefix. */
  readonly defaultProvider: string;
}

/**
 * The providers that the environment configures: always `local`; with `MISSION_MODEL_BASE_URL` also an OpenAI-compatible
 * endpoint, which is then the default. The key is read from `MISSION_MODEL_API_KEY` at every call.
 */
export function providersFromEnvironment(environment: NodeJS.ProcessEnv = process.env): ProviderSet {
  const local = localModel();
  const baseURL = environment['MISSION_MODEL_BASE_URL'];
  if (baseURL === undefined || baseURL === '') return { providers: { local }, defaultProvider: 'local' };
  const name = environment['MISSION_MODEL_PROVIDER'] || 'endpoint';
  const reasoningTag = environment['MISSION_MODEL_REASONING_TAG'];
  const endpoint = openaiCompatible({
    name,
    baseURL,
    apiKeyEnv: 'MISSION_MODEL_API_KEY',
    structuredOutputs: environment['MISSION_MODEL_STRUCTURED_OUTPUTS'] !== 'off',
    ...(reasoningTag === undefined || reasoningTag === '' ? {} : { reasoningTag }),
  });
  return { providers: { local, [name]: endpoint }, defaultProvider: name };
}

/**
 * Finds who answers for `provider/model`, or for a model of the default provider. Only the first slash separates:
 * `endpoint/meta-llama/Llama-3.3` is model `meta-llama/Llama-3.3` of `endpoint`.
 *
 * @throws ApplicationFailure `MODEL_PROVIDER_UNKNOWN`, not retryable.
 */
export function resolveProvider(model: string, set: ProviderSet): { provider: ModelProvider; modelId: string } {
  const slash = model.indexOf('/');
  const name = slash === -1 ? set.defaultProvider : model.slice(0, slash);
  const provider = Object.hasOwn(set.providers, name) ? set.providers[name] : undefined;
  if (provider !== undefined) return { provider, modelId: slash === -1 ? model : model.slice(slash + 1) };
  const known = Object.keys(set.providers).sort();
  throw activityFailure(
    'MODEL_PROVIDER_UNKNOWN',
    `Model "${model}" names the provider "${name}", which this worker does not have. It has: ${known.join(', ')}.`,
    { details: { model, provider: name, known } },
  );
}
