/**
 * The server's part of a simulation: takes the commands of a candidate and arranges what comes back, and when.
 *
 * Owns: what a command is answered. Evidence owns what was recorded, the answer decision what is allowed, the simulation
 * when time moves.
 * Invariants
 * 1. Nothing is executed. What comes back is recorded, simulated from a contract, or asked through `LiveAnswers`.
 * 2. A recorded answer takes as long as it took, and one that never came never comes.
 */
import type { MissionDefinition } from '../mission/definition.ts';
import { jsonToPayload } from '../recording/payloads.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { decideAnew, decideAnswer } from './answer-decision.ts';
import { outcomeOf } from './answer-outcome.ts';
import type { AnswerPolicy } from './answer-policy.ts';
import type { CommandView } from './command-view.ts';
import type { Deadline } from './deadline.ts';
import type { DecisionBook } from './decision-book.ts';
import type { Evidence, RecordedAnswer } from './evidence.ts';
import type { GivenAnswers, LiveAnswer, LiveAnswers } from './live-answers.ts';
import { ActivityMachine } from './lockstep/activity-machine.ts';
import { localActivityMarkerOf } from './lockstep/event-facts.ts';
import type { LocalActivityMachine } from './lockstep/local-activity-machine.ts';
import type { Machine, QueuedCommand } from './lockstep/machines.ts';
import { NexusMachine } from './lockstep/nexus-machine.ts';
import { TimerMachine } from './lockstep/timer-machine.ts';
import { markAsSent } from './mark-as-sent.ts';
import { fire } from './outside-news.ts';
import { type Command, type HistoryEvent, type Job, toMs } from './proto.ts';
import { sampledStep } from './sampling.ts';
import { answerAsGiven, answerQuestion } from './simulated-decision.ts';
import { simulatedOutput } from './simulated-output.ts';
import type { SimulatedStep, SimulatedSteps } from './simulated-steps.ts';
import type { SimulationEnd } from './simulation-end.ts';

export interface CommandServerOptions {
  readonly evidence: Evidence;
  readonly policy: AnswerPolicy;
  readonly definition: MissionDefinition | undefined;
  readonly decisions: DecisionBook;
  readonly live: LiveAnswers;
  readonly anew?: ReadonlySet<string> | undefined;
  readonly given?: GivenAnswers | undefined;
  readonly deadline: Deadline;
  /** Steps of one link at most. */
  readonly maxSteps: number;
}

/** The simulation, as its server sees it. */
export interface ServedSimulation {
  /** Arranges news for the run, in virtual milliseconds from now. */
  arrange(afterMs: number, deliver: () => readonly Job[]): void;
  isOver(): boolean;
  stop(end: SimulationEnd): void;
}

/** How long an answer takes that was never recorded, in virtual milliseconds. */
const UNRECORDED_LATENCY_MS = 1_000;

const GRADES = { live: 'live', simulate: 'simulated' } as const;

/** How the server confirms a cancellation: that it was passed on, and that it had its effect. */
const CONFIRMATIONS: readonly HistoryEvent[] = [
  { nexusOperationCancelRequestCompletedEventAttributes: {} },
  { activityTaskCanceledEventAttributes: {}, nexusOperationCanceledEventAttributes: {} },
];

/** A question on its way to whoever is asked again. */
interface Asked {
  readonly step: SimulatedStep;
  readonly machine: Machine;
  readonly answer: Promise<LiveAnswer>;
}

export class CommandServer {
  readonly #options: CommandServerOptions;
  readonly #steps: SimulatedSteps;
  readonly #simulation: ServedSimulation;
  #asked: Asked[] = [];
  #eventId = 1_000_000;

  constructor(options: CommandServerOptions, steps: SimulatedSteps, simulation: ServedSimulation) {
    this.#options = options;
    this.#steps = steps;
    this.#simulation = simulation;
  }

  /** Serves the commands of one activation; those that are asked again, all at once. */
  async serve(queue: readonly QueuedCommand[]): Promise<void> {
    for (const queued of queue) {
      if (this.#simulation.isOver()) break;
      if (this.#isFull()) break;
      this.#serveOne(queued);
    }
    const asked = this.#asked;
    this.#asked = [];
    if (asked.length === 0) return;
    const answers = await this.#options.deadline.whileWaiting(Promise.all(asked.map(({ answer }) => answer)));
    for (const [index, { step, machine }] of asked.entries())
      this.#giveLive(step, machine, answers[index] as LiveAnswer);
  }

  /** Local activities have no command of their own in the queue. */
  serveLocal(command: Command, machine: LocalActivityMachine): void {
    const view = this.#steps.viewOf(command);
    if (view === undefined || this.#isFull()) return;
    const decision = this.#decide(view);
    if (decision.kind === 'recorded') {
      this.#giveLocal(this.#steps.open(command, view, decision.grade, undefined), machine, decision.answer);
      return;
    }
    const reason = `local activity "${view.name}" was not recorded with what it was asked`;
    this.#unanswered(command, view, { reason, remedy: 'Take the recorded answer (--answer activity=recorded).' });
  }

  #giveLocal(step: SimulatedStep, machine: LocalActivityMachine, answer: RecordedAnswer): void {
    answer.used = true;
    const [first] = answer.events;
    const marker = first && localActivityMarkerOf(first.event);
    if (first === undefined || marker === undefined) return;
    this.#simulation.arrange(0, () => {
      this.#steps.settleLocal(step, outcomeOf(first.event));
      return [machine.resolve(marker, first.event)];
    });
  }

  #isFull(): boolean {
    const { maxSteps } = this.#options;
    const full = this.#steps.list.length >= maxSteps;
    const message = `more than ${maxSteps} steps (maxSteps)`;
    if (full) this.#simulation.stop({ kind: 'failed', message, isEndless: true });
    return full;
  }

  #serveOne({ command, machine, cancels }: QueuedCommand): void {
    const view = this.#steps.viewOf(command);
    if (cancels !== undefined) this.#confirmCancel(machine);
    if (view === undefined) return;
    switch (view.kind) {
      case 'wait':
        if (machine instanceof TimerMachine) this.#startTimer(command, view, machine);
        return;
      case 'decision':
        this.#askPerson(command, view);
        return;
      case 'model':
      case 'tool':
      case 'activity':
      case 'child':
      case 'signal':
        this.#answer(command, view, machine);
        return;
      default:
        this.#steps.note(command, view);
        if (view.kind === 'end') this.#simulation.stop({ kind: 'ended', command });
    }
  }

  /** An activity or operation that waits for its cancellation is told that it was cancelled; everything else was told at once. */
  #confirmCancel(machine: Machine): void {
    const waits = machine instanceof ActivityMachine || machine instanceof NexusMachine;
    if (!waits || machine.closed) return;
    this.#simulation.arrange(0, () => {
      const jobs = CONFIRMATIONS.flatMap((event) => machine.progressed(event));
      this.#steps.noticeCancelled();
      return jobs;
    });
  }

  #startTimer(command: Command, view: CommandView, machine: TimerMachine): void {
    const step = this.#steps.open(command, view, 'exact', machine);
    machine.recorded({ timerStartedEventAttributes: {} });
    this.#simulation.arrange(Math.max(1, toMs(command.startTimer?.startToFireTimeout)), () => {
      const jobs = fire(machine);
      if (jobs.length > 0) this.#steps.settle(step, { status: 'completed', result: null });
      return jobs;
    });
  }

  /** A question of the kit is answered as it was. */
  #askPerson(command: Command, view: CommandView): void {
    const { decisions, policy, given: madeUp } = this.#options;
    const given =
      answerAsGiven(view, madeUp?.get(view.step)) ?? answerQuestion(view, decisions.match(view), policy.decision);
    if (given.kind === 'stop') {
      this.#unanswered(command, view, given);
      return;
    }
    const step = this.#steps.open(command, view, given.grade, undefined);
    if (given.kind === 'silence') return;
    this.#simulation.arrange(given.latencyMs, () => {
      this.#steps.settle(step, { status: 'completed', result: given.option });
      return [given.job];
    });
  }

  #decide(view: CommandView) {
    const { definition, evidence, policy, anew } = this.#options;
    const tool = view.kind === 'tool' ? definition?.tools[view.name] : undefined;
    const isAnew = anew?.has(sampledStep(view)) === true;
    return (isAnew ? decideAnew : decideAnswer)(view, evidence.find(view), policy, tool);
  }

  #answer(command: Command, view: CommandView, machine: Machine): void {
    this.#eventId += 1;
    markAsSent(machine, this.#eventId);
    const given = machine instanceof ActivityMachine ? this.#options.given?.get(view.step) : undefined;
    if (given !== undefined) {
      this.#giveLive(this.#steps.open(command, view, 'simulated', machine), machine, given);
      return;
    }
    const decision = this.#decide(view);
    if (decision.kind === 'stop') {
      this.#unanswered(command, view, decision);
      return;
    }
    const grade = decision.kind === 'recorded' ? decision.grade : GRADES[decision.kind];
    const step = this.#steps.open(command, view, grade, machine);
    if (decision.kind === 'recorded') this.#giveRecorded(step, machine, decision.answer);
    else if (decision.kind === 'live') this.#asked.push({ step, machine, answer: this.#options.live.ask(view) });
    else this.#giveValue(step, machine, simulatedOutput(decision.tool.output as JsonObject));
  }

  #giveRecorded(step: SimulatedStep, machine: Machine, answer: RecordedAnswer): void {
    answer.used = true;
    for (const { event, latencyMs } of answer.events) {
      this.#simulation.arrange(latencyMs, () => this.#deliver(step, machine, event));
    }
  }

  #deliver(step: SimulatedStep, machine: Machine, event: HistoryEvent): readonly Job[] {
    const jobs = machine.progressed(event);
    const outcome = jobs.length === 0 ? undefined : outcomeOf(event);
    if (outcome !== undefined) this.#steps.settle(step, outcome);
    return jobs;
  }

  #giveValue(step: SimulatedStep, machine: Machine, value: Json): void {
    const result = { payloads: [jsonToPayload(value)] };
    this.#giveEvent(step, machine, { activityTaskCompletedEventAttributes: { result } });
  }

  #giveEvent(step: SimulatedStep, machine: Machine, event: HistoryEvent): void {
    this.#simulation.arrange(UNRECORDED_LATENCY_MS, () => this.#deliver(step, machine, event));
  }

  #giveLive(step: SimulatedStep, machine: Machine, answer: LiveAnswer): void {
    if ('result' in answer) {
      this.#giveValue(step, machine, answer.result);
    } else if ('failure' in answer) {
      const { message, type } = answer.failure;
      const failure = { message, applicationFailureInfo: { type, nonRetryable: true } };
      this.#giveEvent(step, machine, { activityTaskFailedEventAttributes: { failure } });
    } else {
      this.#steps.withdraw(step);
      const { remedy = 'Raise the budget, or allow recorded answers.' } = answer;
      this.#simulation.stop({ kind: 'unanswered', step: step.view, reason: answer.refused, remedy });
    }
  }

  #unanswered(command: Command, view: CommandView, { reason, remedy }: Unanswered): void {
    this.#steps.open(command, view, 'none', undefined);
    this.#simulation.stop({ kind: 'unanswered', step: view, reason, remedy });
  }
}

type Unanswered = { readonly reason: string; readonly remedy: string };
