/**
 * What a recording can answer.
 *
 * Owns: finding the recorded answer to a candidate's request, by grade.
 * Invariants
 * 1. `exact`: the very request was recorded. `volatile`: but for fields declared not to matter. `stale`: the same step with
 *    another request. `none`: nothing of the kind. An answer of a better grade is always preferred.
 * 2. Among equal grades the first unused answer is taken, in recorded order; a used exact answer may answer again only if
 *    asking again changes nothing (reads, models, and what the policy declares to be a read), so that a second write is never taken
 *    for the first.
 * 3. A request that was recorded and never answered (the run ended first) is exact too: it stays open. It is taken only
 *    when no answer of its grade is left.
 * 4. What the recording knows as a write is one, whatever the candidate declares.
 */
import { diffJson } from '../compare/diff-json.ts';
import { toolPlace } from '../compare/forgiven.ts';
import type { EvidenceGrade, StepCommand } from '../compare/outcome.ts';
import { canonicalJson } from '../shared/json.ts';
import type { CommandView } from './command-view.ts';
import { type DeclaredReads, NO_READS } from './declared-reads.ts';
import type { HistoryEvent } from './proto.ts';
import type { RuleBook } from './rule-book.ts';

/** One recorded step with its answer. */
export interface RecordedAnswer {
  readonly view: CommandView;
  /** The events that answered it, in order: an activity has one, a child two (started, ended). */
  readonly events: readonly { readonly event: HistoryEvent; readonly latencyMs: number }[];
  used: boolean;
}

export interface FoundAnswer {
  readonly grade: Extract<EvidenceGrade, 'exact' | 'volatile' | 'stale' | 'none'>;
  readonly answer: RecordedAnswer | undefined;
  /** Whether the recorded run has a write of this name. */
  readonly knownAsWrite: boolean;
}

export class Evidence {
  readonly #answers: readonly RecordedAnswer[];
  readonly #rules: RuleBook;
  readonly #reads: DeclaredReads;
  readonly #forgiven: Set<string>;
  readonly #keys = new Map<RecordedAnswer, { readonly exact: string; readonly volatile: string }>();

  /** @param forgiven gets the places of volatile fields that differ where an answer was found but for these */
  constructor(
    answers: readonly RecordedAnswer[],
    rules: RuleBook,
    reads: DeclaredReads = NO_READS,
    forgiven = new Set<string>(),
  ) {
    this.#answers = answers;
    this.#rules = rules;
    this.#reads = reads;
    this.#forgiven = forgiven;
  }

  find(view: CommandView): FoundAnswer {
    const same = this.#answers.filter((answer) => sameKind(answer.view, view));
    const knownAsWrite = same.some((answer) => answer.view.effect === 'write');
    const repeats = !knownAsWrite && (mayRepeat(view) || this.#reads.has(view));
    const wanted = this.#keysOf(view);
    const exact = pick(same, (answer) => this.#keysOfAnswer(answer).exact === wanted.exact, repeats);
    if (exact) return { grade: 'exact', answer: exact, knownAsWrite };
    const volatile = pick(same, (answer) => this.#keysOfAnswer(answer).volatile === wanted.volatile, repeats);
    if (volatile) {
      this.#noteForgiven(volatile.view, view);
      return { grade: 'volatile', answer: volatile, knownAsWrite };
    }
    const stale = pickStale(same, view);
    return { grade: stale ? 'stale' : 'none', answer: stale, knownAsWrite };
  }

  #noteForgiven(recorded: CommandView, { name, request }: CommandView): void {
    for (const { pointer } of diffJson(recorded.request, request)) this.#forgiven.add(toolPlace(name, pointer));
  }

  #keysOfAnswer(answer: RecordedAnswer) {
    let keys = this.#keys.get(answer);
    if (keys === undefined) {
      keys = this.#keysOf(answer.view);
      this.#keys.set(answer, keys);
    }
    return keys;
  }

  #keysOf(view: CommandView): { readonly exact: string; readonly volatile: string } {
    return { exact: canonicalJson(view.request), volatile: canonicalJson(this.#rules.withoutVolatile(view)) };
  }
}

function sameKind(recorded: StepCommand, wanted: StepCommand): boolean {
  return recorded.kind === wanted.kind && recorded.name === wanted.name;
}

function mayRepeat(view: CommandView): boolean {
  return view.kind === 'model' || (view.kind === 'tool' && view.effect === 'read');
}

function pick(
  answers: readonly RecordedAnswer[],
  fits: (answer: RecordedAnswer) => boolean,
  mayRepeat: boolean,
): RecordedAnswer | undefined {
  const fitting = answers.filter(fits);
  const answered = fitting.filter(isAnswered);
  return (
    answered.find((answer) => !answer.used) ??
    (mayRepeat ? answered[0] : undefined) ??
    fitting.find((answer) => !answer.used)
  );
}

/** The same step's answer, else the first that nobody had. In a chain, every link has steps of the same ids. */
function pickStale(answers: readonly RecordedAnswer[], { step }: CommandView): RecordedAnswer | undefined {
  const answered = answers.filter(isAnswered);
  const ofStep = answered.filter((answer) => answer.view.step === step);
  return ofStep.find((answer) => !answer.used) ?? ofStep[0] ?? answered.find((answer) => !answer.used);
}

function isAnswered({ events }: RecordedAnswer): boolean {
  return events.length > 0;
}
