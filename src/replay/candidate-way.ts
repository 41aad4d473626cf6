/** The candidate's own way through a recording, as reports show it. */
import type { Effect, ReplayedStep } from '../compare/outcome.ts';
import { outcomeOf } from './answer-outcome.ts';
import { type CommandView, noteCommand } from './command-view.ts';
import type { Continuation } from './continuation.ts';
import type { RecordedCommands } from './recorded-commands.ts';
import type { RuleBook } from './rule-book.ts';

function effectsIn(views: readonly CommandView[]): Effect[] {
  return views
    .filter((view) => view.kind === 'tool' && view.effect === 'write')
    .map(({ step, name, request }) => ({ step, tool: name, request }));
}

export function recordedEffects(views: readonly CommandView[]): Effect[] {
  return effectsIn(views);
}

export function candidateEffects(way: Continuation): Effect[] {
  return effectsIn([...way.prefix.map(({ view }) => view), ...way.steps.map(({ view }) => view)]);
}

/** What changes from ask to ask does not make two writes different. */
export function withoutVolatile(effects: readonly Effect[], rules: RuleBook): Effect[] {
  return effects.map((effect) => {
    const { tool: name, request } = effect;
    return { ...effect, request: rules.withoutVolatile({ kind: 'tool', name, request }) };
  });
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
