/**
 * Histories → trace.
 *
 * 1. A step stands where the event that began it stands; the notes that travelled with it stand just before it.
 * 2. Step ids are unique in the run. An id that an earlier link used already gets `/<number of the link>`: `judge#1/2`.
 * 3. Nothing is looked up but the histories: the same histories give the same trace.
 */
import { eventTimeMs } from './history-events.ts';
import { type DraftStep, LinkTrace } from './link-trace.ts';
import type { History } from './recording.ts';
import type { Trace } from './trace.ts';
import { traceCommand } from './trace-commands.ts';
import { MessageTrace } from './trace-messages.ts';

/** The reasoning trace of a run, from the histories of its continue-as-new chain in order. */
export function deriveTrace(histories: readonly History[]): Trace {
  const first = histories[0]?.events?.[0];
  const runStartMs = first === undefined ? 0 : eventTimeMs(first);
  return { steps: withUniqueIds(histories.flatMap((history, link) => stepsOfLink(history, link, runStartMs))) };
}

function stepsOfLink(history: History, link: number, runStartMs: number): readonly DraftStep[] {
  const trace = new LinkTrace(link, runStartMs);
  const messages = new MessageTrace(trace);
  for (const event of history.events ?? []) {
    traceCommand(trace, event);
    messages.take(event);
  }
  return trace.close(history.events?.at(-1));
}

function withUniqueIds(steps: readonly DraftStep[]): readonly DraftStep[] {
  const seen = new Set<string>();
  for (const step of steps) {
    const base = step.link === 0 ? step.id : `${step.id}/${step.link + 1}`;
    if (seen.has(step.id)) step.id = base;
    for (let again = 2; seen.has(step.id); again += 1) step.id = `${base}~${again}`;
    seen.add(step.id);
  }
  return steps;
}
