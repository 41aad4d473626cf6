import { forgivenPointers, outputPlace, toolPlace } from '../compare/forgiven.ts';
import { type CommandView, StepNamer } from './command-view.ts';
import { diffViews } from './diff-views.ts';
import type { CommandCheck } from './lockstep/command-queue.ts';
import { isUnrecordedLocal } from './lockstep/event-facts.ts';
import { Mismatch } from './lockstep/mismatch.ts';
import type { Command, HistoryEvent } from './proto.ts';
import type { RuleBook } from './rule-book.ts';
import { carrySameBytes } from './same-bytes.ts';
import { viewOfCommand } from './view-of-command.ts';
import { viewOfEvent } from './view-of-event.ts';

export interface MatchedPair {
  readonly command: Command;
  readonly event: HistoryEvent;
}

/**
 * A check that compares every payload, and keeps the pairs that it let pass.
 *
 * @param forgiven - gets the places where a compare rule let a difference pass
 */
export function checkPayloads(rules: RuleBook, matched: MatchedPair[], forgiven?: Set<string>): CommandCheck {
  return ({ command, cancels }, event) => {
    if (cancels === undefined) compare(command, event, rules, forgiven);
    else if (!cancels.isCancelledBy(event)) {
      throw new Mismatch('replaced', 'another step is cancelled here', command, event);
    }
    matched.push({ command, event });
  };
}

/** A check that compares nothing more than Temporal does. */
export const checkNothing: CommandCheck = () => undefined;

/** @throws Mismatch */
function compare(command: Command, event: HistoryEvent, rules: RuleBook, forgiven: Set<string> | undefined): void {
  if (carrySameBytes(command, event) || isUnrecordedLocal(event)) return;
  const [recorded, issued] = [viewOfEvent(event, new StepNamer()), viewOfCommand(command, new StepNamer())];
  const another = recorded === undefined || issued === undefined || isAnotherStep(recorded, issued);
  if (another || answersAnotherUpdate(command, event)) {
    throw new Mismatch('replaced', 'another step stands here', command, event);
  }
  if (diffViews(recorded, issued, rules) !== undefined) {
    throw new Mismatch('different', 'the same command with another request', command, event);
  }
  if (forgiven !== undefined) noteForgiven(recorded, issued, rules, forgiven);
}

/** Bytes that differ though the views do not: object keys in another order, or a compare rule. */
function noteForgiven(recorded: CommandView, issued: CommandView, rules: RuleBook, forgiven: Set<string>): void {
  for (const pointer of forgivenPointers(recorded.request, issued.request, rules.rulesFor(issued))) {
    forgiven.add(issued.kind === 'tool' ? toolPlace(issued.name, pointer) : outputPlace(pointer));
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
