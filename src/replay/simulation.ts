/**
 * Goes on where the lockstep ended: a small server in virtual time, which answers a candidate from evidence.
 *
 * Owns: virtual time and what happens when. Evidence owns what was recorded, the answer decision owns what is allowed.
 * Invariants
 * 1. Nothing is executed. What comes back is recorded, simulated from a contract, or asked through `LiveAnswers`.
 * 2. Time moves only to the next appointment. The same recording, candidate and policy give the same run.
 * 3. News from outside comes at the time at which it was recorded; an answer takes as long as it took.
 */
import Long from 'long';
import type { EvidenceGrade } from '../compare/outcome.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import { jsonToPayload } from '../recording/payloads.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { Agenda } from './agenda.ts';
import { type AnswerDecision, decideAnswer } from './answer-decision.ts';
import { type AnswerOutcome, outcomeOf } from './answer-outcome.ts';
import type { AnswerPolicy } from './answer-policy.ts';
import type { CommandView, StepNamer } from './command-view.ts';
import type { Evidence, RecordedAnswer } from './evidence.ts';
import type { LiveAnswers } from './live-answers.ts';
import { ActivityMachine } from './lockstep/activity-machine.ts';
import { ChildMachine } from './lockstep/child-machine.ts';
import { localActivityMarkerOf } from './lockstep/event-facts.ts';
import { jobOrder } from './lockstep/job-order.ts';
import type { LocalActivityMachine } from './lockstep/local-activity-machine.ts';
import type { MachineShop } from './lockstep/machine-shop.ts';
import type { Machine, QueuedCommand } from './lockstep/machines.ts';
import { timestampOf } from './lockstep/task-facts.ts';
import { type Activation, type Command, type HistoryEvent, type Job, toMs } from './proto.ts';
import type { SandboxRun } from './sandbox.ts';
import { simulatedOutput } from './simulated-output.ts';
import { viewOfCommand } from './view-of-command.ts';

/** A command that the candidate issued in the simulation, with the answer it got. */
export interface SimulatedStep {
  readonly command: Command | undefined;
  readonly view: CommandView;
  readonly grade: EvidenceGrade;
  result: Json;
  failure?: string;
  status: 'open' | AnswerOutcome['status'];
}

export type SimulationEnd =
  | { readonly kind: 'ended'; readonly command: Command }
  | { readonly kind: 'stopped-from-outside'; readonly status: 'terminated' | 'timed-out' }
  | { readonly kind: 'unanswered'; readonly step: CommandView; readonly reason: string; readonly remedy: string }
  | { readonly kind: 'stuck'; readonly waitingFor: string }
  | { readonly kind: 'failed'; readonly message: string };

/** What comes from outside, arranged before the simulation begins. */
export interface OutsideNews {
  readonly timeMs: number;
  deliver(): readonly Job[];
  /** Set when it ends the run by force. */
  readonly ends?: 'terminated' | 'timed-out';
}

export interface SimulationOptions {
  readonly run: SandboxRun;
  readonly runId: string;
  readonly shop: MachineShop;
  readonly startMs: number;
  readonly evidence: Evidence;
  readonly policy: AnswerPolicy;
  readonly definition: MissionDefinition | undefined;
  readonly live: LiveAnswers;
  /** Gives plain commands their ids; shared by the links of a chain. */
  readonly namer: StepNamer;
  readonly maxSteps: number;
  /** Real time at which to give up, milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** The recorded answer to a question, as a job; how long it took. */
  answerTo(
    question: CommandView,
  ): { readonly job: Job; readonly latencyMs: number; readonly exact: boolean } | undefined;
}

/** How long an answer takes that was never recorded, in virtual milliseconds. */
const UNRECORDED_LATENCY_MS = 1_000;

export class Simulation {
  readonly steps: SimulatedStep[] = [];
  readonly #options: SimulationOptions;
  readonly #agenda = new Agenda();
  #nowMs: number;
  #end: SimulationEnd | undefined;
  #eventId = 1_000_000;

  constructor(options: SimulationOptions, news: readonly OutsideNews[]) {
    this.#options = options;
    this.#nowMs = options.startMs;
    for (const { timeMs, deliver, ends } of news) {
      this.#agenda.add({
        timeMs: Math.max(timeMs, this.#nowMs),
        deliver: ends === undefined ? deliver : () => this.#stop(ends),
      });
    }
  }

  #stop(status: 'terminated' | 'timed-out'): readonly Job[] {
    this.#end ??= { kind: 'stopped-from-outside', status };
    return [];
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Goes on from commands that wait for an answer and jobs that wait to be given. */
  async proceed(queue: readonly QueuedCommand[], jobs: readonly Job[]): Promise<SimulationEnd> {
    await this.#serve(queue);
    if (jobs.length > 0) this.#agenda.add({ timeMs: this.#nowMs, deliver: () => jobs });
    while (this.#end === undefined) await this.#turn();
    return this.#end;
  }

  async #turn(): Promise<void> {
    if (Date.now() > this.#options.deadlineMs)
      return this.#fail('the replay took longer than its limit (perRecordingMs)');
    const due = this.#agenda.takeNext();
    const [first] = due;
    if (first === undefined) {
      this.#end = { kind: 'stuck', waitingFor: this.#openSteps() };
      return;
    }
    this.#nowMs = first.timeMs;
    const jobs = due.flatMap((appointment) => appointment.deliver());
    if (this.#end === undefined && jobs.length > 0) await this.#activate(jobs);
  }

  #openSteps(): string {
    const open = this.steps.filter((step) => step.status === 'open').map((step) => step.view.step);
    return open.length === 0 ? 'news from outside that the recording does not hold' : open.join(', ');
  }

  /** The first activation of a link that is simulated from its start. */
  async begin(activation: Activation): Promise<void> {
    await this.#give(activation);
  }

  async #activate(jobs: readonly Job[]): Promise<void> {
    await this.#give({
      runId: this.#options.runId,
      timestamp: timestampOf(this.#nowMs),
      isReplaying: false,
      historyLength: this.#eventId - 1_000_000,
      historySizeBytes: Long.UZERO,
      jobs: [...jobs].sort((left, right) => jobOrder(left) - jobOrder(right)),
    });
  }

  async #give(activation: Activation): Promise<void> {
    const answer = await this.#options.run.activate(activation);
    if (answer.failure) return this.#fail(answer.failure.message);
    const jobs: Job[] = [];
    const queue: QueuedCommand[] = [];
    for (const command of answer.commands) {
      const taken = this.#options.shop.take(command);
      jobs.push(...taken.jobs);
      queue.push(...taken.commands);
      if (command.scheduleLocalActivity) await this.#serveLocal(command);
      if (command.updateResponse) this.#note(command, 'exact');
    }
    if (jobs.length > 0) this.#agenda.add({ timeMs: this.#nowMs, deliver: () => jobs });
    await this.#serve(queue.filter((queued) => !queued.machine.cancelledBeforeSent));
  }

  #fail(message: string): void {
    this.#end ??= { kind: 'failed', message };
  }

  async #serve(queue: readonly QueuedCommand[]): Promise<void> {
    for (const queued of queue) {
      if (this.#end !== undefined) return;
      if (this.steps.length >= this.#options.maxSteps)
        return this.#fail(`more than ${this.#options.maxSteps} steps (maxSteps)`);
      await this.#serveOne(queued);
    }
  }

  async #serveOne({ command, machine }: QueuedCommand): Promise<void> {
    if (command === undefined) return this.#confirmCancel(machine);
    if (command.startTimer) return this.#startTimer(command, machine);
    if (command.modifyWorkflowProperties) return this.#noteMemo(command);
    const asks =
      command.scheduleActivity ??
      command.startChildWorkflowExecution ??
      command.signalExternalWorkflowExecution ??
      command.requestCancelExternalWorkflowExecution;
    if (asks) return this.#answer(command, machine);
    this.#note(command, 'exact');
    if (endsRun(command)) this.#end = { kind: 'ended', command };
  }

  #note(command: Command, grade: EvidenceGrade): SimulatedStep | undefined {
    const view = viewOfCommand(command, this.#options.namer);
    if (view === undefined) return undefined;
    const step: SimulatedStep = { command, view, grade, result: null, status: 'completed' };
    this.steps.push(step);
    return step;
  }

  /** An activity that waits for its cancellation is told that it was cancelled; everything else was told at once. */
  #confirmCancel(machine: Machine): void {
    if (!(machine instanceof ActivityMachine) || machine.closed) return;
    const event: HistoryEvent = { activityTaskCanceledEventAttributes: {} };
    this.#agenda.add({ timeMs: this.#nowMs, deliver: () => machine.progressed(event) });
  }

  #startTimer(command: Command, machine: Machine): void {
    const step = this.#note(command, 'exact');
    machine.recorded({ timerStartedEventAttributes: {} });
    const event: HistoryEvent = { timerFiredEventAttributes: { timerId: String(command.startTimer?.seq ?? 0) } };
    const timeMs = this.#nowMs + Math.max(1, toMs(command.startTimer?.startToFireTimeout));
    if (step) step.status = 'open';
    this.#agenda.add({ timeMs, deliver: () => this.#settle(step, null, machine.progressed(event)) });
  }

  #settle(step: SimulatedStep | undefined, result: Json, jobs: readonly Job[]): readonly Job[] {
    if (step?.status === 'open') {
      step.status = 'completed';
      step.result = result;
    }
    return jobs;
  }

  /** A question of the kit is answered as it was; any other memo entry just stands. */
  #noteMemo(command: Command): void {
    const step = this.#note(command, 'exact');
    if (step?.view.kind !== 'decision') return;
    const recorded = this.#options.answerTo(step.view);
    const allowed = recorded !== undefined && (recorded.exact || this.#options.policy.decision === 'recorded');
    step.status = 'open';
    if (!allowed) {
      const reason =
        recorded === undefined
          ? 'nobody answered this question in the recorded run'
          : 'the recorded run asked something else here';
      this.#end = {
        kind: 'unanswered',
        step: step.view,
        reason,
        remedy: 'Take the recorded decision (--answer decision=recorded).',
      };
      return;
    }
    this.#agenda.add({
      timeMs: this.#nowMs + recorded.latencyMs,
      deliver: () => this.#settle(step, null, [recorded.job]),
    });
  }

  async #serveLocal(command: Command): Promise<void> {
    const machine = this.#options.shop.localActivities.get(command.scheduleLocalActivity?.seq ?? 0);
    const view = viewOfCommand(command, this.#options.namer);
    if (machine === undefined || view === undefined) return;
    const decision = this.#decide(view);
    if (decision.kind !== 'recorded') {
      const reason = `local activity "${view.name}" was not recorded with what it was asked`;
      return this.#unanswered(
        view,
        { reason, remedy: 'Take the recorded answer (--answer activity=recorded).' },
        command,
      );
    }
    const step = this.#open(command, view, decision.grade);
    const event = decision.answer.events[0]?.event as HistoryEvent;
    decision.answer.used = true;
    this.#agenda.add({ timeMs: this.#nowMs, deliver: () => this.#resolveLocal(step, machine, event) });
  }

  #resolveLocal(step: SimulatedStep, machine: LocalActivityMachine, event: HistoryEvent): readonly Job[] {
    const marker = localActivityMarkerOf(event);
    return marker === undefined ? [] : this.#settle(step, null, [machine.resolve(marker, event)]);
  }

  #open(command: Command, view: CommandView, grade: EvidenceGrade): SimulatedStep {
    const step: SimulatedStep = { command, view, grade, result: null, status: 'open' };
    this.steps.push(step);
    return step;
  }

  #decide(view: CommandView): AnswerDecision {
    const tool = view.kind === 'tool' ? this.#options.definition?.tools[view.name] : undefined;
    return decideAnswer(view, this.#options.evidence.find(view), this.#options.policy, tool);
  }

  async #answer(command: Command, machine: Machine): Promise<void> {
    const view = viewOfCommand(command, this.#options.namer);
    if (view === undefined) return;
    const decision = this.#decide(view);
    this.#record(machine);
    switch (decision.kind) {
      case 'recorded':
        return this.#giveRecorded(this.#open(command, view, decision.grade), machine, decision.answer);
      case 'simulate':
        return this.#giveValue(
          this.#open(command, view, 'simulated'),
          machine,
          simulatedOutput(decision.tool.output as JsonObject),
        );
      case 'live':
        return this.#giveLive(command, view, machine);
      default:
        return this.#unanswered(view, decision, command);
    }
  }

  /** The event that the server would have written for the command, so that the machine knows that it was sent. */
  #record(machine: Machine): void {
    this.#eventId += 1;
    const eventId = Long.fromNumber(this.#eventId);
    if (machine instanceof ActivityMachine) {
      const { activityId, activityType } = machine;
      machine.recorded({
        eventId,
        activityTaskScheduledEventAttributes: { activityId, activityType: { name: activityType } },
      });
    } else if (machine instanceof ChildMachine) {
      const { workflowId, workflowType } = machine.start;
      const initiated = { workflowId: workflowId ?? '', workflowType: { name: workflowType ?? '' } };
      machine.recorded({ eventId, startChildWorkflowExecutionInitiatedEventAttributes: initiated });
    } else {
      machine.recorded({ eventId });
    }
  }

  #giveRecorded(step: SimulatedStep, machine: Machine, answer: RecordedAnswer): void {
    answer.used = true;
    for (const { event, latencyMs } of answer.events) {
      this.#agenda.add({ timeMs: this.#nowMs + latencyMs, deliver: () => this.#deliver(step, machine, event) });
    }
  }

  #deliver(step: SimulatedStep, machine: Machine, event: HistoryEvent): readonly Job[] {
    const outcome = outcomeOf(event);
    if (outcome !== undefined && step.status === 'open') Object.assign(step, outcome);
    return machine.progressed(event);
  }

  #giveValue(step: SimulatedStep, machine: Machine, value: Json, latencyMs = UNRECORDED_LATENCY_MS): void {
    const event: HistoryEvent = {
      activityTaskCompletedEventAttributes: { result: { payloads: [jsonToPayload(value)] } },
    };
    this.#agenda.add({ timeMs: this.#nowMs + latencyMs, deliver: () => this.#deliver(step, machine, event) });
  }

  async #giveLive(command: Command, view: CommandView, machine: Machine): Promise<void> {
    const answer = await this.#options.live.ask(view);
    if ('refused' in answer) {
      return this.#unanswered(
        view,
        { reason: answer.refused, remedy: 'Raise the budget (limits.liveCalls), or allow recorded answers.' },
        command,
      );
    }
    const step = this.#open(command, view, 'live');
    if ('result' in answer) return this.#giveValue(step, machine, answer.result);
    const { message, type } = answer.failure;
    const failure = { message, applicationFailureInfo: { type, nonRetryable: true } };
    const event: HistoryEvent = { activityTaskFailedEventAttributes: { failure } };
    this.#agenda.add({
      timeMs: this.#nowMs + UNRECORDED_LATENCY_MS,
      deliver: () => this.#deliver(step, machine, event),
    });
  }

  #unanswered(view: CommandView, why: { readonly reason: string; readonly remedy: string }, command: Command): void {
    this.steps.push({ command, view, grade: 'none', result: null, status: 'open' });
    this.#end ??= { kind: 'unanswered', step: view, reason: why.reason, remedy: why.remedy };
  }
}

function endsRun(command: Command): boolean {
  const { completeWorkflowExecution, failWorkflowExecution, cancelWorkflowExecution, continueAsNewWorkflowExecution } =
    command;
  return Boolean(
    completeWorkflowExecution ?? failWorkflowExecution ?? cancelWorkflowExecution ?? continueAsNewWorkflowExecution,
  );
}
