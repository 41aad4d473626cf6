/** One link of a recording driven through a candidate, as far as the candidate does what was recorded. */
import { type CodeFailure, codeFailure } from './code-failure.ts';
import type { CommandCheck } from './lockstep/command-queue.ts';
import { HistoryDriver, type RunIdentity } from './lockstep/history-driver.ts';
import { Mismatch } from './lockstep/mismatch.ts';
import { startedAttributes } from './lockstep/start-job.ts';
import type { Activation, History } from './proto.ts';
import type { RunFacts, Sandbox, SandboxRun } from './sandbox.ts';
import { WithinRun } from './within-run.ts';

export type LockstepEnd =
  /** The history ended, and the candidate did all of it. */
  | { readonly kind: 'followed' }
  | { readonly kind: 'mismatch'; readonly mismatch: Mismatch }
  /** The candidate's code threw, hung or could not be started. */
  | ({ readonly kind: 'failed' } & CodeFailure);

export interface LockstepRun {
  readonly driver: HistoryDriver;
  /** Has taken all commands so far. */
  readonly within: WithinRun;
  readonly end: LockstepEnd;
  /** Still alive after a mismatch, for a simulation to go on with. Dispose of it. */
  readonly run: SandboxRun | undefined;
}

export interface LockstepOptions {
  readonly sandbox: Sandbox;
  readonly facts: RunFacts;
  readonly identity: RunIdentity;
  readonly check: CommandCheck;
  readonly strict?: boolean;
  /** When given, the run is told what a new run would be: of unknown patches (gathered here), and update validators count. */
  readonly assumedPatches?: Set<string> | undefined;
}

export async function runInLockstep(history: History, options: LockstepOptions): Promise<LockstepRun> {
  const { sandbox, facts, identity, check, strict = true, assumedPatches } = options;
  const driver = new HistoryDriver(history, identity, check, strict);
  const within = new WithinRun(startedAttributes(history) ?? {});
  let run: SandboxRun | undefined;
  try {
    let activation = driver.next();
    if (activation === undefined)
      return { driver, within, end: { kind: 'failed', message: 'the history starts nothing' }, run };
    run = await sandbox.start(activation, facts, assumedPatches);
    while (activation !== undefined) {
      const answer = await run.activate(assumedPatches ? withValidators(activation) : activation);
      if (answer.failure) return { driver, within, end: { kind: 'failed', ...answer.failure }, run };
      driver.answer(answer.commands.map((command) => within.take(command)));
      activation = driver.next();
    }
    return { driver, within, end: { kind: 'followed' }, run };
  } catch (error) {
    if (error instanceof Mismatch) return { driver, within, end: { kind: 'mismatch', mismatch: error }, run };
    const failure = error instanceof Error ? codeFailure(error.message, error.stack) : { message: String(error) };
    return { driver, within, end: { kind: 'failed', ...failure }, run };
  }
}

/** A replay lets every recorded update pass; a new run would ask its validator. */
function withValidators(activation: Activation): Activation {
  const jobs = (activation.jobs ?? []).map((job) =>
    job.doUpdate ? { doUpdate: { ...job.doUpdate, runValidator: true } } : job,
  );
  return { ...activation, jobs };
}
