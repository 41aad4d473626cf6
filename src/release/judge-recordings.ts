/**
 * Recordings through a candidate: each replayed, held to what is right for it, with the ways that were walked. This is what a
 * shard of a cohort is, and a whole cohort on one machine; whoever counts needs nothing else.
 */
import type { Artifact } from '../artifact/artifact.ts';
import type { Fingerprint } from '../compare/attribution.ts';
import type { WalkedWays } from '../compare/coverage.ts';
import { cutJudged } from '../compare/cut-result.ts';
import type { IntendedChange } from '../compare/intended-change.ts';
import type { IntendedJudgement } from '../compare/judge-intended.ts';
import type { ExcludedRecording, ReplayResult } from '../compare/outcome.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import type { LiveAnswers } from '../replay/live-answers.ts';
import { replayCohort } from '../replay/replay-cohort.ts';
import { RuleBook } from '../replay/rule-book.ts';
import type { ChosenRecordings } from './choose-recordings.ts';
import { type ExpectedEnds, judgeByExpected } from './expected-end.ts';
import { fingerprintOf } from './fingerprint.ts';
import { MakerTargets, targetOf, withKnownMaker } from './maker-targets.ts';
import { RecordingNotes, type TracedSource } from './recording-notes.ts';

export interface JudgedResult {
  readonly kind: 'judged';
  readonly result: ReplayResult;
  /** What it says about the intended changes, where some are declared. */
  readonly intended: IntendedJudgement | undefined;
  readonly ways: WalkedWays;
  /** What it did, where that is to be explained: to be compared with what hybrids do. */
  readonly did?: Fingerprint;
}

export type JudgedRecording = JudgedResult | { readonly kind: 'excluded'; readonly excluded: ExcludedRecording };

/** A candidate, and what its replays are judged by. */
export interface JudgeOptions {
  /** With the name that messages have for it. */
  readonly candidate: Artifact;
  readonly candidateName: string;
  readonly baseline: Artifact;
  readonly policy: ReplayPolicy;
  readonly intended: readonly IntendedChange[] | undefined;
  /** Of regression cases with a corrected outcome. */
  readonly expected: ExpectedEnds;
  /** The artifact that made a recording; `undefined` when nobody has it. */
  readonly findMaker: (digest: string) => Promise<Artifact | undefined>;
  readonly live?: LiveAnswers | undefined;
  /** Processes. @default one per processor */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A frozen cohort, with what its recordings are judged by. */
export interface CohortJob extends JudgeOptions, Pick<ChosenRecordings, 'cohort' | 'sources' | 'again' | 'isStored'> {}

/** Gives what {@link judgeRecordings} would give for the cohort's sources, wherever they are replayed. */
export type JudgeCohort = (job: CohortJob) => AsyncIterable<JudgedRecording>;

/** Each recording comes out once, in whatever order it gets done. */
export async function* judgeRecordings(
  options: JudgeOptions,
  sources: AsyncIterable<TracedSource>,
): AsyncGenerator<JudgedRecording> {
  const { candidate, policy, intended, expected, live } = options;
  const makers = new MakerTargets(options.findMaker);
  const rules = new RuleBook(candidate.definition, options.baseline.definition);
  const notes = new RecordingNotes(intended, expected);
  const unknown: ExcludedRecording[] = [];
  const known = withKnownMaker(sources, makers, (excluded) => unknown.push(excluded));
  const events = replayCohort(
    {
      candidate: await targetOf(options.candidateName, candidate),
      baselineOf: (summary) => makers.of(summary),
      answers: policy.answers,
      limits: policy.limits,
      reads: policy.reads,
      secondOpinion: policy.secondOpinion,
      ...(live === undefined ? {} : { live }),
      workers: options.workers,
      signal: options.signal,
    },
    notes.noted(known),
  );
  for await (const event of events) {
    yield* excluding(unknown);
    if (event.kind === 'excluded') {
      notes.forget(event.excluded.recording.id);
      yield event;
    } else {
      const result = judgeByExpected(event.result, expected, rules.output);
      // The ways are those of the replay itself: a right end may be another one than the recorded.
      const judged = notes.take(event.result);
      const did = fingerprintOf(result, rules, event.result);
      // Whatever is judged by the whole of it is behind it now.
      yield { kind: 'judged', result: cutJudged(result), ...judged, ...(did !== undefined && { did }) };
    }
  }
  yield* excluding(unknown);
}

/** Those that were found meanwhile, each once. */
function excluding(unknown: ExcludedRecording[]): readonly JudgedRecording[] {
  return unknown.splice(0).map((excluded) => ({ kind: 'excluded', excluded }));
}
