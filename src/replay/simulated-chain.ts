/** A candidate that left the lockstep, over the rest of its own continue-as-new chain. */
import type { StepNamer } from './command-view.ts';
import { Deadline } from './deadline.ts';
import { DecisionBook } from './decision-book.ts';
import { type Departure, factsOfStart, identityOf } from './departure.ts';
import { Evidence } from './evidence.ts';
import { MachineShop } from './lockstep/machine-shop.ts';
import { type Started, startedAttributes } from './lockstep/start-job.ts';
import { nextLink } from './next-link.ts';
import { newsAfter, newsWaiting, type OutsideNews } from './outside-news.ts';
import type { Command, HistoryEvent } from './proto.ts';
import type { RecordedCommands } from './recorded-commands.ts';
import type { SandboxRun } from './sandbox.ts';
import { ms } from './server-terms.ts';
import type { SimulatedStep } from './simulated-steps.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import type { SimulationEnd } from './simulation-end.ts';
import { WithinRun } from './within-run.ts';

/** More links than any recorded chain needs; a candidate that continues for ever fails. */
const EXTRA_LINKS_MAX = 100;

export interface SimulatedChain {
  readonly ending: SimulationEnd;
  /** Virtual time of the ending, in milliseconds since the epoch. */
  readonly endedMs: number;
  readonly steps: readonly SimulatedStep[];
}

/**
 * Simulates from the departure to the end of the chain.
 *
 * @param asked the recorded questions that the lockstep saw asked
 */
export async function simulateChain(
  departure: Departure,
  commands: RecordedCommands,
  namer: StepNamer,
  run: SandboxRun,
  asked: readonly HistoryEvent[],
): Promise<SimulatedChain> {
  const { lockstep, input, link } = departure;
  const common = commonOptions(departure, commands, namer);
  for (const event of asked) common.decisions.markAsked(event);
  const { within, driver } = lockstep;
  const { shop, nowMs, queue } = driver;
  const { runId } = identityOf(input, link);
  const given = departure.options.given?.(link);
  let simulation = new Simulation({ ...common, given, run, runId, shop, within, startMs: nowMs }, [
    ...newsWaiting(lockstep.driver),
    ...newsAfter(lockstep.driver, input.histories.slice(link + 1), common.decisions),
  ]);
  let ending = await simulation.proceed([...queue]);
  const steps = [...simulation.steps];
  let started = startedAttributes(input.histories[link]) ?? {};
  for (let next = link + 1; continuesAsNew(ending) && !endsWithRecording(departure, next); next += 1) {
    if (next > link + EXTRA_LINKS_MAX) {
      const message = `it continued as new more than ${EXTRA_LINKS_MAX} times without coming to an end`;
      return { ending: { kind: 'failed', message, isEndless: true }, endedMs: simulation.nowMs, steps };
    }
    const { newsLeft, nowMs: endedMs } = simulation;
    const startMs = endedMs + pauseMs(ending.command);
    const handover = { next, startMs, newsLeft, previous: started };
    ({ simulation, ending, started } = await simulateLink(departure, common, ending.command, handover));
    steps.push(...simulation.steps);
  }
  return { ending, endedMs: simulation.nowMs, steps };
}

/** Whether the recording itself stops where a run continued: what came after is not known. */
function endsWithRecording({ input }: Departure, next: number): boolean {
  return input.end.status === 'continued-as-new' && next >= input.histories.length;
}

type Common = Omit<SimulationOptions, 'run' | 'runId' | 'shop' | 'within' | 'startMs' | 'given'>;

function commonOptions(
  { candidate, options, input, rules, reads, forgiven }: Departure,
  commands: RecordedCommands,
  namer: StepNamer,
): Common {
  return {
    evidence: new Evidence(commands.answers, rules, reads, forgiven),
    policy: options.answers,
    definition: candidate.definition,
    decisions: new DecisionBook(input.histories),
    live: options.live,
    anew: options.anew,
    namer,
    maxSteps: options.limits.maxSteps,
    deadline: new Deadline(options.limits.perRecordingMs),
  };
}

interface Handover {
  readonly next: number;
  readonly startMs: number;
  readonly newsLeft: readonly OutsideNews[];
  /** How the link was started that continues. */
  readonly previous: Started;
}

async function simulateLink(
  { candidate, input, options, assumedPatches }: Departure,
  common: Common,
  command: Command,
  { next, startMs, newsLeft, previous }: Handover,
) {
  const model = startedAttributes(input.histories[next] ?? input.histories[0]) ?? {};
  const { workflowId, runId } = input.summary;
  const facts = { model, previous, workflowId, runId: `${runId}/${next}`, nowMs: startMs };
  const { activation, started } = nextLink(command, facts);
  const run = await candidate.sandbox.start(activation, factsOfStart(started), assumedPatches);
  try {
    const simulation = new Simulation(
      {
        ...common,
        given: options.given?.(next),
        run,
        runId: activation.runId ?? '',
        shop: new MachineShop(),
        within: new WithinRun(started),
        startMs,
      },
      newsLeft,
    );
    const ending = await simulation.begin(activation);
    return { simulation, ending, started };
  } finally {
    await run.dispose();
  }
}

/** Between the end of a link and the start of the next. */
function pauseMs({ continueAsNewWorkflowExecution: next }: Command): number {
  return ms(next?.backoffStartInterval) ?? 0;
}

function continuesAsNew(ending: SimulationEnd): ending is { readonly kind: 'ended'; readonly command: Command } {
  return ending.kind === 'ended' && Boolean(ending.command.continueAsNewWorkflowExecution);
}
