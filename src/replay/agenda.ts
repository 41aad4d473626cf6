import type { Job } from './proto.ts';

/** Something that will happen to a simulated run. */
export interface Appointment {
  /** Virtual time, milliseconds since the epoch. */
  readonly timeMs: number;
  /** What the workflow is told; none when it no longer matters. */
  deliver(): readonly Job[];
}

/** What will happen, earliest first; of the same time, in the order in which it was arranged. */
export class Agenda {
  readonly #items: { readonly appointment: Appointment; readonly order: number }[] = [];
  #count = 0;

  add(appointment: Appointment): void {
    const order = this.#count;
    this.#count += 1;
    const at = this.#items.findIndex((item) => item.appointment.timeMs > appointment.timeMs);
    this.#items.splice(at < 0 ? this.#items.length : at, 0, { appointment, order });
  }

  /** Takes the earliest appointment and all others of that very time. */
  takeNext(): readonly Appointment[] {
    const first = this.#items[0];
    if (first === undefined) return [];
    const count = this.#items.findIndex((item) => item.appointment.timeMs > first.appointment.timeMs);
    return this.#items.splice(0, count < 0 ? this.#items.length : count).map((item) => item.appointment);
  }
}
