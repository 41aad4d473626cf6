import { type CommandView, StepNamer } from './command-view.ts';
import { diffViews } from './diff-views.ts';
import type { CommandCheck } from './lockstep/command-queue.ts';
import { isLocalActivityMarker } from './lockstep/event-facts.ts';
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
    if (command !== undefined) compare(command, event, rules);
    matched.push({ command, event });
  };
}

/** A check that compares nothing more than Temporal does. */
export const checkNothing: CommandCheck = () => undefined;

/** @throws Mismatch */
function compare(command: Command, event: HistoryEvent, rules: RuleBook): void {
  if (carrySameBytes(command, event) || isUnrecordedLocal(event)) return;
  const [recorded, issued] = [viewOfEvent(event, new StepNamer()), viewOfCommand(command, new StepNamer())];
  const another = recorded === undefined || issued === undefined || isAnotherStep(recorded, issued);
  if (another || answersAnotherUpdate(command, event)) {
    throw new Mismatch('replaced', 'another step stands here', command, event);
  }
  if (diffViews(recorded, issued, rules) !== undefined) {
    throw new Mismatch('different', 'the same command with another request', command, event);
  }
}

/** Commands that Temporal tells apart by less than their authors do: questions are memo entries, signals have no id. */
function isAnotherStep(recorded: CommandView, issued: CommandView): boolean {
  if (recorded.kind !== issued.kind) return true;
  return (
    (issued.kind === 'decision' && recorded.step !== issued.step) ||
    (issued.kind === 'signal' && recorded.name !== issued.name)
  );
}

function answersAnotherUpdate({ updateResponse }: Command, event: HistoryEvent): boolean {
  const recorded =
    event.workflowExecutionUpdateAcceptedEventAttributes?.protocolInstanceId ??
    event.workflowExecutionUpdateCompletedEventAttributes?.meta?.updateId;
  return Boolean(recorded && updateResponse && updateResponse.protocolInstanceId !== recorded);
}

/** Temporal does not record what a local activity was asked, unless it was told to. */
function isUnrecordedLocal(event: HistoryEvent): boolean {
  return isLocalActivityMarker(event) && !event.markerRecordedEventAttributes?.details?.['input'];
}
