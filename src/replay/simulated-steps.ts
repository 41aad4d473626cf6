import type { EvidenceGrade } from '../compare/outcome.ts';
import type { Json } from '../shared/json.ts';
import type { AnswerOutcome } from './answer-outcome.ts';
import type { CommandView, StepNamer } from './command-view.ts';
import type { Machine } from './lockstep/machines.ts';
import type { Command } from './proto.ts';
import { viewOfCommand } from './view-of-command.ts';

/** A command that the candidate issued in the simulation, with the answer it got. */
export interface SimulatedStep {
  readonly command: Command | undefined;
  readonly view: CommandView;
  grade: EvidenceGrade;
  result: Json;
  failure?: string;
  status: 'open' | AnswerOutcome['status'];
  /** Virtual time at which it was asked for, in milliseconds since the epoch. */
  readonly askedMs: number;
}

/** The steps of one simulated link, in the order in which they were asked for; local activities where they ended, as histories have them. */
export class SimulatedSteps {
  readonly list: SimulatedStep[] = [];
  readonly #namer: StepNamer;
  readonly #nowMs: () => number;
  readonly #underWay = new Map<SimulatedStep, Machine>();

  /**
   * @param namer gives plain commands their ids; shared by the links of a chain
   * @param nowMs tells virtual time
   */
  constructor(namer: StepNamer, nowMs: () => number) {
    this.#namer = namer;
    this.#nowMs = nowMs;
  }

  viewOf(command: Command): CommandView | undefined {
    return viewOfCommand(command, this.#namer);
  }

  /** A command that just stands, and nothing comes back for. */
  note(command: Command, view: CommandView | undefined): void {
    if (view === undefined) return;
    const askedMs = this.#nowMs();
    this.list.push({ command, view, grade: 'exact', result: null, status: 'completed', askedMs });
  }

  /** A command that waits for what its machine is told. */
  open(command: Command, view: CommandView, grade: EvidenceGrade, machine: Machine | undefined): SimulatedStep {
    const step: SimulatedStep = { command, view, grade, result: null, status: 'open', askedMs: this.#nowMs() };
    this.list.push(step);
    if (machine !== undefined) this.#underWay.set(step, machine);
    return step;
  }

  /** Nobody answers it after all. */
  withdraw(step: SimulatedStep): void {
    step.grade = 'none';
    this.#underWay.delete(step);
  }

  settle(step: SimulatedStep, outcome: AnswerOutcome): void {
    if (step.status === 'open') Object.assign(step, outcome);
    this.#underWay.delete(step);
  }

  /** A local activity leaves its mark when it ends. */
  settleLocal(step: SimulatedStep, outcome: AnswerOutcome | undefined): void {
    if (outcome !== undefined) this.settle(step, outcome);
    this.list.splice(this.list.indexOf(step), 1);
    this.list.push(step);
  }

  /** Steps whose machines told the workflow of a cancellation, without anybody's answer. */
  noticeCancelled(): void {
    for (const [step, machine] of this.#underWay) {
      if (machine.closed === true) this.settle(step, { status: 'cancelled', result: null, failure: 'cancelled' });
    }
  }

  /** The ids of what it waits for. */
  get waitingFor(): readonly string[] {
    return this.list.filter((step) => step.status === 'open').map((step) => step.view.step);
  }
}
