/** What a workflow is told by our driver, in a form in which it can be compared with what core tells it. */
import Long from 'long';
import { identityOf, type ReplayInput } from '../../../src/replay/departure.ts';
import { isCommandEvent } from '../../../src/replay/lockstep/event-facts.ts';
import { HistoryDriver } from '../../../src/replay/lockstep/history-driver.ts';
import type { Activation, Job } from '../../../src/replay/proto.ts';
import { createSandbox, type Sandbox, type SandboxBundle } from '../../../src/replay/sandbox.ts';
import { type CoreReplay, coreReplays } from './core-activations.ts';
import type { RecordedRun } from './record-runs.ts';

/** What is compared as it is. The run id is not: core replays a history as that of any run. */
const FACTS = [
  'historyLength',
  'isReplaying',
  'historySizeBytes',
  'continueAsNewSuggested',
  'suggestContinueAsNewReasons',
  'targetWorkerDeploymentVersionChanged',
  'lastSdkVersion',
] as const satisfies readonly (keyof Activation)[];

/** Of a task that is not recorded, core says who replays it, and we have no worker to name. */
const OF_THE_WORKER = 'the worker that replays';

/** Two decoders write absent fields differently; values are what counts. */
export function essence(activation: Activation): unknown {
  const { jobs, timestamp, availableInternalFlags, deploymentVersionForCurrentTask: deployment } = activation;
  return plain({
    ...Object.fromEntries(FACTS.map((name) => [name, activation[name]])),
    jobs: jobs?.map((job) => jobEssence(job)),
    timeMs: Math.floor(Number(timestamp?.seconds) * 1000 + (timestamp?.nanos ?? 0) / 1e6),
    availableInternalFlags: [...(availableInternalFlags ?? [])].sort((a, b) => a - b),
    deployment: activation.isReplaying ? deployment : OF_THE_WORKER,
  });
}

function jobEssence(job: Job): unknown {
  const [name] = Object.keys(job).filter((key) => key !== 'variant' && job[key as keyof Job]);
  return { [name as string]: plain(job[name as keyof Job]) };
}

const ABSENT: readonly unknown[] = [undefined, null, '', 0, false];

function plain(value: unknown): unknown {
  if (ABSENT.includes(value)) return undefined;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.length === 0 ? undefined : Buffer.from(value).toString('base64');
  if (Long.isLong(value)) return value.isZero() ? undefined : value.toString();
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(plain);
  return plainObject(value);
}

function plainObject(value: object): unknown {
  const members = Object.entries(value)
    .filter(([key]) => key !== 'variant')
    .map(([key, member]) => [key, plain(member)] as const)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

/**
 * Drives a history through the sandbox to its end.
 *
 * @param strict - false where the run is to be told what Temporal's replay tells it, and not what it was told
 */
export async function drive(sandbox: Sandbox, { workflowId, runId, history }: RecordedRun, strict = true) {
  const driver = new HistoryDriver(history, { workflowId, runId }, () => undefined, strict);
  const activations: Activation[] = [];
  let activation = driver.next();
  if (!activation) throw new Error('nothing to activate');
  const run = await sandbox.start(activation, { namespace: 'default', taskQueue: 'replay' });
  try {
    while (activation) {
      activations.push({ ...activation, jobs: [...(activation.jobs ?? [])] });
      const answer = await run.activate(activation);
      if (answer.failure) throw new Error(answer.failure.message);
      driver.answer(answer.commands);
      activation = driver.next();
    }
  } finally {
    await run.dispose();
  }
  return { activations, driver };
}

/** Core's activations of a run, without those that only end it. */
export function withoutRemovals(core: CoreReplay | undefined): readonly Activation[] {
  return core?.activations.filter((activation) => !activation.jobs?.some((job) => job.removeFromCache)) ?? [];
}

/** What both engines told the same code. */
export interface BothEngines {
  readonly name: string;
  /** What core found against the history, if it did. */
  readonly error: string | undefined;
  readonly ours: readonly unknown[];
  readonly core: readonly unknown[];
}

/**
 * Drives histories through both engines.
 *
 * @param strict - as {@link drive} takes it
 * @throws Error that names the history when ours finds a mismatch
 */
export async function bothEngines(
  bundle: SandboxBundle,
  runs: readonly RecordedRun[],
  strict = true,
): Promise<BothEngines[]> {
  const core = await coreReplays(bundle.code, runs);
  const sandbox = await createSandbox(bundle, 10_000);
  const found: BothEngines[] = [];
  for (const [index, run] of runs.entries()) {
    const { activations } = await drive(sandbox, run, strict).catch((error: Error) => {
      throw new Error(`${run.name}: ${error.message}`);
    });
    const told = withoutRemovals(core[index]);
    found.push({
      name: run.name,
      error: core[index]?.error,
      ours: activations.map(essence),
      core: told.map(essence),
    });
  }
  await sandbox.destroy();
  return found;
}

/** The links of a recording, each as a run. */
export function linksOf(input: ReplayInput, name: string): RecordedRun[] {
  return input.histories.map((history, link) => ({
    name: `${name}, link ${link + 1}`,
    ...identityOf(input, link),
    history,
  }));
}

/** A run as it was whenever somebody could have read its history, from its first task on: commands come with their task. */
export function cutsOf(run: RecordedRun): RecordedRun[] {
  const events = run.history.events ?? [];
  return events.flatMap((_, index) => {
    const next = events[index + 1];
    if (index < 2 || next === undefined || isCommandEvent(next)) return [];
    const name = `${run.name}, its first ${index + 1} events of ${events.length}`;
    return [{ ...run, name, history: { events: events.slice(0, index + 1) } }];
  });
}
