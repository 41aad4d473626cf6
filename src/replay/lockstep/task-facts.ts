/** What an activation says of its workflow task besides its jobs: whether it is replayed, history size, SDK flags, deployment. */
import Long from 'long';
import { type Activation, EventType, type HistoryEvent, type Job, type Timestamp, toNumber } from '../proto.ts';
import { idOf, isCommandEvent, typeOf } from './event-facts.ts';

type Completed = NonNullable<HistoryEvent['workflowTaskCompletedEventAttributes']>;
type Started = NonNullable<HistoryEvent['workflowTaskStartedEventAttributes']>;

export class TaskFacts {
  readonly #events: readonly HistoryEvent[];
  readonly #flags = new Set<number>();
  #sdkVersion = '';
  #deployment: { deploymentName: string; buildId: string } | null = null;
  #started: Started = {};
  /** The started event of the last task that was completed. */
  readonly #lastTaskId: number;
  #isReplaying: boolean;

  constructor(events: readonly HistoryEvent[]) {
    this.#events = events;
    const last = events.findLastIndex((event) => typeOf(event) === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
    this.#lastTaskId = last < 1 ? 0 : idOf(events[last - 1] as HistoryEvent);
    this.#isReplaying = this.#lastTaskId > 0;
  }

  /** Whether what is told now was told before, to the run that is recorded. */
  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  /** Takes over what the completed tasks of a sequence say, and looks ahead to the one that ends its last task. */
  enterSequence(from: number, end: number): void {
    for (let index = from; index <= end; index += 1) this.#completed(this.#events[index]);
    if (this.#isNews(from, end)) this.#isReplaying = false;
    for (let index = end + 1; index < this.#events.length; index += 1) {
      if (typeOf(this.#events[index]) !== EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) continue;
      this.#completed(this.#events[index]);
      return;
    }
  }

  /** Whether the history ends with what no completed task has answered: from there on a run lives, and Temporal says so. */
  #isNews(from: number, end: number): boolean {
    if (end < this.#events.length - 1) return false;
    return this.#events
      .slice(from)
      .some(
        (event) =>
          idOf(event) > this.#lastTaskId &&
          typeOf(event) !== EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
          !isCommandEvent(event),
      );
  }

  #completed(event: HistoryEvent | undefined): void {
    const completed = event?.workflowTaskCompletedEventAttributes;
    if (!completed) return;
    for (const flag of completed.sdkMetadata?.langUsedFlags ?? []) this.#flags.add(flag);
    this.#sdkVersion = completed.sdkMetadata?.sdkVersion || this.#sdkVersion;
    this.#deployment = deploymentOf(completed) ?? this.#deployment;
  }

  taskStarted(event: HistoryEvent): void {
    this.#started = event.workflowTaskStartedEventAttributes ?? {};
  }

  activation(runId: string, nowMs: number, historyLength: number, jobs: Job[]): Activation {
    return {
      runId,
      timestamp: timestampOf(nowMs),
      isReplaying: this.#isReplaying,
      historyLength,
      jobs,
      availableInternalFlags: [...this.#flags],
      historySizeBytes: Long.fromNumber(toNumber(this.#started.historySizeBytes), true),
      continueAsNewSuggested: this.#started.suggestContinueAsNew ?? false,
      suggestContinueAsNewReasons: this.#started.suggestContinueAsNewReasons ?? [],
      targetWorkerDeploymentVersionChanged: this.#started.targetWorkerDeploymentVersionChanged ?? false,
      deploymentVersionForCurrentTask: this.#deployment,
      lastSdkVersion: this.#sdkVersion,
    };
  }
}

/** Whether a history gave this activation. One of a simulation says nothing of an SDK that made it. */
export function isFromHistory({ availableInternalFlags }: Activation): boolean {
  return Array.isArray(availableInternalFlags);
}

function deploymentOf(completed: Completed): { deploymentName: string; buildId: string } | null {
  const version = completed.deploymentVersion;
  if (version?.buildId) return { deploymentName: version.deploymentName ?? '', buildId: version.buildId };
  const legacy = completed.workerVersion?.buildId;
  return legacy ? { deploymentName: completed.workerDeploymentName ?? '', buildId: legacy } : null;
}

/** Core keeps nanoseconds; a double keeps about a quarter of a microsecond of today's time, and workflows see milliseconds. */
export function timestampOf(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1_000);
  return { seconds: Long.fromNumber(seconds), nanos: Math.round((ms - seconds * 1_000) * 1e6) };
}
