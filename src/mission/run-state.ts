/**
 * The state that the kit keeps of one run, inside the workflow sandbox: it numbers steps and holds the notes that wait
 * for a command to travel with.
 *
 * Invariants
 * 1. A step id is unique in its run: `<name>#<ordinal>`, or the author's own, which may be given once.
 * 2. Every note leaves exactly once, with the next command or in the closing memo, in the order they were made.
 */
import { ApplicationFailure } from '@temporalio/workflow';
import type { MissionDefinition } from './definition.ts';
import type { StepNote } from './wire.ts';

export class RunState {
  readonly definition: MissionDefinition;
  readonly #ordinals = new Map<string, number>();
  readonly #ids = new Set<string>();
  #notes: StepNote[] = [];

  constructor(definition: MissionDefinition) {
    this.definition = definition;
  }

  /** @throws ApplicationFailure `DuplicateStepId` when the author's id was given before. */
  nextStepId(name: string, given?: string): string {
    const id = given ?? this.#numbered(name);
    if (this.#ids.has(id)) {
      throw ApplicationFailure.nonRetryable(`The step id "${id}" is used twice in this run.`, 'DuplicateStepId');
    }
    this.#ids.add(id);
    return id;
  }

  #numbered(name: string): string {
    const ordinal = (this.#ordinals.get(name) ?? 0) + 1;
    this.#ordinals.set(name, ordinal);
    return `${name}#${ordinal}`;
  }

  addNote(note: StepNote): void {
    this.#notes.push(note);
  }

  /** The notes made since the last command, as a member to spread into what carries them. */
  takeNotes(): { readonly notes?: readonly StepNote[] } {
    if (this.#notes.length === 0) return {};
    const notes = this.#notes;
    this.#notes = [];
    return { notes };
  }
}
