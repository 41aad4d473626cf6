import {
  type Command,
  EventType,
  type HistoryEvent,
  type Job,
  NexusOperationCancellationType,
  toNumber,
} from '../proto.ts';
import { idOf } from './event-facts.ts';
import { nexusCancelled } from './failures.ts';
import { type CancelEffect, type Cancellable, type Machine, NOTHING } from './machines.ts';
import { Mismatch } from './mismatch.ts';

type ScheduleNexus = NonNullable<Command['scheduleNexusOperation']>;
type NexusResult = NonNullable<NonNullable<Job['resolveNexusOperation']>['result']>;

/** A Nexus operation: started, synchronously or under a token, and then ended. */
export class NexusMachine implements Machine, Cancellable {
  readonly command: Command;
  readonly seq: number;
  readonly schedule: ScheduleNexus;
  cancelledBeforeSent = false;
  closed = false;
  /** Id of its scheduled event, once that was seen. */
  scheduledEventId: number | undefined;
  readonly #cancellation: number;
  #token: string | undefined;
  #cancelRequested = false;

  constructor(command: Command, schedule: ScheduleNexus) {
    this.command = command;
    this.schedule = schedule;
    this.seq = schedule.seq ?? 0;
    this.#cancellation = schedule.cancellationType ?? NexusOperationCancellationType.WAIT_CANCELLATION_COMPLETED;
  }

  identify(event: HistoryEvent): void {
    const scheduled = event.nexusOperationScheduledEventAttributes;
    if (!scheduled) return;
    const [wanted, recorded] = [nameOf(this.schedule), nameOf(scheduled)];
    if (wanted === recorded) return;
    const reason = `Nexus operation ${wanted} stands where ${recorded} was recorded`;
    throw new Mismatch('replaced', reason, this.command, event);
  }

  recorded(event: HistoryEvent): void {
    if (!event.nexusOperationCancelRequestedEventAttributes) this.scheduledEventId = idOf(event);
  }

  progressed(event: HistoryEvent): readonly Job[] {
    if (this.closed) return [];
    const started = event.nexusOperationStartedEventAttributes;
    if (started) return this.#start(started.operationToken || started.operationId || '');
    if (event.nexusOperationCancelRequestCompletedEventAttributes) return this.#asked('completed');
    if (event.nexusOperationCancelRequestFailedEventAttributes) return this.#asked('failed');
    const result = this.#resultOf(event);
    return result === undefined ? [] : this.#close(result);
  }

  #start(token: string): readonly Job[] {
    this.#token = token;
    return [{ resolveNexusOperationStart: { seq: this.seq, operationToken: token } }];
  }

  /** Some wait only until their cancellation has reached the operation. */
  #asked(how: 'completed' | 'failed'): readonly Job[] {
    const waits = this.#cancellation === NexusOperationCancellationType.WAIT_CANCELLATION_REQUESTED;
    return waits ? this.#close(this.#cancelled(`Nexus operation cancellation request ${how}`)) : [];
  }

  /** Tells the workflow how it ended. One that never said that it started did so just now, or failed to. */
  #close(result: NexusResult): readonly Job[] {
    this.closed = true;
    const ended: Job = { resolveNexusOperation: { seq: this.seq, result } };
    if (this.#token !== undefined) return [ended];
    const failed = result.failed ?? result.cancelled ?? result.timedOut;
    if (failed) return [{ resolveNexusOperationStart: { seq: this.seq, failed } }];
    return [{ resolveNexusOperationStart: { seq: this.seq, startedSync: true } }, ended];
  }

  #resultOf(event: HistoryEvent): NexusResult | undefined {
    const {
      nexusOperationCompletedEventAttributes: completed,
      nexusOperationFailedEventAttributes: failed,
      nexusOperationCanceledEventAttributes: cancelled,
      nexusOperationTimedOutEventAttributes: timedOut,
    } = event;
    if (completed) return { completed: completed.result ?? {} };
    if (failed) return { failed: failed.failure ?? {} };
    if (timedOut) return { timedOut: timedOut.failure ?? {} };
    if (cancelled?.failure) return { cancelled: cancelled.failure };
    // That of a simulation has no failure of its own: it is worded as the server words one.
    return cancelled ? this.#cancelled('nexus operation completed unsuccessfully') : undefined;
  }

  isCancelledBy({ nexusOperationCancelRequestedEventAttributes: asked }: HistoryEvent): boolean {
    return toNumber(asked?.scheduledEventId) === this.scheduledEventId;
  }

  /** @param command - the workflow's, that cancels it */
  cancel(command: Command): CancelEffect {
    if (this.closed || this.#cancelRequested) return NOTHING;
    if (this.scheduledEventId === undefined) {
      this.cancelledBeforeSent = true;
      return { jobs: this.#close(this.#cancelled('Nexus Operation cancelled before scheduled')), commands: [] };
    }
    const { ABANDON, TRY_CANCEL } = NexusOperationCancellationType;
    if (this.#cancellation === ABANDON) return { jobs: this.#close(this.#cancelled()), commands: [] };
    this.#cancelRequested = true;
    const eventType = EventType.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED;
    const commands = [{ machine: this, eventType, command, cancels: this }];
    return { jobs: this.#cancellation === TRY_CANCEL ? this.#close(this.#cancelled()) : [], commands };
  }

  #cancelled(message?: string): NexusResult {
    const { endpoint, service, operation } = this.schedule;
    const name = { endpoint: endpoint ?? '', service: service ?? '', operation: operation ?? '' };
    const { scheduledEventId = 0 } = this;
    return { cancelled: nexusCancelled({ ...name, scheduledEventId, token: this.#token ?? '' }, message) };
  }
}

interface Operation {
  readonly endpoint?: string | null;
  readonly service?: string | null;
  readonly operation?: string | null;
}

function nameOf({ endpoint, service, operation }: Operation): string {
  return `${service}.${operation} (${endpoint})`;
}
