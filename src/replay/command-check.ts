import { StepNamer } from './command-view.ts';
import { diffViews } from './diff-views.ts';
import { isLocalActivityMarker } from './lockstep/event-facts.ts';
import type { CommandCheck } from './lockstep/history-driver.ts';
import { Mismatch } from './lockstep/mismatch.ts';
import type { Command, HistoryEvent } from './proto.ts';
import type { RuleBook } from './rule-book.ts';
import { carrySameBytes } from './same-bytes.ts';
import { viewOfCommand } from './view-of-command.ts';
import { viewOfEvent } from './view-of-event.ts';

export interface MatchedPair {
  readonly command: Command | undefined;
  readonly event: HistoryEvent;
}

/** A check that compares every payload, and keeps the pairs that it let pass. */
export function checkPayloads(rules: RuleBook, matched: MatchedPair[]): CommandCheck {
  return ({ command }, event) => {
    if (command !== undefined && !asksTheSame(command, event, rules)) {
      throw new Mismatch('different', 'the same command with another request', command, event);
    }
    matched.push({ command, event });
  };
}

/** A check that compares nothing more than Temporal does. */
export const checkNothing: CommandCheck = () => undefined;

function asksTheSame(command: Command, event: HistoryEvent, rules: RuleBook): boolean {
  if (carrySameBytes(command, event) || isUnrecordedLocal(event)) return true;
  const [recorded, issued] = [viewOfEvent(event, new StepNamer()), viewOfCommand(command, new StepNamer())];
  return recorded !== undefined && issued !== undefined && diffViews(recorded, issued, rules) === undefined;
}

/** Temporal does not record what a local activity was asked, unless it was told to. */
function isUnrecordedLocal(event: HistoryEvent): boolean {
  return isLocalActivityMarker(event) && !event.markerRecordedEventAttributes?.details?.['input'];
}
