/**
 * Ids of spans that several processes have to know without asking each other: the span of a run follows from its run id.
 * It is written when the run ends, long after the spans below it.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Span } from '@opentelemetry/api';

export interface SpanIds {
  /** 32 hexadecimal digits; only for a span without a parent. */
  readonly traceId?: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** The span of one execution. */
export function runSpanId(runId: string): string {
  return digest('run', runId).slice(0, 16);
}

/** The trace of a run that was started without one. */
export function runTraceId(runId: string): string {
  return digest('trace', runId).slice(0, 32);
}

function digest(kind: string, runId: string): string {
  return createHash('sha256').update(`mission-runtime/${kind}/${runId}`).digest('hex');
}

let wanted: SpanIds | undefined;

/** For an OpenTelemetry tracer provider: random ids, but for a span that is made {@link withIds}. */
export const idGenerator = {
  generateTraceId: (): string => wanted?.traceId ?? randomBytes(16).toString('hex'),
  generateSpanId: (): string => wanted?.spanId ?? randomBytes(8).toString('hex'),
};

/** Makes one span with these ids, if the tracer provider takes ids from {@link idGenerator}. */
export function withIds(ids: SpanIds, make: () => Span): Span {
  wanted = ids;
  try {
    return make();
  } finally {
    wanted = undefined;
  }
}
