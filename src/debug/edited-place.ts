/** Which of a recording's events an edit may change, and why another may not. */
import { idOf } from '../replay/lockstep/event-facts.ts';
import { EventType, type History, type HistoryEvent } from '../replay/proto.ts';
import { MissionError } from '../shared/errors.ts';
import { answeredStep, answeringEvent, type Edit, editEvent, START_TARGET } from './edit.ts';
import { inLink, nameInLink } from './place.ts';

/** What an edit is of, before it says anything. */
export type EditedPlace = Pick<Edit, 'target' | 'link'>;

/** Events that an error names; a history may have thousands. */
const NAMED_MAX = 12;

/**
 * What an event stands for: a step where it answers one, the input where it starts the run, else a signal or an update.
 *
 * @param link the one that was named, and the one where the debugger stands
 * @throws MissionError `USAGE` when there is no such event, or when it tells the run nothing that could be another
 */
export function placeOfEvent(
  histories: readonly History[],
  id: number,
  { named, here }: { readonly named: number | undefined; readonly here: number },
): EditedPlace {
  const found = histories.flatMap(({ events }, link) =>
    (events ?? []).filter((event) => idOf(event) === id).map((event) => ({ event, link })),
  );
  const place = inLink(found, named, here);
  if (place === undefined) throw noSuchEvent(histories, nameInLink(`event:${id}`, named ?? 0));
  const { event, link } = place;
  if (!isEditable(event, link)) throw notEditable(histories, event, link);
  const step = answeredStep(histories, event);
  if (step !== undefined) return { target: step, link };
  return { target: event.workflowExecutionStartedEventAttributes ? START_TARGET : `event:${id}`, link };
}

/** @throws MissionError `USAGE` for an edit of what was recorded and cannot be told so: it would change nothing. */
export function refuseWithoutEffect(histories: readonly History[], edit: Edit): void {
  const event = answeringEvent(histories, edit);
  if (event === undefined || editEvent(event, edit.answer) !== undefined) return;
  if (!isEditable(event, edit.link)) throw notEditable(histories, event, edit.link);
  const target = nameInLink(edit.target, edit.link);
  throw new MissionError('USAGE', `${target} comes from outside (${typeOf(event)}): it cannot fail.`, {
    remedy: 'Give what it is to say, as JSON.',
    details: { target },
  });
}

/** What a later link starts with is what the link before it continued with: that is computed. */
function isEditable(event: HistoryEvent, link: number): boolean {
  if (event.workflowExecutionStartedEventAttributes && link > 0) return false;
  return editEvent(event, { result: {} }) !== undefined;
}

function notEditable(histories: readonly History[], event: HistoryEvent, link: number): MissionError {
  const target = nameInLink(`event:${idOf(event)}`, link);
  return new MissionError('USAGE', `${target} is ${typeOf(event)}: there is nothing in it to edit.`, {
    remedy: whatCanBe(histories, link),
    details: { target },
  });
}

function noSuchEvent(histories: readonly History[], target: string): MissionError {
  const counts = histories.map(({ events }) => events?.length ?? 0).join(' and ');
  return new MissionError('USAGE', `There is no ${target}: the recording has ${counts} events.`, {
    remedy: whatCanBe(histories, 0),
    details: { target },
  });
}

function whatCanBe(histories: readonly History[], link: number): string {
  const editable = (histories[link]?.events ?? []).filter((event) => isEditable(event, link));
  const shown = editable.slice(0, NAMED_MAX);
  const named = shown.map(
    (event) => `${nameInLink(`event:${idOf(event)}`, link)} (${wordsOf(histories, event, link)})`,
  );
  const more = editable.length > shown.length ? ` and ${editable.length - shown.length} more` : '';
  return `Edit a step by its name, the input, or one of these: ${named.join(', ')}${more}.`;
}

function wordsOf(histories: readonly History[], event: HistoryEvent, link: number): string {
  const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
  const step = answeredStep(histories, event);
  if (step !== undefined) return `the answer of ${nameInLink(step, link)}`;
  return signal ? `signal ${signal}` : typeOf(event);
}

/** As Temporal calls it: `ActivityTaskScheduled`. */
function typeOf({ eventType }: HistoryEvent): string {
  const name = EventType[eventType ?? 0] ?? 'EVENT_TYPE_UNKNOWN';
  const words = name
    .replace(/^EVENT_TYPE_/, '')
    .toLowerCase()
    .split('_');
  return words.map((word) => word.replace(/^./, (first) => first.toUpperCase())).join('');
}
