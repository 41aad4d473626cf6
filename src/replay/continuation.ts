/** What a candidate does after it left the lockstep, over the rest of the continue-as-new chain. */
import type { ReplayResult } from '../compare/outcome.ts';
import { payloadToJson } from '../recording/payloads.ts';
import { rootFailure } from '../recording/run-end.ts';
import type { RunEnd } from '../recording/trace.ts';
import type { MatchedPair } from './command-check.ts';
import { type CommandView, StepNamer } from './command-view.ts';
import { type Departure, factsOf, identityOf } from './departure.ts';
import { Evidence } from './evidence.ts';
import { MachineShop } from './lockstep/machine-shop.ts';
import { nextLinkActivation } from './next-link.ts';
import { decisionFor, newsAfter, newsOfLinks, readDecisions } from './outside-news.ts';
import type { Command } from './proto.ts';
import type { RecordedCommands } from './recorded-commands.ts';
import type { SandboxRun } from './sandbox.ts';
import {
  type OutsideNews,
  type SimulatedStep,
  Simulation,
  type SimulationEnd,
  type SimulationOptions,
} from './simulation.ts';
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

/** More links than any recorded chain needs; a candidate that continues for ever fails. */
const MAX_EXTRA_LINKS = 100;

export async function continueAfter(departure: Departure, commands: RecordedCommands): Promise<Continuation> {
  const namer = new StepNamer();
  const prefix = readPrefix(departure.matched, namer);
  const { lockstep } = departure;
  if (lockstep.end.kind === 'failed' || lockstep.run === undefined) return { prefix, steps: [], end: null };
  for (const { pair } of prefix) {
    const answer = commands.byEvent.get(pair.event);
    if (answer !== undefined) answer.used = true;
  }
  const { ending, steps } = await simulateLinks(departure, commands, namer, lockstep.run);
  return { prefix, steps, ...conclude(ending, departure) };
}

function readPrefix(matched: readonly MatchedPair[], namer: StepNamer): PrefixStep[] {
  return matched.flatMap((pair) => {
    const view = pair.command === undefined ? undefined : viewOfCommand(pair.command, namer);
    return view === undefined ? [] : [{ pair, view }];
  });
}

async function simulateLinks(departure: Departure, commands: RecordedCommands, namer: StepNamer, first: SandboxRun) {
  const { lockstep, input, link } = departure;
  const common = commonOptions(departure, commands, namer);
  let news = newsAfter(lockstep.driver, input.histories.slice(link + 1));
  const { shop, nowMs } = lockstep.driver;
  let simulation = new Simulation(
    { ...common, run: first, runId: identityOf(input, link).runId, shop, startMs: nowMs },
    news,
  );
  let ending = await simulation.proceed([...lockstep.driver.queue], lockstep.driver.takePendingJobs());
  const steps = [...simulation.steps];
  for (let next = link + 1; continuesAsNew(ending) && next <= link + MAX_EXTRA_LINKS; next += 1) {
    news = newsOfLinks(input.histories.slice(link + 1)).filter((one) => one.timeMs > simulation.nowMs);
    ({ simulation, ending } = await simulateLink(departure, common, ending.command, next, simulation.nowMs, news));
    steps.push(...simulation.steps);
  }
  return { ending, steps };
}

type Common = Omit<SimulationOptions, 'run' | 'runId' | 'shop' | 'startMs'>;

function commonOptions(
  { candidate, options, input, rules }: Departure,
  commands: RecordedCommands,
  namer: StepNamer,
): Common {
  const decisions = readDecisions(input.histories);
  return {
    evidence: new Evidence(commands.answers, rules),
    policy: options.answers,
    definition: candidate.definition,
    live: options.live,
    namer,
    maxSteps: options.limits.maxSteps,
    deadlineMs: Date.now() + options.limits.perRecordingMs,
    answerTo: (question) => decisionFor(question, decisions),
  };
}

async function simulateLink(
  { candidate, input }: Departure,
  common: Common,
  command: Command,
  link: number,
  startMs: number,
  news: readonly OutsideNews[],
) {
  const model = input.histories[link] ?? input.histories[0] ?? {};
  const activation = nextLinkActivation(
    command,
    model,
    input.summary.workflowId,
    `${input.summary.runId}/${link}`,
    startMs,
  );
  const run = await candidate.sandbox.start(activation, factsOf(model));
  try {
    const simulation = new Simulation(
      { ...common, run, runId: activation.runId ?? '', shop: new MachineShop(), startMs },
      news,
    );
    await simulation.begin(activation);
    return { simulation, ending: await simulation.proceed([], []) };
  } finally {
    await run.dispose();
  }
}

function continuesAsNew(ending: SimulationEnd): ending is { readonly kind: 'ended'; readonly command: Command } {
  return ending.kind === 'ended' && Boolean(ending.command.continueAsNewWorkflowExecution);
}

function conclude(ending: SimulationEnd, { input }: Departure): Omit<Continuation, 'prefix' | 'steps'> {
  switch (ending.kind) {
    case 'ended':
      return { end: endOf(ending.command) };
    case 'stopped-from-outside':
      return { end: { status: ending.status } };
    case 'failed':
      return { end: null, failure: { message: ending.message } };
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

function endOf(command: Command): RunEnd {
  const { completeWorkflowExecution: completed, failWorkflowExecution: failed } = command;
  if (completed) return { status: 'completed', result: payloadToJson(completed.result) };
  if (failed) return { status: 'failed', failure: rootFailure(failed.failure) };
  return { status: command.cancelWorkflowExecution ? 'cancelled' : 'continued-as-new' };
}
