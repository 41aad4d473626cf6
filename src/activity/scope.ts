/**
 * Where a step's activity runs: inside a Temporal worker, or by itself when a replay asks a model live. Activities read
 * the scope and never Temporal's context, so that both are the same to them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import type { StepContext } from '../mission/wire.ts';

/** Structured log lines of a step; never pass secrets. */
export interface StepLog {
  debug(message: string, attributes?: Record<string, unknown>): void;
  info(message: string, attributes?: Record<string, unknown>): void;
  warn(message: string, attributes?: Record<string, unknown>): void;
  error(message: string, attributes?: Record<string, unknown>): void;
}

/** One attempt of one step. */
export interface StepScope {
  /** Stable id of the step in its run: `issueRefund#1`. */
  readonly step: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Attempts of this step so far, this one included: 1 is the first. */
  readonly attempt: number;
  /**
   * Names this one act: the same over all retries of the step, and over resets, retries and moves of its run; no other step's, and
   * no other run's. Hand it to the system that acts, so that nothing is done twice. Workflow id, origin of the run and step id.
   */
  readonly idempotencyKey: string;
  /** Aborted when the run is cancelled, the worker shuts down, or the attempt's time is over. */
  readonly signal: AbortSignal;
  /** How long this attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly log: StepLog;
  /** Tells Temporal that a long step is alive; also how a cancellation reaches it. */
  heartbeat(details?: unknown): void;
}

const ALONE_TIMEOUT_MS = 60_000;
/**
 * Cancellation reaches an activity in the answer to a heartbeat, and a step whose worker is silent is tried again elsewhere
 * (`mission/steps/schedule.ts`). So a step that takes longer than this sends some.
 */
const PULSE_MS = 5_000;

/** The scope of the running activity. `step` is absent when a plain workflow calls it. */
export function currentScope(step: StepContext | undefined): StepScope {
  const context = asyncLocalStorage.getStore();
  return context === undefined ? aloneScope(step) : temporalScope(context, step);
}

/** What a caller outside of Temporal decides about the activities that it runs. */
export interface AloneScope {
  readonly signal: AbortSignal;
  readonly attempt: number;
  /** Tells calls of the same step apart, as the run's id does elsewhere. */
  readonly runId?: string | undefined;
}

const alone = new AsyncLocalStorage<AloneScope>();

/** Runs an activity without a Temporal worker: what it does sees this scope. */
export function runAlone<Result>(scope: AloneScope, body: () => Promise<Result>): Promise<Result> {
  return alone.run(scope, body);
}

/** Attempts whose heartbeats are sent already. */
const beating = new WeakSet<Context>();

/** Runs an activity, with heartbeats while it runs. */
export async function withPulse<Result>(scope: StepScope, body: () => Promise<Result>): Promise<Result> {
  const context = asyncLocalStorage.getStore();
  if (context !== undefined && beating.has(context)) return body();
  if (context !== undefined) beating.add(context);
  const pulse = setInterval(() => scope.heartbeat(), PULSE_MS);
  pulse.unref();
  try {
    return await body();
  } finally {
    clearInterval(pulse);
  }
}

function temporalScope(context: Context, step: StepContext | undefined): StepScope {
  const { info } = context;
  const { workflowId = info.activityId, runId = '' } = info.workflowExecution ?? {};
  const id = step?.step ?? info.activityId;
  return {
    step: id,
    workflowId,
    runId,
    attempt: info.attempt,
    idempotencyKey: `${workflowId}/${step?.origin ?? runId}/${id}`,
    signal: context.cancellationSignal,
    timeoutMs: info.startToCloseTimeoutMs > 0 ? info.startToCloseTimeoutMs : ALONE_TIMEOUT_MS,
    log: context.log,
    heartbeat: (details) => context.heartbeat(details),
  };
}

const silent = () => undefined;

function aloneScope(step: StepContext | undefined): StepScope {
  const id = step?.step ?? 'step#1';
  const { signal = new AbortController().signal, attempt = 1, runId = '' } = alone.getStore() ?? {};
  return {
    step: id,
    workflowId: '',
    runId,
    attempt,
    idempotencyKey: `/${runId}/${id}`,
    signal,
    timeoutMs: ALONE_TIMEOUT_MS,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    heartbeat: silent,
  };
}
