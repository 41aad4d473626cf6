/** What a replay is given, and where it stands when a candidate leaves the lockstep. */
import type { MissionDefinition } from '../mission/definition.ts';
import type { RunEnd } from '../recording/trace.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { AnswerPolicy, ReplayLimits } from './answer-policy.ts';
import type { MatchedPair } from './command-check.ts';
import type { DeclaredReads } from './declared-reads.ts';
import type { GivenAnswers, LiveAnswers } from './live-answers.ts';
import { type Started, startedAttributes } from './lockstep/start-job.ts';
import type { LockstepRun } from './lockstep-run.ts';
import type { History } from './proto.ts';
import type { RuleBook, RuledVersions } from './rule-book.ts';
import type { RunFacts, Sandbox } from './sandbox.ts';

/** A recording as a replay takes it. */
export interface ReplayInput {
  readonly summary: RecordingSummary;
  readonly end: RunEnd;
  readonly histories: readonly History[];
}

/** A candidate that is loaded and ready. */
export interface ReplayCandidate {
  readonly sandbox: Sandbox;
  /** Absent for plain Temporal workflows. */
  readonly definition: MissionDefinition | undefined;
  /** As of `ReplayTarget`. */
  readonly rulesOf?: RuledVersions | undefined;
}

export interface ReplayOptions {
  readonly answers: AnswerPolicy;
  readonly limits: ReplayLimits;
  /** Of the policy (`declared-reads.ts`). */
  readonly reads?: readonly string[] | undefined;
  readonly live: LiveAnswers;
  /** Steps that are asked anew though the recording can answer them, as `sampledStep` names them. */
  readonly anew?: ReadonlySet<string> | undefined;
  /** That of the version which made the recording: compare rules count only where both versions declare them. */
  readonly baselineDefinition?: MissionDefinition | undefined;
  /** What somebody wants steps of the simulation to be answered, before any evidence: by the link of the chain, from 0. */
  readonly given?: ((link: number) => GivenAnswers) | undefined;
  /** Whether Temporal's own judgement is asked for, by a second run of the code. @default true */
  readonly judgesDeterminism?: boolean;
}

export interface Departure {
  readonly candidate: ReplayCandidate;
  readonly input: ReplayInput;
  readonly options: ReplayOptions;
  readonly rules: RuleBook;
  readonly reads: DeclaredReads;
  /** Gathers the places where a rule or a volatile field let a difference pass. */
  readonly forgiven: Set<string>;
  readonly matched: readonly MatchedPair[];
  readonly lockstep: LockstepRun;
  /** The link of the chain in which the lockstep ended. */
  readonly link: number;
  /** Gathers the patches that were taken as a new run takes them; absent when they are taken as recorded. */
  readonly assumedPatches: Set<string> | undefined;
}

export function identityOf(input: ReplayInput, link: number) {
  const started = startedAttributes(input.histories[link]);
  return { workflowId: input.summary.workflowId, runId: started?.originalExecutionRunId || input.summary.runId };
}

export function factsOf(history: History | undefined): RunFacts {
  return factsOfStart(startedAttributes(history) ?? {});
}

export function factsOfStart({ taskQueue }: Started): RunFacts {
  return { namespace: 'default', taskQueue: taskQueue?.name ?? '' };
}
