import { NO_RULES } from '../compare/compare-rules.ts';
import { diffJson } from '../compare/diff-json.ts';
import type { Difference } from '../compare/difference.ts';
import type { StepCommand } from '../compare/outcome.ts';
import type { StepNote } from '../mission/wire.ts';
import type { Json } from '../shared/json.ts';
import { type CommandView, noteCommand, toStepCommand } from './command-view.ts';
import type { RuleBook } from './rule-book.ts';

/** How two views of the same command differ: the part that a person should look at first. */
export interface ViewDifference {
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
  const options = diffJson(baseline.options, candidate.options).map((one) => under('/options', one));
  const effect = diffJson(baseline.effect ?? null, candidate.effect ?? null).map((one) => under('/effect', one));
  const differences = [...request, ...options, ...effect];
  if (differences.length === 0) return undefined;
  return { step: candidate.step, baseline: toStepCommand(baseline), candidate: toStepCommand(candidate), differences };
}

function under(prefix: string, difference: Difference): Difference {
  const from = difference.from === undefined ? {} : { from: prefix + difference.from };
  return { ...difference, pointer: prefix + difference.pointer, ...from };
}

function diffNotes(baseline: readonly StepNote[], candidate: readonly StepNote[]): ViewDifference | undefined {
  const length = Math.max(baseline.length, candidate.length);
  for (let index = 0; index < length; index += 1) {
    const found = diffNote(baseline[index], candidate[index]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function diffNote(baseline: StepNote | undefined, candidate: StepNote | undefined): ViewDifference | undefined {
  const [before, after] = [baseline && noteCommand(baseline), candidate && noteCommand(candidate)];
  const differences = diffJson(comparable(before), comparable(after), NO_RULES);
  if (differences.length === 0) return undefined;
  return { step: (after ?? before)?.step ?? '', baseline: before ?? null, candidate: after ?? null, differences };
}

/** A note of another step is another note, whatever it says. */
function comparable(command: StepCommand | undefined): Json {
  if (command === undefined) return null;
  return { step: command.step, ...(command.request as Record<string, Json>) };
}
