import {
  ChildWorkflowCancellationType,
  type Command,
  EventType,
  type HistoryEvent,
  type Job,
  RetryState,
} from '../proto.ts';
import { idOf } from './event-facts.ts';
import { type ChildName, childCancelled, childFailed, childTerminated, childTimedOut } from './failures.ts';
import { type CancelEffect, type Cancellable, type Machine, NOTHING, PlainMachine } from './machines.ts';
import { Mismatch } from './mismatch.ts';

type StartChild = NonNullable<Command['startChildWorkflowExecution']>;
type ChildResult = NonNullable<NonNullable<Job['resolveChildWorkflowExecution']>['result']>;

export class ChildMachine implements Machine, Cancellable {
  readonly command: Command;
  readonly seq: number;
  readonly start: StartChild;
  cancelledBeforeSent = false;
  closed = false;
  initiatedEventId: number | undefined;
  started = false;
  #runId = '';
  #startedEventId = 0;
  readonly #cancellation: number;

  constructor(command: Command, start: StartChild) {
    this.command = command;
    this.start = start;
    this.seq = start.seq ?? 0;
    this.#cancellation = start.cancellationType ?? ChildWorkflowCancellationType.ABANDON;
  }

  identify(event: HistoryEvent): void {
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (!initiated) return;
    const { workflowId, workflowType } = this.start;
    if (initiated.workflowId === workflowId && initiated.workflowType?.name === workflowType) return;
    const recorded = `${initiated.workflowType?.name} (${initiated.workflowId})`;
    const reason = `child ${workflowType} (${workflowId}) stands where ${recorded} was recorded`;
    throw new Mismatch('replaced', reason, this.command, event);
  }

  recorded(event: HistoryEvent): void {
    if (event.startChildWorkflowExecutionInitiatedEventAttributes) this.initiatedEventId = idOf(event);
  }

  progressed(event: HistoryEvent): readonly Job[] {
    if (this.closed) return [];
    const {
      childWorkflowExecutionStartedEventAttributes: started,
      startChildWorkflowExecutionFailedEventAttributes: refused,
    } = event;
    if (started) return this.#start(started.workflowExecution?.runId ?? '', idOf(event));
    if (refused) {
      this.closed = true;
      const failed = {
        workflowId: this.start.workflowId ?? '',
        workflowType: this.start.workflowType ?? '',
        cause: refused.cause ?? null,
      };
      return [{ resolveChildWorkflowExecutionStart: { seq: this.seq, failed: failed as never } }];
    }
    const result = this.#resultOf(event);
    return result === undefined ? [] : this.#close(result);
  }

  #start(runId: string, eventId: number): readonly Job[] {
    this.started = true;
    this.#runId = runId;
    this.#startedEventId = eventId;
    return [{ resolveChildWorkflowExecutionStart: { seq: this.seq, succeeded: { runId } } }];
  }

  #resultOf(event: HistoryEvent): ChildResult | undefined {
    const {
      childWorkflowExecutionCompletedEventAttributes: completed,
      childWorkflowExecutionFailedEventAttributes: failed,
    } = event;
    if (completed) return { completed: { result: completed.result?.payloads?.[0] ?? null } };
    if (failed) return { failed: { failure: childFailed(this.#name(), failed.failure, failed.retryState) } };
    const timedOut = event.childWorkflowExecutionTimedOutEventAttributes;
    if (timedOut) return { failed: { failure: childTimedOut(this.#name(), timedOut.retryState) } };
    if (event.childWorkflowExecutionTerminatedEventAttributes)
      return { failed: { failure: childTerminated(this.#name()) } };
    if (event.childWorkflowExecutionCanceledEventAttributes)
      return { cancelled: { failure: childCancelled(this.#name()) } };
    return undefined;
  }

  #close(result: ChildResult): readonly Job[] {
    this.closed = true;
    return [{ resolveChildWorkflowExecution: { seq: this.seq, result } }];
  }

  #name(): ChildName {
    return {
      namespace: this.start.namespace ?? '',
      workflowId: this.start.workflowId ?? '',
      workflowType: this.start.workflowType ?? '',
      runId: this.#runId,
      initiatedEventId: this.initiatedEventId ?? 0,
      startedEventId: this.#startedEventId,
    };
  }

  isCancelledBy({ requestCancelExternalWorkflowExecutionInitiatedEventAttributes: asked }: HistoryEvent): boolean {
    return asked?.workflowExecution?.workflowId === this.start.workflowId;
  }

  /** @param command - the workflow's, that cancels it */
  cancel(command: Command): CancelEffect {
    if (this.closed) return NOTHING;
    const reason = command.cancelChildWorkflowExecution?.reason ?? '';
    if (this.initiatedEventId === undefined) return this.#cancelBeforeSent(reason);
    const asks = this.#cancellation !== ChildWorkflowCancellationType.ABANDON;
    const type = EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED;
    const commands = asks ? [{ machine: new PlainMachine(), eventType: type, command, cancels: this }] : [];
    const atOnce = !asks || this.#cancellation === ChildWorkflowCancellationType.TRY_CANCEL;
    return { jobs: atOnce ? this.#close({ cancelled: { failure: childCancelled(this.#name()) } }) : [], commands };
  }

  #cancelBeforeSent(reason: string): CancelEffect {
    this.cancelledBeforeSent = true;
    this.closed = true;
    const failure = childCancelled(this.#name(), `Child Workflow Execution cancelled before scheduled: ${reason}`);
    if (failure.childWorkflowExecutionFailureInfo) {
      failure.childWorkflowExecutionFailureInfo.retryState = RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE;
    }
    return { jobs: [{ resolveChildWorkflowExecutionStart: { seq: this.seq, cancelled: { failure } } }], commands: [] };
  }
}
