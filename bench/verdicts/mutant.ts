/** A mutant: a mission with one change, and what a person says that the change does. */

/** One text of one file replaced by another; it must be there exactly once. Paths are relative to the mission's project. */
export type Edit = readonly [file: string, find: string, replace: string];

/**
 * - `outcome`: some recorded runs end otherwise, or write otherwise. A child is a write, as everything is that nothing declares to be a read.
 * - `request`: some runs ask or note something else on the way; every end and every write is the same.
 * - `unanswered`: some runs ask for what no recording answers, so that nobody can know without running them.
 * - `none`: an equivalent refactoring; every run does what it did.
 */
export type Effect = 'outcome' | 'request' | 'unanswered' | 'none';

export interface Mutant {
  /** Unique in its mission. */
  readonly id: string;
  readonly kind: 'prompt' | 'model' | 'rule' | 'tool' | 'decision' | 'code' | 'mixed';
  readonly edits: readonly Edit[];
  /** The label, written before the replay was asked. */
  readonly changes: Effect;
  /**
   * Of an `outcome`: why runs change, one entry for each reason that some run has, worded as reports word it:
   * `prompt assess`, `rule windowDays together with code: step assess`.
   */
  readonly cause?: readonly string[];
  /** Of a `request` or `unanswered` change of code: where runs first leave the recorded way. */
  readonly step?: string;
  /** Why the label is what it is, in a sentence. */
  readonly why: string;
  /** Why a replay cannot see this change: then it is listed, and not counted as missed. */
  readonly beyond?: string;
}

/** Path → text. */
export type Sources = Readonly<Record<string, string>>;

/**
 * The sources of a mutant.
 *
 * @throws Error when a text to replace is not there exactly once.
 */
export function applyEdits(sources: Sources, { id, edits }: Pick<Mutant, 'id' | 'edits'>): Sources {
  const texts = { ...sources };
  for (const [file, find, replace] of edits) {
    const parts = (texts[file] ?? '').split(find);
    if (parts.length !== 2) {
      throw new Error(`Mutant ${id}: ${file} holds ${parts.length - 1} times, not once: ${JSON.stringify(find)}`);
    }
    texts[file] = parts.join(replace);
  }
  return texts;
}

/** An equivalent refactoring: every run does what it did. */
export function refactoring(kind: Mutant['kind'], id: string, why: string, ...edits: readonly Edit[]): Mutant {
  return { id: `refactor-${id}`, kind, edits, changes: 'none', why };
}
