import Long from 'long';
import { type Started, startJob } from './lockstep/start-job.ts';
import { timestampOf } from './lockstep/task-facts.ts';
import type { Activation, Command, HistoryEvent, Payload } from './proto.ts';

/** A link of a chain that a candidate asked for. */
export interface NextLink {
  readonly started: Started;
  /** The one that starts it. */
  readonly activation: Activation;
}

export interface NextLinkFacts {
  /** How the recorded link of that place was started, or the first: it says what no command can. */
  readonly model: Started;
  /** How the link was started that continues. */
  readonly previous: Started;
  readonly workflowId: string;
  readonly runId: string;
  readonly nowMs: number;
}

/**
 * The next link as a candidate's continue-as-new asks for it.
 *
 * @param command as it is taken (`within-run.ts`)
 */
export function nextLink(command: Command, facts: NextLinkFacts): NextLink {
  const { model, previous, workflowId, runId, nowMs } = facts;
  const continued = command.continueAsNewWorkflowExecution ?? {};
  const { workflowRunTimeout = null, workflowTaskTimeout = null, memo, searchAttributes } = continued;
  const attributes = withTypes(searchAttributes?.indexedFields, [previous, model]);
  const started: Started = {
    ...model,
    workflowType: { name: continued.workflowType || (model.workflowType?.name ?? '') },
    taskQueue: { ...model.taskQueue, name: continued.taskQueue || (model.taskQueue?.name ?? '') },
    input: { payloads: continued.arguments ?? [] },
    header: { fields: continued.headers ?? {} },
    memo: memo ? { fields: memo } : null,
    searchAttributes: attributes ? { indexedFields: attributes } : null,
    workflowRunTimeout,
    workflowTaskTimeout,
    originalExecutionRunId: model.originalExecutionRunId ?? runId,
  };
  const event: HistoryEvent = { eventTime: timestampOf(nowMs) };
  const activation: Activation = {
    runId,
    timestamp: timestampOf(nowMs),
    isReplaying: false,
    historyLength: 3,
    historySizeBytes: Long.UZERO,
    jobs: [startJob(started, workflowId, event)],
  };
  return { started, activation };
}

type Fields = Readonly<Record<string, Payload>>;

/** The server says of what type each search attribute is, where the workflow did not. */
function withTypes(fields: Fields | null | undefined, known: readonly Started[]): Record<string, Payload> | undefined {
  if (!fields) return undefined;
  const typeOf = (name: string) =>
    known.map(({ searchAttributes }) => searchAttributes?.indexedFields?.[name]?.metadata?.['type']).find(Boolean);
  return Object.fromEntries(
    Object.entries(fields).map(([name, payload]) => {
      const type = payload.metadata?.['type'] ?? typeOf(name);
      return [name, type ? { ...payload, metadata: { ...payload.metadata, type } } : payload];
    }),
  );
}
