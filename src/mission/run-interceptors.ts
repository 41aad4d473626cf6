/**
 * What every hosted run does besides its own code: it hands on which trace and which version it belongs to, and says how it
 * ended. Linked into all artifacts, old ones too, when they are loaded (`artifact/sdk-template.ts`).
 *
 * Invariants
 * 1. Nothing here makes a command, awaits, or asks for time, randomness or ids: a history that was recorded with it replays
 *    without it, and the other way round. Headers are not compared.
 * 2. Headers are handed on as they came. Whoever opens spans is outside of the workflow (`telemetry/`).
 */
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import {
  isCancellation,
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import { MEMO_STAMP, type RunEnd, type RunStamp, TRACE_HEADERS, type TraceCarrier, VERSION_HEADER } from './wire.ts';

/** Told to the worker that runs the end of a run, once; not told in a replay. */
export interface RunSinks extends Sinks {
  readonly missionRuns: { ended(status: RunEnd, carrier: TraceCarrier): void };
}

export const interceptors = (): WorkflowInterceptors => {
  let carried: Headers = {};
  const handOn = <Input extends { readonly headers: Headers }>(input: Input): Input => ({
    ...input,
    headers: { ...carried, ...input.headers },
  });
  const outbound: WorkflowOutboundCallsInterceptor = {
    scheduleActivity: (input, next) => next(handOn(input)),
    scheduleLocalActivity: (input, next) => next(handOn(input)),
    startChildWorkflowExecution: (input, next) => next(stampChild(handOn(input))),
    continueAsNew: (input, next) => next(handOn(input)),
    getLogAttributes: (attributes, next) => next({ ...attributes, ...logAttributes(carried) }),
  };
  return {
    inbound: [
      {
        execute(input, next) {
          carried = carriedOf(input.headers);
          const result = next(input);
          // Beside the result, not in its way: a step more between the two could reorder commands.
          result.then(
            () => tellEnd('completed', carried),
            (error: unknown) => tellEnd(endOf(error), carried),
          );
          return result;
        },
      },
    ],
    outbound: [outbound],
  };
};

type ChildInput = Parameters<NonNullable<WorkflowOutboundCallsInterceptor['startChildWorkflowExecution']>>[0];

/**
 * A child on the task queue of its mission is pinned to the version of its parent, so it gets the parent's stamp. What the kit
 * writes into a memo (`isKitMemo`) is compared as little as headers are.
 */
function stampChild(input: ChildInput): ChildInput {
  const { memo, taskQueue } = workflowInfo();
  const stamp = memo?.[MEMO_STAMP] as Partial<RunStamp> | undefined;
  const { options } = input;
  if (stamp?.mission === undefined || (options.taskQueue ?? taskQueue) !== taskQueue) return input;
  return { ...input, options: { ...options, memo: { [MEMO_STAMP]: stamp, ...options.memo } } };
}

/** A run's own stamp counts; a child without one belongs to the version of its parent. */
function carriedOf(headers: Headers): Headers {
  const names = [...TRACE_HEADERS, VERSION_HEADER];
  const given = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]));
  const version = stampedVersion();
  return {
    ...Object.fromEntries(given),
    ...(version !== undefined && { [VERSION_HEADER]: defaultPayloadConverter.toPayload(version) }),
  };
}

function stampedVersion(): string | undefined {
  const stamp = workflowInfo().memo?.[MEMO_STAMP] as { readonly version?: unknown } | undefined;
  return typeof stamp?.version === 'string' ? stamp.version : undefined;
}

function logAttributes(carried: Headers): Record<string, unknown> {
  const version = stampedVersion() ?? textOf(carried[VERSION_HEADER]);
  return { mission: workflowInfo().workflowType, ...(version !== undefined && { version }) };
}

function endOf(error: unknown): RunEnd {
  if ((error as { readonly name?: unknown } | null)?.name === 'ContinueAsNew') return 'continued';
  return isCancellation(error) ? 'cancelled' : 'failed';
}

function tellEnd(status: RunEnd, carried: Headers): void {
  if (workflowInfo().unsafe.isReplayingHistoryEvents) return;
  const texts = Object.keys(carried).flatMap((name) => {
    const text = textOf(carried[name]);
    return text === undefined ? [] : [[name, text] as const];
  });
  proxySinks<RunSinks>().missionRuns.ended(status, Object.fromEntries(texts));
}

function textOf(payload: Headers[string] | undefined): string | undefined {
  if (payload === undefined) return undefined;
  const value = defaultPayloadConverter.fromPayload<unknown>(payload);
  return typeof value === 'string' ? value : undefined;
}
