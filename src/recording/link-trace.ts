import type { StepNote } from '../mission/wire.ts';
import type { Json } from '../shared/json.ts';
import { eventTimeMs, numberOf } from './history-events.ts';
import type { HistoryEvent } from './recording.ts';
import type { StepKind, StepStatus, TraceStep } from './trace.ts';

/** What is known of a step as it begins. Without `id` it gets the next ordinal of its name. */
export interface StepStart {
  readonly id?: string;
  readonly kind: StepKind;
  readonly name: string;
  readonly request: Json;
  readonly effect?: 'read' | 'write';
  /** Notes that came with it: steps of their own, just before it. */
  readonly notes?: readonly StepNote[];
}

export interface StepEnd {
  readonly status: Exclude<StepStatus, 'open'>;
  readonly result?: Json;
  readonly failure?: string;
}

export type DraftStep = { -readonly [Key in keyof TraceStep]: TraceStep[Key] };

/** The steps of one link as its events are read, in order. */
export class LinkTrace {
  readonly steps: DraftStep[] = [];
  readonly #byEvent = new Map<number, DraftStep>();
  readonly #ordinals = new Map<string, number>();
  readonly #link: number;
  readonly #runStartMs: number;

  constructor(link: number, runStartMs: number) {
    this.#link = link;
    this.#runStartMs = runStartMs;
  }

  begin(event: HistoryEvent, start: StepStart): DraftStep {
    this.note(event, start.notes);
    const step: DraftStep = {
      id: start.id ?? this.#nextId(start.name),
      kind: start.kind,
      name: start.name,
      status: 'open',
      request: start.request,
      result: null,
      ...(start.effect !== undefined && { effect: start.effect }),
      atMs: roundMs(eventTimeMs(event) - this.#runStartMs),
      durationMs: 0,
      eventId: numberOf(event.eventId),
      link: this.#link,
    };
    this.steps.push(step);
    this.#byEvent.set(step.eventId, step);
    return step;
  }

  /** The step that an earlier event began. */
  at(eventId: number): DraftStep | undefined {
    return this.#byEvent.get(eventId);
  }

  end(step: DraftStep | undefined, event: HistoryEvent, { status, result, failure }: StepEnd): void {
    if (step?.status !== 'open') return;
    step.status = status;
    if (result !== undefined) step.result = result;
    if (failure !== undefined) step.failure = failure;
    step.durationMs = this.#since(step, event);
  }

  /** Adds rules and observations: they take no time and are complete as they are written. */
  note(event: HistoryEvent, notes: readonly StepNote[] | undefined): void {
    for (const note of notes ?? []) {
      this.steps.push({
        id: note.step,
        kind: note.kind === 'rule' ? 'rule' : 'observation',
        name: note.name,
        status: 'completed',
        request: note.input ?? null,
        result: note.result,
        atMs: roundMs(eventTimeMs(event) - this.#runStartMs),
        durationMs: 0,
        eventId: numberOf(event.eventId),
        link: this.#link,
      });
    }
  }

  /** What is still open lasted until the last event. */
  close(last: HistoryEvent | undefined): readonly DraftStep[] {
    if (last === undefined) return this.steps;
    for (const step of this.steps) if (step.status === 'open') step.durationMs = this.#since(step, last);
    return this.steps;
  }

  #since(step: DraftStep, event: HistoryEvent): number {
    return Math.max(0, roundMs(eventTimeMs(event) - this.#runStartMs - step.atMs));
  }

  #nextId(name: string): string {
    const ordinal = (this.#ordinals.get(name) ?? 0) + 1;
    this.#ordinals.set(name, ordinal);
    return `${name}#${ordinal}`;
  }
}

function roundMs(ms: number): number {
  return Math.round(ms);
}
