/**
 * One span for each question to a model, under the names of OpenTelemetry's GenAI conventions. Without a tracer that
 * somebody installed it costs nothing.
 *
 * What was said is not in it, unless `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` asks for it: it may hold anything.
 */
import {
  type Attributes,
  context,
  createContextKey,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { ModelRequest, ModelResponse } from '../mission/wire.ts';

/** Under this key of OpenTelemetry's context are the attributes of the step that runs: mission, version, run, step. */
export const STEP_ATTRIBUTES = createContextKey('mission-runtime.step');
export const TRACER = 'mission-runtime';

/** Runs one call of a provider inside a span. */
export async function inModelSpan(
  request: ModelRequest,
  provider: string,
  call: () => Promise<ModelResponse>,
): Promise<ModelResponse> {
  const step = (context.active().getValue(STEP_ATTRIBUTES) ?? {}) as Attributes;
  const attributes = { ...step, ...requestAttributes(request, provider) };
  return trace
    .getTracer(TRACER)
    .startActiveSpan(`chat ${request.model}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      try {
        const response = await call();
        span.setAttributes(responseAttributes(response));
        return response;
      } catch (error) {
        failSpan(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
}

/** Marks a span as failed by the kind of the error alone: messages of errors quote payloads. */
export function failSpan(span: Span, error: unknown): void {
  const { type, name } = (error ?? {}) as { readonly type?: unknown; readonly name?: unknown };
  const kind = [type, name].find((text): text is string => typeof text === 'string' && text !== '') ?? 'Error';
  span.setAttribute('error.type', kind);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function requestAttributes({ model, prompt, parameters, messages }: ModelRequest, provider: string): Attributes {
  const { temperature } = parameters;
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    ...(typeof temperature === 'number' && { 'gen_ai.request.temperature': temperature }),
    'mission.prompt': prompt,
    ...(wantsContent() && { 'gen_ai.input.messages': JSON.stringify(messages) }),
  };
}

function responseAttributes({ model, usage, finishReason, text }: ModelResponse): Attributes {
  return {
    'gen_ai.response.model': model,
    'gen_ai.response.finish_reasons': [finishReason],
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    ...(wantsContent() && {
      'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', content: text }]),
    }),
  };
}

function wantsContent(env: NodeJS.ProcessEnv = process.env): boolean {
  return env['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']?.toLowerCase() === 'true';
}
