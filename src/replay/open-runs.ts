/**
 * Runs that are still open: how far their recording says anything.
 *
 * 1. Up to the last workflow task that was completed, what the run asked for is known: a command more or less is a difference.
 * 2. What a candidate asks for after that is neither right nor wrong. It is told, and not compared.
 * 3. The run goes on under the code that is deployed. Where Temporal would refuse to go on, the candidate fails it.
 */
import type { Difference } from '../compare/difference.ts';
import type { Determinism, ReplayResult, StepCommand } from '../compare/outcome.ts';
import { StepNamer, toStepCommand } from './command-view.ts';
import type { Continuation } from './continuation.ts';
import type { DeclaredReads } from './declared-reads.ts';
import type { Departure, ReplayInput } from './departure.ts';
import { effectsIn } from './effects.ts';
import { EventType, type History, toMs, toNumber } from './proto.ts';
import { viewOfCommand } from './view-of-command.ts';

export function isOpen({ end }: ReplayInput): boolean {
  return end.status === 'open';
}

/** The steps that a candidate took after it had done all that was recorded. */
export function stepsBeyond({ input, lockstep, matched }: Departure): readonly StepCommand[] {
  const { queue } = lockstep.driver;
  if (!isOpen(input) || queue.length === 0) return [];
  const namer = new StepNamer();
  for (const { command } of matched) viewOfCommand(command, namer);
  return queue.flatMap(({ command }) => {
    const view = viewOfCommand(command, namer);
    return view === undefined || view.kind === 'patch' ? [] : [toStepCommand(view)];
  });
}

/** Whether a candidate that left the recorded way had come further in time than the recording says anything. */
export function isBeyond(input: ReplayInput, timeMs: number): boolean {
  return isOpen(input) && timeMs > lastAnsweredMs(input.histories.at(-1));
}

/** Effect differences without the writes that a candidate would make in addition after the recording says anything. */
export function withoutBeyond(
  differences: readonly Difference[],
  input: ReplayInput,
  { prefix, steps }: Continuation,
  reads: DeclaredReads,
): readonly Difference[] {
  if (!isOpen(input)) return differences;
  const known = steps.filter(({ askedMs }) => !isBeyond(input, askedMs));
  const count = effectsIn(
    [...prefix, ...known].map(({ view }) => view),
    reads,
  ).length;
  const isAfter = (pointer: string) => /^\/\d+$/.test(pointer) && Number(pointer.slice(1)) >= count;
  return differences.filter(({ kind, pointer }) => kind !== 'added' || !isAfter(pointer));
}

/** When the last workflow task began that the run completed. */
function lastAnsweredMs(history: History | undefined): number {
  const events = history?.events ?? [];
  const completed = events.findLast(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  const startedId = toNumber(completed?.workflowTaskCompletedEventAttributes?.startedEventId);
  return startedId === 0 ? Number.NEGATIVE_INFINITY : toMs(events[startedId - 1]?.eventTime);
}

/** Why the run could not go on under the candidate, if it could not. */
export function refusedInFlight(input: ReplayInput, determinism: Determinism): ReplayResult['failure'] {
  if (!isOpen(input) || determinism.deterministic) return undefined;
  return {
    message: `this run is open and could not go on, as Temporal would find nondeterminism: ${determinism.reason}`,
  };
}
