/** One statement of a policy, as the reader understood it. */
import type { Condition } from './condition.ts';
import type { Decision } from './verdict-words.ts';

export interface Statement {
  /** Place in the instructions, from 0: later ones override earlier ones. */
  readonly index: number;
  /** As the author wrote it, in one line. */
  readonly quote: string;
  /** `always`, `never`, `regardless`. */
  readonly strong: boolean;
  /** Not said but meant: `do not approve unless …` lets pass what its exception names. Weaker than any default. */
  readonly implied: boolean;
  readonly when: Condition | undefined;
  readonly unless: Condition | undefined;
  /** What it overrides expressly: `even after the return window`. */
  readonly despite: ReadonlySet<string>;
  readonly decision: Decision | undefined;
  /** Words of what it assigns: labels of an answer are looked for in them. */
  readonly target: readonly string[];
  /** What happens when nothing else applies, or when that is not clear. */
  readonly fallback: 'otherwise' | 'unsure' | undefined;
  /** `Treat a missing part as damaged`: the concepts that its condition adds to the facts. */
  readonly alias: ReadonlySet<string>;
}

/** What the wanted answer can hold: needed to tell `set priority to high` from a condition about a priority. */
export interface Vocabulary {
  /** Possible labels, as lists of words. */
  readonly labels: readonly (readonly string[])[];
  /** Names of fields that are true or false, as lists of words. */
  readonly flags: readonly (readonly string[])[];
  /** Words of the names of the answer's fields. */
  readonly fields: ReadonlySet<string>;
}
