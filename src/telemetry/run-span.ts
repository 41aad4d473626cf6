/** The span of a run, which is under the client's start, or under the run that it is a child of, and above its steps. */
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { TRACER } from '../activity/model-span.ts';
import type { RunEnd, TraceCarrier } from '../mission/wire.ts';
import { runSpanId, runTraceId, withIds } from './span-ids.ts';

export interface EndedRun {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly parentRunId: string | undefined;
  readonly version: string | undefined;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly status: RunEnd;
  readonly carrier: TraceCarrier;
}

/**
 * Where spans of a run belong. The run's own span is not written yet: another process may write it.
 *
 * Without our ids (a program with a tracer provider of its own) that is the client's start, and the run's span stands beside.
 */
export function runContext(runId: string, carrier: TraceCarrier): Context {
  const parent = propagation.extract(ROOT_CONTEXT, carrier);
  const span = startRunSpan(runId, parent, {});
  return span.spanContext().spanId === runSpanId(runId) ? trace.setSpan(parent, span) : parent;
}

/** Writes the span of a run that has ended. */
export function writeRunSpan(run: EndedRun): void {
  const span = startRunSpan(run.runId, parentOf(run), {
    name: `run ${run.workflowType}`,
    startTime: run.startedAt,
    kind: SpanKind.INTERNAL,
    attributes: attributesOf(run),
  });
  if (run.status === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(run.endedAt);
}

/** Of a child run: the span of its parent, in the same trace. */
function parentOf({ parentRunId, carrier }: EndedRun): Context {
  const given = propagation.extract(ROOT_CONTEXT, carrier);
  const start = trace.getSpanContext(given);
  if (parentRunId === undefined || start === undefined) return given;
  return trace.setSpanContext(given, { ...start, spanId: runSpanId(parentRunId) });
}

function startRunSpan(
  runId: string,
  parent: Context,
  { name = 'run', ...options }: { name?: string; startTime?: Date; kind?: SpanKind; attributes?: Attributes },
): Span {
  const start = trace.getSpanContext(parent);
  const hasTrace = start !== undefined && isSpanContextValid(start);
  const ids = { spanId: runSpanId(runId), ...(!hasTrace && { traceId: runTraceId(runId) }) };
  return withIds(ids, () => trace.getTracer(TRACER).startSpan(name, options, parent));
}

function attributesOf({ workflowType, workflowId, runId, version, status }: EndedRun): Attributes {
  return {
    'mission.name': workflowType,
    ...(version !== undefined && { 'mission.version': version }),
    'mission.run': workflowId,
    'mission.run_id': runId,
    'mission.run.status': status,
  };
}
