import Long from 'long';
import { type Started, startedAttributes, startJob } from './lockstep/start-job.ts';
import { timestampOf } from './lockstep/task-facts.ts';
import type { Activation, Command, History, HistoryEvent } from './proto.ts';

/**
 * The activation that starts the next link of a chain as a candidate's continue-as-new asks for it.
 *
 * @param model the recorded link of that place, or the first: it says what the command leaves out
 */
export function nextLinkActivation(
  command: Command,
  model: History,
  workflowId: string,
  runId: string,
  nowMs: number,
): Activation {
  const continued = command.continueAsNewWorkflowExecution ?? {};
  const recorded = startedAttributes(model) ?? {};
  const started: Started = {
    ...recorded,
    workflowType: { name: continued.workflowType || (recorded.workflowType?.name ?? '') },
    input: { payloads: continued.arguments ?? [] },
    header: { fields: continued.headers ?? {} },
    originalExecutionRunId: recorded.originalExecutionRunId ?? runId,
  };
  const event: HistoryEvent = { eventTime: timestampOf(nowMs) };
  return {
    runId,
    timestamp: timestampOf(nowMs),
    isReplaying: false,
    historyLength: 3,
    historySizeBytes: Long.UZERO,
    jobs: [startJob(started, workflowId, event)],
  };
}
