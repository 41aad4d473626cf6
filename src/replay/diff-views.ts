import { NO_RULES } from '../compare/compare-rules.ts';
import { diffJson } from '../compare/diff-json.ts';
import type { Difference } from '../compare/difference.ts';
import type { Divergence, StepCommand } from '../compare/outcome.ts';
import type { StepNote } from '../mission/wire.ts';
import type { Json } from '../shared/json.ts';
import { type CommandView, noteCommand, toStepCommand } from './command-view.ts';
import type { RuleBook } from './rule-book.ts';
import { asRecorded } from './server-terms.ts';

/** How two views of the same command differ: the part that a person should look at first. */
export interface ViewDifference {
  /** `request`, unless notes stand in other places: then what became of the first of them. */
  readonly kind: Exclude<Divergence['kind'], 'end'>;
  readonly step: string;
  readonly baseline: StepCommand | null;
  readonly candidate: StepCommand | null;
  readonly differences: readonly Difference[];
}

/** `undefined` when they are the same. Notes come first: a rule that came out differently is why the rest did. */
export function diffViews(baseline: CommandView, candidate: CommandView, rules: RuleBook): ViewDifference | undefined {
  return diffNotes(baseline.notes, candidate.notes) ?? diffRequests(baseline, candidate, rules);
}

function diffRequests(baseline: CommandView, candidate: CommandView, rules: RuleBook): ViewDifference | undefined {
  const request = diffJson(baseline.request, candidate.request, rules.rulesFor(candidate));
  const options = diffJson(baseline.options, asRecorded(candidate.options, baseline.options)).map((one) =>
    under('/options', one),
  );
  const effect = diffJson(baseline.effect ?? null, candidate.effect ?? null).map((one) => under('/effect', one));
  const differences = [...request, ...options, ...effect];
  if (differences.length === 0) return undefined;
  const { step } = candidate;
  return { kind: 'request', step, baseline: toStepCommand(baseline), candidate: toStepCommand(candidate), differences };
}

function under(prefix: string, difference: Difference): Difference {
  const from = difference.from === undefined ? {} : { from: prefix + difference.from };
  return { ...difference, pointer: prefix + difference.pointer, ...from };
}

type Notes = readonly StepNote[];

function diffNotes(baseline: Notes, candidate: Notes): ViewDifference | undefined {
  const length = Math.max(baseline.length, candidate.length);
  for (let index = 0; index < length; index += 1) {
    const [before, after] = [baseline[index], candidate[index]];
    const differences = diffJson(comparable(before), comparable(after), NO_RULES);
    if (differences.length === 0) continue;
    const kind = kindOfNotes(before, after, baseline, candidate);
    const [left, right] = [before && noteCommand(before), after && noteCommand(after)];
    const first = kind === 'missing' ? (left ?? right) : (right ?? left);
    return { kind, step: first?.step ?? '', baseline: left ?? null, candidate: right ?? null, differences };
  }
  return undefined;
}

function kindOfNotes(
  before: StepNote | undefined,
  after: StepNote | undefined,
  baseline: Notes,
  candidate: Notes,
): ViewDifference['kind'] {
  if (before?.step === after?.step) return 'request';
  const kept = before !== undefined && candidate.some((note) => note.step === before.step);
  const known = after !== undefined && baseline.some((note) => note.step === after.step);
  if (kept && known) return 'order';
  if (after === undefined || known) return 'missing';
  return before === undefined || kept ? 'extra' : 'replaced';
}

/** A note of another step is another note, whatever it says. */
function comparable(note: StepNote | undefined): Json {
  if (note === undefined) return null;
  return { step: note.step, ...(noteCommand(note).request as Record<string, Json>) };
}
