/** What a worker tells of the steps and runs of one artifact: spans, durations, tokens, and the context of log lines. */
import { type Attributes, SpanKind, trace } from '@opentelemetry/api';
import type { Context as ActivityContext } from '@temporalio/activity';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInterceptors, InjectedSinks } from '@temporalio/worker';
import { failSpan, STEP_ATTRIBUTES, TRACER } from '../activity/model-span.ts';
import type { RunSinks } from '../mission/run-interceptors.ts';
import { isShadowRun, type RunEnd, type TraceCarrier, VERSION_HEADER } from '../mission/wire.ts';
import { count, observeSeconds } from './metrics.ts';
import { runContext, writeRunSpan } from './run-span.ts';
import { describeStep, type StepFacts, tokensOf } from './step-facts.ts';

/** The version of runs that no route started. */
const UNROUTED = 'unrouted';

/** For Temporal's `Worker.create({ interceptors: { activity: [...] } })`. */
export function stepInterceptors(mission: string): (activity: ActivityContext) => ActivityInterceptors {
  return ({ info }) => {
    let step: StepFacts | undefined;
    return {
      inbound: {
        execute(input, next) {
          const carrier = readHeaders(input.headers);
          const facts = describeStep(mission, carrier[VERSION_HEADER], info, input.args);
          step = facts;
          return measured(facts, carrier, input, next);
        },
      },
      outbound: {
        getLogAttributes: (attributes, next) => next({ ...attributes, ...(step !== undefined && logFacts(step)) }),
      },
    };
  };
}

/** For `Worker.create({ sinks })`. */
export function runSinks(mission: string): InjectedSinks<RunSinks> {
  return {
    missionRuns: {
      ended: {
        fn(info, status: RunEnd, carrier: TraceCarrier) {
          const version = carrier[VERSION_HEADER];
          // What became of a shadow is counted where it is compared.
          if (isShadowRun(info.workflowId)) return;
          count('mission_runs_ended_total', { mission, version: version ?? UNROUTED, status });
          writeRunSpan({
            workflowType: info.workflowType,
            workflowId: info.workflowId,
            runId: info.runId,
            parentRunId: info.parent?.runId,
            version,
            startedAt: info.runStartTime,
            endedAt: new Date(),
            status,
            carrier,
          });
        },
        callDuringReplay: false,
      },
    },
  };
}

async function measured(
  facts: StepFacts,
  carrier: TraceCarrier,
  input: ActivityExecuteInput,
  next: (input: ActivityExecuteInput) => Promise<unknown>,
): Promise<unknown> {
  const attributes = spanAttributes(facts);
  const parent = runContext(facts.runId, carrier).setValue(STEP_ATTRIBUTES, attributes);
  const options = { kind: SpanKind.INTERNAL, attributes };
  const startedAt = performance.now();
  let outcome = 'failed';
  return trace.getTracer(TRACER).startActiveSpan(`${facts.kind} ${facts.name}`, options, parent, async (span) => {
    try {
      const result = await next(input);
      outcome = 'completed';
      countTokens(facts, result);
      return result;
    } catch (error) {
      if ((error as { readonly name?: unknown } | null)?.name === 'CancelledFailure') outcome = 'cancelled';
      failSpan(span, error);
      throw error;
    } finally {
      const { mission, version = UNROUTED, name: step, kind } = facts;
      const seconds = (performance.now() - startedAt) / 1_000;
      if (!isShadowRun(facts.run)) {
        observeSeconds('mission_step_seconds', { mission, version, step, kind, outcome }, seconds);
      }
      span.end();
    }
  });
}

function countTokens({ mission, kind, run }: StepFacts, result: unknown): void {
  if (kind !== 'model') return;
  const metric = isShadowRun(run) ? 'mission_shadow_model_tokens_total' : 'mission_model_tokens_total';
  for (const { model, direction, tokens } of tokensOf(result)) count(metric, { mission, model, direction }, tokens);
}

function spanAttributes(facts: StepFacts): Attributes {
  return {
    'mission.name': facts.mission,
    ...(facts.version !== undefined && { 'mission.version': facts.version }),
    'mission.run': facts.run,
    'mission.run_id': facts.runId,
    'mission.step': facts.step,
    'mission.step.kind': facts.kind,
    'mission.step.attempt': facts.attempt,
    ...(isShadowRun(facts.run) && { 'mission.shadow': true }),
  };
}

function logFacts({ mission, version, run, step }: StepFacts): Record<string, unknown> {
  return { mission, ...(version !== undefined && { version }), run, step };
}

/** Headers that are texts; others are not ours. */
function readHeaders(headers: Headers): TraceCarrier {
  const texts = Object.entries(headers).flatMap(([name, payload]) => {
    const value = readText(payload);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(texts);
}

function readText(payload: Headers[string]): string | undefined {
  try {
    const value = defaultPayloadConverter.fromPayload<unknown>(payload);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
