import {
  type Activation,
  type Command,
  EventType,
  type History,
  type HistoryEvent,
  type Job,
  toMs,
  WorkflowTaskFailedCause,
} from '../proto.ts';
import { type CommandCheck, CommandQueue } from './command-queue.ts';
import {
  eventName,
  idOf,
  initiatingEventId,
  isCommandEvent,
  isFinalEvent,
  isLocalActivityMarker,
  patchMarkerOf,
  typeOf,
} from './event-facts.ts';
import { jobOrder } from './job-order.ts';
import { LocalResults } from './local-results.ts';
import { MachineShop } from './machine-shop.ts';
import type { QueuedCommand } from './machines.ts';
import { Mismatch } from './mismatch.ts';
import { cancelJob, signalJob } from './outside-jobs.ts';
import { PatchLedger } from './patch-ledger.ts';
import { randomnessSeed } from './randomness-seed.ts';
import { startJob } from './start-job.ts';
import { TaskFacts } from './task-facts.ts';
import { endOfNextSequence } from './task-sequence.ts';
import { UpdateDesk } from './update-desk.ts';

export interface RunIdentity {
  readonly workflowId: string;
  readonly runId: string;
}

export class HistoryDriver {
  readonly shop = new MachineShop();
  readonly updates = new UpdateDesk();
  readonly events: readonly HistoryEvent[];
  /** Acceptance events of updates that the workflow was already given. */
  readonly givenUpdates = new Set<HistoryEvent>();
  /** Workflow time, in milliseconds since the epoch. */
  nowMs = 0;
  /** Index of the next event that was not handled. */
  position = 0;
  readonly #identity: RunIdentity;
  readonly #strict: boolean;
  readonly #commands: CommandQueue;
  readonly #local: LocalResults;
  readonly #patches = new PatchLedger();
  readonly #facts: TaskFacts;
  #jobs: Job[] = [];
  #startedId = 0;
  /** The started event that ended the last sequence which one ended: from there on, started tasks move the time. */
  #nextStartedId = 0;
  #finalSeen = false;

  /**
   * @param strict - whether a command that the history has no place for ends the lockstep at once, and the run is told what it was
   *   told; otherwise both are as in Temporal's own replay: only a command that is in the way counts
   */
  constructor(history: History, identity: RunIdentity, check: CommandCheck, strict = true) {
    this.events = history.events ?? [];
    this.#identity = identity;
    this.#strict = strict;
    this.#commands = new CommandQueue(this.shop, check);
    this.#local = new LocalResults(this.shop, check, !strict);
    this.#facts = new TaskFacts(this.events);
  }

  /** Commands issued and not yet matched. */
  get queue(): readonly QueuedCommand[] {
    return this.#commands.waiting;
  }

  /** Whether the history's own end (completed, failed, …) was reached. */
  get ended(): boolean {
    return this.#finalSeen;
  }

  /** The next activation, or undefined when the history has no more. @throws Mismatch */
  next(): Activation | undefined {
    while (this.#jobs.length === 0) {
      if (this.#finalSeen || this.position >= this.events.length) return undefined;
      this.#applyNextSequence();
      if (this.position >= this.events.length) this.#endOfHistory();
    }
    const jobs = this.#jobs.sort((left, right) => jobOrder(left) - jobOrder(right));
    this.#jobs = [];
    return this.#facts.activation(this.#identity.runId, this.nowMs, this.#lastEventId(), jobs);
  }

  /** Commands issued so far had their place; those to come, of a run that is still open, go beyond what was recorded. */
  #endOfHistory(): void {
    if (this.#strict && !this.#finalSeen && this.#commandsWereDue()) this.#commands.expectNoMore(this.events.at(-1));
  }

  /** Takes what the workflow answered to the last activation. */
  answer(commands: readonly Command[]): void {
    for (const command of commands) this.#take(command);
    this.#resolveLocalActivities();
    this.#commands.dropCancelled();
  }

  /** Jobs that wait to be given, for whoever goes on after a Mismatch. */
  takePendingJobs(): readonly Job[] {
    const jobs = this.#jobs;
    this.#jobs = [];
    return jobs;
  }

  #take(command: Command): void {
    if (command.respondToQuery) return;
    if (command.updateResponse) {
      this.#commands.add(this.updates.take(command.updateResponse, command));
      return;
    }
    if (command.setPatchMarker && !this.#patches.isFirst(command)) return;
    const { commands, jobs } = this.shop.take(command);
    this.#commands.add(commands);
    this.#jobs.push(...jobs, ...this.#local.take(command, this.#facts.isReplaying));
  }

  #lastEventId(): number {
    return this.position === 0 ? 0 : idOf(this.events[this.position - 1] as HistoryEvent);
  }

  #applyNextSequence(): void {
    const before = this.#startedId;
    const { index: end } = endOfNextSequence(this.events, this.position, before);
    this.#facts.enterSequence(this.position, end);
    const last = this.events[end] as HistoryEvent;
    if (typeOf(last) === EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED) this.#nextStartedId = idOf(last);
    while (this.position <= end) this.#applyEvent(end);
    this.#peek(before);
  }

  #applyEvent(end: number): void {
    const event = this.events[this.position] as HistoryEvent;
    if (isCommandEvent(event)) {
      this.position += this.#applyCommandEvent(event, this.events[this.position + 1]);
    } else {
      if (this.#strict && this.#endsCommands(event)) this.#commands.expectNoMore(event);
      this.#applyOutsideEvent(event);
      this.position += 1;
    }
    if (isFinalEvent(event)) this.#finalSeen = true;
    if (this.position > end + 1) this.position = end + 1;
  }

  /** After the events of a workflow task's commands comes the next task, or an end by force. */
  #endsCommands(event: HistoryEvent): boolean {
    const ends = typeOf(event) === EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED || isFinalEvent(event);
    return ends && this.queue.length > 0 && this.#commandsWereDue();
  }

  /** Whether the last completed task is behind us, so that every command in the queue had its chance. */
  #commandsWereDue(): boolean {
    for (let index = this.position - 1; index >= 0; index -= 1) {
      const type = typeOf(this.events[index]);
      if (type === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) return true;
      if (type === EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED) return false;
    }
    return false;
  }

  #applyCommandEvent(event: HistoryEvent, next: HistoryEvent | undefined): number {
    if (!isLocalActivityMarker(event)) return this.#commands.confirm(event, next);
    this.#local.verify(event);
    return 1;
  }

  #applyOutsideEvent(event: HistoryEvent): void {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) {
      this.#advance(toMs(event.eventTime));
      this.#jobs.push(startJob(started, this.#identity.workflowId, event));
      return;
    }
    if (typeOf(event) === EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED) this.#taskStarted(event);
    this.#jobs.push(...signalJob(event), ...cancelJob(event));
    this.#reset(event);
    const initiatedBy = initiatingEventId(event);
    if (initiatedBy === undefined) return;
    if (this.shop.ofEvent(initiatedBy) === undefined) {
      throw new Mismatch(
        'missing',
        `${eventName(event)} was recorded for something that was never asked for`,
        undefined,
        event,
      );
    }
    this.#jobs.push(...this.shop.progress(event, initiatedBy));
  }

  /** Of a history that ends without a task that counts, tasks that came to nothing move the time, too. */
  #taskStarted(event: HistoryEvent): void {
    this.#facts.taskStarted(event);
    if (idOf(event) < this.#nextStartedId) return;
    this.#startedId = this.#nextStartedId;
    this.#advance(toMs(event.eventTime));
    if (!this.#facts.isReplaying) this.#local.run();
  }

  #reset(event: HistoryEvent): void {
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed?.cause !== WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW) return;
    this.#jobs.push({ updateRandomSeed: { randomnessSeed: randomnessSeed(failed.newRunId ?? '') } });
  }

  #advance(timeMs: number): void {
    this.nowMs = Math.max(this.nowMs, timeMs);
  }

  /** Looks ahead into the next sequence for what this task must already know: patches, local results, updates. */
  #peek(before: number): void {
    if (this.position >= this.events.length || this.#finalSeen) return;
    const { index: end } = endOfNextSequence(this.events, this.position, before);
    const later: HistoryEvent[] = [];
    for (let index = this.position; index <= end; index += 1) {
      const event = this.events[index] as HistoryEvent;
      const patch = patchMarkerOf(event);
      if (patch !== undefined) this.#jobs.push({ notifyHasPatch: { patchId: patch.patchId } });
      else if (isLocalActivityMarker(event) || event.workflowExecutionUpdateAcceptedEventAttributes) later.push(event);
    }
    for (const event of later) this.#peekLater(event);
  }

  #peekLater(event: HistoryEvent): void {
    if (isLocalActivityMarker(event)) {
      this.#local.foresee(event);
      this.#resolveLocalActivities();
      return;
    }
    const job = this.updates.requestJob(this.#admissionOf(event) ?? event);
    if (job === undefined) return;
    this.givenUpdates.add(event);
    this.#jobs.push(job);
  }

  /** An update that was admitted first has its request in that event. */
  #admissionOf(event: HistoryEvent): HistoryEvent | undefined {
    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    if (accepted?.acceptedRequest) return undefined;
    return this.events.find(
      (other) =>
        other.workflowExecutionUpdateAdmittedEventAttributes?.request?.meta?.updateId === accepted?.protocolInstanceId,
    );
  }

  #resolveLocalActivities(): void {
    const { jobs, timeMs } = this.#local.resolve();
    this.#jobs.push(...jobs);
    this.#advance(timeMs);
  }
}
