/** The candidate's own way through a recording, as reports show it. */
import type { ReplayedStep } from '../compare/outcome.ts';
import { outcomeOf } from './answer-outcome.ts';
import { type CommandView, noteCommand } from './command-view.ts';
import type { Continuation } from './continuation.ts';
import type { RecordedCommands } from './recorded-commands.ts';

/** Every command of the candidate, in order. */
export function candidateViews(way: Continuation): CommandView[] {
  return [...way.prefix, ...way.steps].map(({ view }) => view);
}

/** Every step, notes as steps of their own, in the order in which they were taken. */
export function replayedSteps(way: Continuation, commands: RecordedCommands): ReplayedStep[] {
  const prefix = way.prefix.flatMap(({ view, pair }) => {
    const answer = commands.byEvent.get(pair.event)?.events.at(-1)?.event;
    const outcome = (answer && outcomeOf(answer)) ?? { status: 'completed' as const, result: null };
    return [...notesOf(view), { ...shown(view), ...outcome, evidence: 'exact' as const }];
  });
  const simulated = way.steps.flatMap(({ view, grade, status, result, failure }) => [
    ...notesOf(view),
    { ...shown(view), status, result, evidence: grade, ...(failure === undefined ? {} : { failure }) },
  ]);
  return [...prefix, ...simulated];
}

function shown({ step, kind, name, request }: CommandView): Pick<ReplayedStep, 'id' | 'kind' | 'name' | 'request'> {
  return { id: step, kind, name, request };
}

function notesOf({ notes }: CommandView): ReplayedStep[] {
  return notes.map((note) => {
    const { step, kind, name } = noteCommand(note);
    return {
      id: step,
      kind,
      name,
      request: note.input ?? null,
      result: note.result,
      status: 'completed',
      evidence: 'exact',
    };
  });
}
