/**
 * Goes on where the lockstep ended: a run in virtual time, told what its server and the recording have arranged for it.
 *
 * Owns: virtual time and what happens when. The command server owns what a command is answered.
 * Invariants
 * 1. Time moves only to the next appointment. The same recording, candidate and policy give the same run.
 * 2. News from outside comes at the time at which it was recorded.
 * 3. It ends once: by the run's own end, by force from outside, or because nothing is arranged any more.
 */
import Long from 'long';
import { Agenda } from './agenda.ts';
import { CommandServer, type CommandServerOptions } from './command-server.ts';
import type { StepNamer } from './command-view.ts';
import { jobOrder } from './lockstep/job-order.ts';
import type { MachineShop } from './lockstep/machine-shop.ts';
import type { QueuedCommand } from './lockstep/machines.ts';
import { timestampOf } from './lockstep/task-facts.ts';
import type { OutsideNews } from './outside-news.ts';
import type { Activation, Command, Job } from './proto.ts';
import type { SandboxRun } from './sandbox.ts';
import { type SimulatedStep, SimulatedSteps } from './simulated-steps.ts';
import type { SimulationEnd } from './simulation-end.ts';
import type { WithinRun } from './within-run.ts';

export interface SimulationOptions extends CommandServerOptions {
  readonly run: SandboxRun;
  readonly runId: string;
  readonly shop: MachineShop;
  /** Has taken all commands of the run so far. */
  readonly within: WithinRun;
  readonly startMs: number;
  /** Gives plain commands their ids; shared by the links of a chain. */
  readonly namer: StepNamer;
}

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #steps: SimulatedSteps;
  readonly #server: CommandServer;
  readonly #agenda = new Agenda();
  readonly #expected = new Set<OutsideNews>();
  #nowMs: number;
  #end: SimulationEnd | undefined;
  #activations = 0;

  constructor(options: SimulationOptions, news: readonly OutsideNews[]) {
    this.#options = options;
    this.#nowMs = options.startMs;
    this.#steps = new SimulatedSteps(options.namer, () => this.#nowMs);
    this.#server = new CommandServer(options, this.#steps, {
      isOver: () => this.#end !== undefined,
      stop: (end) => this.#stop(end),
      arrange: (afterMs, deliver) => this.#agenda.add({ timeMs: this.#nowMs + afterMs, deliver }),
    });
    for (const one of news) this.#expect(one);
  }

  #expect(news: OutsideNews): void {
    this.#expected.add(news);
    const deliver = () => {
      this.#expected.delete(news);
      if (news.ends !== undefined) this.#stop({ kind: 'stopped-from-outside', status: news.ends });
      return news.deliver();
    };
    this.#agenda.add({ timeMs: Math.max(news.timeMs, this.#nowMs), deliver });
  }

  #stop(end: SimulationEnd): void {
    this.#end ??= end;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get steps(): readonly SimulatedStep[] {
    return this.#steps.list;
  }

  /** News that had not come when it ended, for the next link of its chain. */
  get newsLeft(): readonly OutsideNews[] {
    return [...this.#expected].filter(({ scope }) => scope === 'chain');
  }

  /** Goes on where the lockstep stopped: from commands that wait for an answer, and local activities, which have none. */
  async proceed(queue: readonly QueuedCommand[]): Promise<SimulationEnd> {
    for (const machine of this.#options.shop.localActivities.values()) {
      if (!machine.resolved) this.#server.serveLocal(machine.command, machine);
    }
    await this.#server.serve(queue);
    return this.#toTheEnd();
  }

  /** Runs a link from its start. */
  async begin(activation: Activation): Promise<SimulationEnd> {
    await this.#give(activation);
    return this.#toTheEnd();
  }

  async #toTheEnd(): Promise<SimulationEnd> {
    while (this.#end === undefined) await this.#turn();
    return this.#end;
  }

  async #turn(): Promise<void> {
    const due = this.#agenda.takeNext();
    const [first] = due;
    if (first === undefined) this.#stop({ kind: 'stuck', waitingFor: this.#waitingFor() });
    if (this.#options.deadline.isOver) {
      const message = 'the replay took longer than its limit (perRecordingMs)';
      this.#stop({ kind: 'failed', message, isEndless: true });
    }
    this.#nowMs = first?.timeMs ?? this.#nowMs;
    const jobs = due.flatMap((appointment) => appointment.deliver());
    if (this.#end === undefined && jobs.length > 0) await this.#activate(jobs);
  }

  #waitingFor(): string {
    const open = this.#steps.waitingFor;
    return open.length === 0 ? 'news from outside that the recording does not hold' : open.join(', ');
  }

  async #activate(jobs: readonly Job[]): Promise<void> {
    this.#activations += 1;
    await this.#give({
      runId: this.#options.runId,
      timestamp: timestampOf(this.#nowMs),
      isReplaying: false,
      historyLength: this.#activations,
      historySizeBytes: Long.UZERO,
      jobs: [...jobs].sort((left, right) => jobOrder(left) - jobOrder(right)),
    });
  }

  async #give(activation: Activation): Promise<void> {
    const answer = await this.#options.run.activate(activation);
    if (answer.failure) {
      this.#stop({ kind: 'failed', ...answer.failure });
      return;
    }
    const { queue, jobs } = this.#take(answer.commands);
    if (jobs.length > 0) this.#agenda.add({ timeMs: this.#nowMs, deliver: () => jobs });
    await this.#server.serve(queue.filter((queued) => !queued.machine.cancelledBeforeSent));
  }

  #take(commands: readonly Command[]): { readonly queue: QueuedCommand[]; readonly jobs: Job[] } {
    const { shop, within } = this.#options;
    const jobs: Job[] = [];
    const queue: QueuedCommand[] = [];
    for (const issued of commands) {
      const command = within.take(issued);
      const taken = shop.take(command);
      jobs.push(...taken.jobs);
      queue.push(...taken.commands);
      const local = shop.localActivities.get(command.scheduleLocalActivity?.seq ?? -1);
      if (local !== undefined) this.#server.serveLocal(command, local);
      if (command.updateResponse) this.#steps.note(command, this.#steps.viewOf(command));
    }
    this.#steps.noticeCancelled();
    return { queue, jobs };
  }
}
