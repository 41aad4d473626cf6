/** The first command that differs, in words that a person can act on. */
import type { Divergence, StepCommand } from '../compare/outcome.ts';
import { type CommandView, noteCommand, StepNamer, toStepCommand } from './command-view.ts';
import type { Continuation } from './continuation.ts';
import type { Departure } from './departure.ts';
import { diffViews } from './diff-views.ts';
import type { Mismatch } from './lockstep/mismatch.ts';
import type { RecordedCommands } from './recorded-commands.ts';
import { viewOfCommand } from './view-of-command.ts';

export function describeDivergence(
  departure: Departure,
  commands: RecordedCommands,
  way: Continuation,
): Divergence | null {
  const { end } = departure.lockstep;
  if (end.kind !== 'mismatch') return null;
  const index = way.prefix.length;
  const recorded = recordedAt(end.mismatch, commands, index);
  const issued = issuedAt(end.mismatch, way);
  if (end.mismatch.kind === 'different' && recorded !== undefined && issued !== undefined) {
    return differentRequest(recorded, issued, departure, index);
  }
  const [baseline, candidate] = [reasonOf(recorded), reasonOf(issued)];
  const kind = kindOf(recorded, issued, commands, way);
  const step = (kind === 'missing' ? baseline : (candidate ?? baseline))?.step ?? '';
  return { kind, step, index, baseline, candidate, differences: [] };
}

function recordedAt({ event, kind }: Mismatch, commands: RecordedCommands, index: number): CommandView | undefined {
  const of = event && commands.byEvent.get(event)?.view;
  return of ?? (kind === 'extra' ? undefined : commands.views[index]);
}

function issuedAt({ command }: Mismatch, way: Continuation): CommandView | undefined {
  if (command === undefined) return undefined;
  return way.steps.find((step) => step.command === command)?.view ?? viewOfCommand(command, new StepNamer());
}

function differentRequest(
  recorded: CommandView,
  issued: CommandView,
  { rules }: Departure,
  index: number,
): Divergence | null {
  const found = diffViews(recorded, issued, rules);
  if (found === undefined) return null;
  return { ...found, index, kind: issued.kind === 'end' ? 'end' : found.kind };
}

/** The step; of the memo entry that only carries the last notes of a run, the first note. */
function reasonOf(view: CommandView | undefined): StepCommand | null {
  if (view === undefined) return null;
  const [note] = view.notes;
  const carries = view.kind === 'memo' && Object.keys(view.request as object).length === 0;
  return carries && note !== undefined ? noteCommand(note) : toStepCommand(view);
}

/** Whether a step was left out, added, moved or replaced: by whether the two steps stand elsewhere on the other side. */
function kindOf(
  recorded: CommandView | undefined,
  issued: CommandView | undefined,
  commands: RecordedCommands,
  way: Continuation,
): Divergence['kind'] {
  if (issued === undefined) return 'missing';
  if (recorded === undefined) return 'extra';
  if (issued.kind === 'end') return recorded.kind === 'end' ? 'end' : 'missing';
  if (recorded.kind === 'end') return 'extra';
  const later = way.steps.map(({ view }) => view);
  const recordedComes = later.some((view) => isSameStep(view, recorded));
  const issuedCame = commands.views.slice(way.prefix.length).some((view) => isSameStep(view, issued));
  if (recordedComes) return issuedCame ? 'order' : 'extra';
  if (issuedCame) return 'missing';
  // Where nobody could answer, the recorded step may still have come.
  return way.unanswered === undefined ? 'replaced' : 'extra';
}

function isSameStep(left: CommandView, right: CommandView): boolean {
  return left.kind === right.kind && left.step === right.step;
}
