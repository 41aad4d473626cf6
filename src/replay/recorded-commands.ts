import { type CommandView, StepNamer } from './command-view.ts';
import type { RecordedAnswer } from './evidence.ts';
import { idOf, initiatingEventId, isLocalActivityMarker } from './lockstep/event-facts.ts';
import { isChangeVersionUpsert } from './lockstep/patch-ledger.ts';
import { type History, type HistoryEvent, toMs } from './proto.ts';
import { viewOfEvent } from './view-of-event.ts';

/** A chain of histories as its commands: what the run asked, and what it was answered. */
export interface RecordedCommands {
  readonly views: readonly CommandView[];
  readonly answers: readonly RecordedAnswer[];
  /** The answer that a command event began. Keys are events, which are compared by identity. */
  readonly byEvent: ReadonlyMap<HistoryEvent, RecordedAnswer>;
}

/** Reads a chain once: the views of its commands in order, with the answers they got. */
export function readCommands(histories: readonly History[]): RecordedCommands {
  const namer = new StepNamer();
  const views: CommandView[] = [];
  const byEvent = new Map<HistoryEvent, RecordedAnswer>();
  for (const { events } of histories) readLink(events ?? [], namer, views, byEvent);
  return { views, answers: [...byEvent.values()], byEvent };
}

function readLink(
  events: readonly HistoryEvent[],
  namer: StepNamer,
  views: CommandView[],
  byEvent: Map<HistoryEvent, RecordedAnswer>,
): void {
  const begun = new Map<number, { readonly answer: MutableAnswer; readonly event: HistoryEvent }>();
  for (const event of events) {
    const initiatedBy = initiatingEventId(event);
    const beginning = initiatedBy === undefined ? undefined : begun.get(initiatedBy);
    if (beginning !== undefined && !event.activityTaskStartedEventAttributes) {
      const latencyMs = Math.max(0, toMs(event.eventTime) - toMs(beginning.event.eventTime));
      beginning.answer.events.push({ event, latencyMs });
    }
    // Core writes that one by itself.
    const view = isChangeVersionUpsert(event) ? undefined : viewOfEvent(event, namer);
    if (view === undefined) continue;
    views.push(view);
    const answer: MutableAnswer = { view, events: [], used: false };
    if (isLocalActivityMarker(event)) answer.events.push({ event, latencyMs: 0 });
    begun.set(idOf(event), { answer, event });
    byEvent.set(event, answer);
  }
}

type MutableAnswer = RecordedAnswer & { readonly events: { event: HistoryEvent; latencyMs: number }[] };
