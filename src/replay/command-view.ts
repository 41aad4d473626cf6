/**
 * Commands in the form in which they are compared and shown: what a run asks of the world, whether it stands in a history
 * as an event or was just issued by a candidate.
 */
import type { StepCommand } from '../compare/outcome.ts';
import type { StepContext, StepNote } from '../mission/wire.ts';
import type { Json, JsonObject } from '../shared/json.ts';

export interface CommandView extends StepCommand {
  /** Rules and observations that travel with it. */
  readonly notes: readonly StepNote[];
  /** Timeouts, retry policy, target: what is asked besides the request. */
  readonly options: JsonObject;
  /** Of a local activity: whether it is known what it was asked. Mostly a history does not say; then the request is `null`. */
  readonly localRequest?: 'known' | 'unknown';
}

/** The step as reports show it. */
export function toStepCommand({ step, kind, name, effect, request }: CommandView): StepCommand {
  return { step, kind, name, ...(effect === undefined ? {} : { effect }), request };
}

/** A note as a step of its own. */
export function noteCommand(note: StepNote): StepCommand {
  const kind = note.kind === 'rule' ? 'rule' : 'observation';
  const request = note.input === undefined ? { result: note.result } : { input: note.input, result: note.result };
  return { step: note.step, kind, name: note.name, request };
}

/** Gives plain Temporal commands the ids that the kit gives its steps: `<name>#<ordinal>`. */
export class StepNamer {
  readonly #ordinals = new Map<string, number>();
  readonly #begun = new Map<string, string>();

  next(name: string): string {
    const ordinal = (this.#ordinals.get(name) ?? 0) + 1;
    this.#ordinals.set(name, ordinal);
    return `${name}#${ordinal}`;
  }

  /** Keeps what a step can be cancelled by: `activity 3`. Each link of a chain has numbers of its own, and those of the last one count. */
  begin(key: string, step: string): void {
    this.#begun.set(key, step);
  }

  /** The step that was kept under this key. */
  begunAs(key: string): string | undefined {
    return this.#begun.get(key);
  }
}

/** The context of a kit step, when the second argument of an activity is one. */
export function stepContextOf(argument: Json | undefined, activityId: string): StepContext | undefined {
  if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) return undefined;
  const context = argument as unknown as StepContext;
  const ours = context.step === activityId && (context.kind === 'model' || context.kind === 'tool');
  return ours ? context : undefined;
}
