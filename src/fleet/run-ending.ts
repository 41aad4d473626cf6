/**
 * Noticing the end of runs in a worker, without a trace in their histories.
 *
 * The SDK's workflow code logs its own end through a sink. Sinks are not replayed, leave no event, and are there in every
 * artifact that was ever built. `defaultWorkerLogger` is the name under which the SDK lets that sink be replaced. The sink here hands all on to the logger, as the SDK's own does, and tells of ends on the way.
 */
import type { InjectedSinks, Logger } from '@temporalio/worker';
import type { Sinks, WorkflowInfo } from '@temporalio/workflow';
import { isShadowRun } from '../mission/wire.ts';

export interface EndingRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** What the SDK logs as the last word of a run. A run that continues as new goes on: its chain is not at its end. */
const LAST_WORDS: ReadonlySet<string> = new Set([
  'Workflow completed',
  'Workflow completed as cancelled',
  'Workflow failed',
]);

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** Sinks for a worker. `onRunEnding` must not throw or wait: the workflow task waits for it. */
export function runEndingSinks(onRunEnding: (run: EndingRun) => void, logger: Logger): InjectedSinks<Sinks> {
  const sink = (level: (typeof LEVELS)[number]) => ({
    fn: ({ workflowId, runId, parent }: WorkflowInfo, message: string, attributes?: Record<string, unknown>) => {
      // A child is part of the run that started it, and a shadow is no run of anybody's.
      if (LAST_WORDS.has(message) && parent === undefined && !isShadowRun(workflowId))
        onRunEnding({ workflowId, runId });
      logger[level](message, attributes);
    },
  });
  return { defaultWorkerLogger: Object.fromEntries(LEVELS.map((level) => [level, sink(level)])) };
}
