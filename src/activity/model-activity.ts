/**
 * The model activity: generic, so that a request decides the answer and nothing else does (DESIGN.md, decision 3).
 *
 * Invariants
 * 1. One call of the provider per attempt, two when an object has to be repaired; every other retry is Temporal's.
 * 2. Tools are never executed here: their calls are returned.
 * 3. No value of a provider's key variables is in anything that is returned or thrown.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ModelRequest, ModelResponse } from '../mission/wire.ts';
import type { ModelActivity } from './activities.ts';
import { activityFailure } from './failure.ts';
import { addUsage, toCallOptions, toModelResponse } from './model-call.ts';
import { modelFailure } from './model-failure.ts';
import { inModelSpan } from './model-span.ts';
import { type ModelProvider, type ProviderSet, providersFromEnvironment, resolveProvider } from './providers.ts';
import { currentScope, type StepScope, withPulse } from './scope.ts';
import { createScrubber, type Scrubber } from './secrets.ts';
import { readObject, repairRequest } from './structured-output.ts';

export interface ModelActivityOptions {
  /** Name → provider; models are named `name/model`. @default what the environment configures */
  readonly providers?: Readonly<Record<string, ModelProvider>>;
  /** Answers for models without a prefix. @default the only provider given */
  readonly defaultProvider?: string;
}

/**
 * Makes the activity that answers model steps.
 *
 * @throws ApplicationFailure from the activity: `MODEL_PROVIDER_UNKNOWN`, `MODEL_REQUEST_REJECTED` and
 * `MODEL_OUTPUT_INVALID` (not retryable), `MODEL_UNAVAILABLE` (retryable, after the provider's `Retry-After`).
 */
export function createModelActivity(options: ModelActivityOptions = {}): ModelActivity {
  return async (request, step) => {
    const set = providersOf(options);
    const { provider, modelId } = resolveProvider(request.model, set);
    const scope = currentScope(step);
    const scrubber = createScrubber(provider.secretEnv ?? [], process.env);
    const timeout = AbortSignal.timeout(attemptMs(scope.timeoutMs));
    const response = await withPulse(scope, () => answer({ request, provider, modelId, scope, scrubber, timeout }));
    return scrubber.value(response);
  };
}

function providersOf({ providers, defaultProvider }: ModelActivityOptions): ProviderSet {
  if (providers === undefined) return providersFromEnvironment();
  return { providers, defaultProvider: defaultProvider ?? Object.keys(providers)[0] ?? 'local' };
}

interface Call {
  readonly request: ModelRequest;
  readonly provider: ModelProvider;
  readonly modelId: string;
  readonly scope: StepScope;
  readonly scrubber: Scrubber;
  /** Over the whole attempt, the repair included. */
  readonly timeout: AbortSignal;
}

async function answer(call: Call): Promise<ModelResponse> {
  const first = await ask(call, call.request);
  const schema = call.request.output;
  if (schema === undefined || first.toolCalls !== undefined) return first;
  const read = readObject(first.text, schema);
  if (read.ok) return { ...first, object: read.object };
  const second = await ask(call, repairRequest(call.request, first.text, read.problem));
  const repaired = readObject(second.text, schema);
  const usage = addUsage(first.usage, second.usage);
  if (!repaired.ok) throw invalidOutput(call, { ...second, usage }, repaired.problem);
  return { ...second, object: repaired.object, usage };
}

function invalidOutput(
  { request, scrubber }: Call,
  { text, finishReason, usage }: ModelResponse,
  problem: string,
): Error {
  return activityFailure(
    'MODEL_OUTPUT_INVALID',
    scrubber.text(`Model "${request.model}" gave no object that fits the schema, asked twice. ${problem}`),
    { details: { model: request.model, finishReason, text: scrubber.text(text), usage: { ...usage } } },
  );
}

async function ask(call: Call, request: ModelRequest): Promise<ModelResponse> {
  const { provider, modelId, scope, scrubber, timeout } = call;
  const signal = AbortSignal.any([scope.signal, timeout]);
  try {
    const model = await provider(modelId);
    const options = toCallOptions(request, {
      provider: model.provider.split('.')[0] ?? model.provider,
      id: scope.idempotencyKey,
      signal,
    });
    return await inModelSpan(request, model.provider, async () =>
      toModelResponse(await model.doGenerate(options), modelId),
    );
  } catch (error) {
    if (scope.signal.aborted) throw new CancelledFailure('The model call was cancelled.');
    if (error instanceof ApplicationFailure) throw error;
    if (timeout.aborted) throw tooSlow(request.model, scope.timeoutMs);
    throw modelFailure(error, request.model, scrubber, Date.now());
  }
}

/** A little less than the attempt has, so that our error arrives and not the server's bare timeout. */
function attemptMs(timeoutMs: number): number {
  return Math.max(1, timeoutMs - Math.min(1_000, timeoutMs / 10));
}

function tooSlow(model: string, timeoutMs: number): Error {
  return activityFailure('MODEL_UNAVAILABLE', `Model "${model}" did not answer within ${timeoutMs} ms.`, {
    details: { model, timeoutMs },
  });
}
