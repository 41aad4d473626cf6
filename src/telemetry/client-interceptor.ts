/** A start by a client, as a span that goes along in the run's headers. Without a tracer that somebody installed, nothing. */
import { type Attributes, context, propagation, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { failSpan, TRACER } from '../activity/model-span.ts';
import { MEMO_STAMP, TRACE_HEADERS } from '../mission/wire.ts';

interface Started {
  readonly workflowType: string;
  readonly options: { readonly workflowId: string; readonly memo?: Record<string, unknown> | undefined };
}

/** For `new Client({ interceptors: { workflow: [tracedStarts] } })`; connections of mission-runtime have it already. */
export const tracedStarts: WorkflowClientInterceptor = {
  startWithDetails: (input, next) =>
    inStartSpan(input, async (span) => {
      const output = await next({ ...input, headers: { ...input.headers, ...headersOf(span) } });
      span.setAttribute('mission.run_id', output.runId);
      return output;
    }),
  signalWithStart: (input, next) =>
    inStartSpan(input, async (span) => {
      const runId = await next({ ...input, headers: { ...input.headers, ...headersOf(span) } });
      span.setAttribute('mission.run_id', runId);
      return runId;
    }),
};

function inStartSpan<Output>(started: Started, start: (span: Span) => Promise<Output>): Promise<Output> {
  const options = { kind: SpanKind.CLIENT, attributes: attributesOf(started) };
  return trace.getTracer(TRACER).startActiveSpan(`start ${started.workflowType}`, options, async (span) => {
    try {
      return await start(span);
    } catch (error) {
      failSpan(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

function attributesOf({ workflowType, options }: Started): Attributes {
  const { version, reason } = (options.memo?.[MEMO_STAMP] ?? {}) as { version?: unknown; reason?: unknown };
  return {
    'mission.name': workflowType,
    'mission.run': options.workflowId,
    ...(typeof version === 'string' && { 'mission.version': version }),
    ...(typeof reason === 'string' && { 'mission.route.reason': reason }),
  };
}

function headersOf(span: Span): Headers {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  const carried = TRACE_HEADERS.flatMap((name) => {
    const value = carrier[name];
    return value === undefined ? [] : [[name, defaultPayloadConverter.toPayload(value)] as const];
  });
  return Object.fromEntries(carried);
}
