/** Where open runs stand: what each has done, and what it waits for. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { RunSummary } from '../fleet/list-runs.ts';
import { bounded } from '../recording/bounded.ts';
import { deriveTrace } from '../recording/derive-trace.ts';
import { failureMessage } from '../recording/failure-message.ts';
import { eventTimeMs, numberOf } from '../recording/history-events.ts';
import type { History } from '../recording/recording.ts';
import type { StepKind, TraceStep } from '../recording/trace.ts';
import { fetchOpenHistory } from './open-histories.ts';

export interface StandingStep {
  /** `judge#1` */
  readonly step: string;
  readonly kind: StepKind;
  readonly name: string;
  /** When it began. */
  readonly since: Date;
  /** Of a step that is executed: attempts so far, and why the last one failed. */
  readonly attempts?: number;
  readonly lastFailure?: string;
}

export interface RunStanding {
  /** Steps that are over, of this link of its chain. */
  readonly stepsDone: number;
  /** What it waits for, the oldest first; none while its code runs or waits for a condition of its own. */
  readonly waitsFor: readonly StandingStep[];
}

const CONCURRENCY = 8;

/** Where each of the open runs stands; ended runs are left out, as are those that end meanwhile. */
export async function standingOf(
  client: Client,
  runs: readonly RunSummary[],
): Promise<ReadonlyMap<string, RunStanding>> {
  const open = runs.filter(({ status }) => status === 'running');
  const standing = new Map<string, RunStanding>();
  const source = (async function* () {
    yield* open;
  })();
  const read = bounded(source, CONCURRENCY, async (run) => {
    const handle = client.workflow.getHandle(run.workflowId, run.runId);
    // A run that the server no longer keeps is not open any more.
    const facts = await Promise.all([handle.describe(), fetchOpenHistory(client, run)]).catch(() => undefined);
    return facts === undefined ? undefined : ([run.runId, standingFrom(facts[1], facts[0].raw)] as const);
  });
  for await (const one of read) if (one !== undefined) standing.set(...one);
  return standing;
}

type RawDescription = Pick<WorkflowExecutionDescription['raw'], 'pendingActivities'>;

/** Pure. */
function standingFrom(history: History, { pendingActivities }: RawDescription): RunStanding {
  const { steps } = deriveTrace([history]);
  const first = history.events?.[0];
  const startMs = first === undefined ? 0 : eventTimeMs(first);
  const attempts = new Map((pendingActivities ?? []).map((pending) => [pending.activityId ?? '', pending]));
  const standingStep = ({ id, kind, name, atMs }: TraceStep): StandingStep => {
    const pending = attempts.get(id);
    const failure = pending?.lastFailure;
    return {
      step: id,
      kind,
      name,
      since: new Date(startMs + atMs),
      ...(pending !== undefined && { attempts: numberOf(pending.attempt) }),
      ...(failure && { lastFailure: failureMessage(failure) }),
    };
  };
  const waiting = steps.filter(({ status }) => status === 'open');
  return { stepsDone: steps.length - waiting.length, waitsFor: waiting.map(standingStep) };
}
