/** What a candidate did in all: the commands of the lockstep, those of the simulation after it, and how it ended. */
import type { ReplayResult } from '../compare/outcome.ts';
import { argumentsToJson, payloadToJson } from '../recording/payloads.ts';
import { runFailure } from '../recording/run-end.ts';
import type { RunEnd } from '../recording/trace.ts';
import type { MatchedPair } from './command-check.ts';
import { type CommandView, StepNamer } from './command-view.ts';
import type { Departure } from './departure.ts';
import { isBeyond } from './open-runs.ts';
import type { Command } from './proto.ts';
import type { RecordedCommands } from './recorded-commands.ts';
import { simulateChain } from './simulated-chain.ts';
import type { SimulatedStep } from './simulated-steps.ts';
import type { SimulationEnd } from './simulation-end.ts';
import { viewOfCommand } from './view-of-command.ts';

/** A command of the lockstep with its view under the candidate's numbering. */
export interface PrefixStep {
  readonly pair: MatchedPair;
  readonly view: CommandView;
}

export interface Continuation {
  readonly prefix: readonly PrefixStep[];
  readonly steps: readonly SimulatedStep[];
  /** `null` when it came to no end. */
  readonly end: RunEnd | null;
  readonly unanswered?: NonNullable<ReplayResult['unanswered']>;
  readonly failure?: NonNullable<ReplayResult['failure']>;
}

export async function continueAfter(departure: Departure, commands: RecordedCommands): Promise<Continuation> {
  const namer = new StepNamer();
  const prefix = readPrefix(departure.matched, namer);
  const { lockstep } = departure;
  if (lockstep.end.kind === 'failed' || lockstep.run === undefined) return { prefix, steps: [], end: null };
  for (const { pair } of prefix) {
    const answer = commands.byEvent.get(pair.event);
    if (answer !== undefined) answer.used = true;
  }
  const asked = prefix.flatMap(({ pair, view }) => (view.kind === 'decision' ? [pair.event] : []));
  const { ending, endedMs, steps } = await simulateChain(departure, commands, namer, lockstep.run, asked);
  if (ending.kind !== 'failed' && isBeyond(departure.input, endedMs)) return { prefix, steps, end: { status: 'open' } };
  return { prefix, steps, ...conclude(ending, departure) };
}

/** What was followed as recorded. */
export function readPrefix(matched: readonly MatchedPair[], namer: StepNamer): PrefixStep[] {
  return matched.flatMap((pair) => {
    const view = viewOfCommand(pair.command, namer);
    return view === undefined ? [] : [{ pair, view }];
  });
}

function conclude(ending: SimulationEnd, { input }: Departure): Omit<Continuation, 'prefix' | 'steps'> {
  switch (ending.kind) {
    case 'ended':
      return { end: endOf(ending.command) };
    case 'stopped-from-outside':
      return { end: { status: ending.status } };
    case 'failed': {
      const { kind: _, ...failure } = ending;
      return { end: null, failure };
    }
    case 'unanswered': {
      const { step, reason, remedy } = ending;
      return { end: null, unanswered: { step: step.step, kind: step.kind, reason, remedy } };
    }
    default:
      if (input.end.status === 'open') return { end: { status: 'open' } };
      return { end: null, unanswered: stuckAt(ending.waitingFor) };
  }
}

function stuckAt(waitingFor: string): NonNullable<ReplayResult['unanswered']> {
  const reason = `it waits for ${waitingFor}`;
  return {
    step: waitingFor,
    kind: 'wait',
    reason,
    remedy: 'The recording cannot say what would happen next; look at the trace.',
  };
}

/** How a command ends its run. */
export function endOf(command: Command): RunEnd {
  const { completeWorkflowExecution: completed, failWorkflowExecution: failed } = command;
  if (completed) return { status: 'completed', result: payloadToJson(completed.result) };
  if (failed) return { status: 'failed', failure: runFailure(failed.failure) };
  const continued = command.continueAsNewWorkflowExecution;
  if (!continued) return { status: 'cancelled' };
  const input = argumentsToJson({ payloads: continued.arguments ?? [] });
  return { status: 'continued-as-new', handedOn: { workflowType: continued.workflowType ?? '', input } };
}
