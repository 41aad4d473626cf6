/** Results of local activities: recorded in markers that follow the task which needs them, so they are looked up ahead. */
import type { Command, HistoryEvent, Job } from '../proto.ts';
import type { CommandCheck } from './command-queue.ts';
import { localActivityMarkerOf, typeOf } from './event-facts.ts';
import type { MachineShop } from './machine-shop.ts';
import { PlainMachine } from './machines.ts';
import { Mismatch } from './mismatch.ts';

interface Resolved {
  readonly jobs: readonly Job[];
  /** When the last of them was done, in milliseconds since the epoch; 0 when no marker says. */
  readonly timeMs: number;
}

export class LocalResults {
  readonly #shop: MachineShop;
  readonly #check: CommandCheck;
  readonly #asReplayed: boolean;
  readonly #markers: HistoryEvent[] = [];

  /** @param asReplayed - whether runs are told what core tells them when it replays, where they were told otherwise */
  constructor(shop: MachineShop, check: CommandCheck, asReplayed: boolean) {
    this.#shop = shop;
    this.#check = check;
    this.#asReplayed = asReplayed;
  }

  /** A marker that stands ahead. */
  foresee(event: HistoryEvent): void {
    const seq = localActivityMarkerOf(event)?.seq ?? 0;
    if (this.#shop.localActivities.get(seq)?.resolved !== true) this.#markers.push(event);
  }

  /** Resolves local activities in the order of their markers, until one is not scheduled yet. */
  resolve(): Resolved {
    const jobs: Job[] = [];
    let timeMs = 0;
    for (;;) {
      const event = this.#markers[0];
      const marker = event && localActivityMarkerOf(event);
      const machine = marker && this.#shop.localActivities.get(marker.seq);
      if (!event || !marker || !machine) return { jobs, timeMs };
      this.#markers.shift();
      if (machine.resolved) continue;
      jobs.push(machine.resolve(marker, event, this.#asReplayed));
      timeMs = Math.max(timeMs, marker.completeTimeMs ?? 0);
    }
  }

  /** Those without a marker are run by the worker that goes on with the run. */
  run(): void {
    for (const machine of this.#shop.localActivities.values()) machine.isRun = true;
  }

  /** What a command leads to where nothing is recorded any more. */
  take(
    { scheduleLocalActivity: schedule, requestCancelLocalActivity: cancel }: Command,
    isReplaying: boolean,
  ): readonly Job[] {
    const machine = this.#shop.localActivities.get(schedule?.seq ?? cancel?.seq ?? 0);
    if (machine === undefined) return [];
    if (schedule && !isReplaying) machine.isRun = true;
    return cancel ? machine.giveUp() : [];
  }

  /** Takes the marker where it stands. @throws Mismatch */
  verify(event: HistoryEvent): void {
    const marker = localActivityMarkerOf(event);
    const machine = marker && this.#shop.localActivities.get(marker.seq);
    if (!marker || !machine) {
      throw new Mismatch('missing', 'a local activity was recorded, and the code does not run it', undefined, event);
    }
    machine.verify(marker, event);
    this.#check({ machine: new PlainMachine(), eventType: typeOf(event), command: machine.command }, event);
  }
}
