/**
 * Whether open runs could go on with another version: each history is replayed on the target, and every command that was
 * recorded has to come again, with its payloads and in its place. No compare rule softens that: what follows in the run was
 * built on what came before.
 */
import type { Artifact } from '../artifact/artifact.ts';
import { linkWorkflowBundle } from '../artifact/link-workflow-bundle.ts';
import { summariseResult } from '../compare/describe.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import { buildRecording, toStoredRecording } from '../recording/build-recording.ts';
import type { History } from '../recording/recording.ts';
import { answerPolicy, replayLimits } from '../replay/answer-policy.ts';
import { type ReplayEvent, type ReplaySource, replayCohort } from '../replay/replay-cohort.ts';

export interface OpenRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Of this link of its chain; earlier links are over. */
  readonly history: History;
}

/** `reason` is absent when the run replays on the target exactly. */
export interface StrictVerdict extends OpenRun {
  readonly reason?: string;
}

export interface StrictReplayOptions {
  /** Processes. @default one per processor */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A verdict for every run, in whatever order they get done. */
export async function* replayStrictly(
  target: Artifact,
  runs: AsyncIterable<OpenRun>,
  options: StrictReplayOptions = {},
): AsyncGenerator<StrictVerdict> {
  const waiting = new Map<string, OpenRun>();
  const events = replayCohort(
    {
      // Without a definition there are no compare rules: everything is compared exactly.
      candidate: { name: target.digest, bundle: await linkWorkflowBundle(target) },
      answers: answerPolicy.parse({ patches: 'as-recorded' }),
      limits: replayLimits.parse({}),
      secondOpinion: 0,
      ...options,
    },
    sourcesOf(runs, waiting),
  );
  for await (const event of events) {
    const { runId } = event.kind === 'excluded' ? event.excluded.recording : event.result.recording;
    const run = waiting.get(runId);
    waiting.delete(runId);
    if (run !== undefined) yield verdictOf(run, event);
  }
}

async function* sourcesOf(runs: AsyncIterable<OpenRun>, waiting: Map<string, OpenRun>): AsyncGenerator<ReplaySource> {
  for await (const run of runs) {
    const { summary, content } = toStoredRecording(buildRecording([run.history], { workflowId: run.workflowId }));
    waiting.set(summary.runId, run);
    yield { summary, content };
  }
}

function verdictOf(run: OpenRun, event: ReplayEvent): StrictVerdict {
  if (event.kind === 'excluded') return { ...run, reason: `it cannot be replayed: ${event.excluded.detail}` };
  const { result } = event;
  return result.outcome === 'matched' && result.determinism.deterministic ? run : { ...run, reason: reasonOf(result) };
}

function reasonOf(result: ReplayResult): string {
  if (result.failure !== undefined) return result.failure.message;
  if (result.outcome === 'matched')
    return `Temporal would find nondeterminism${result.determinism.deterministic ? '' : `: ${result.determinism.reason}`}`;
  // What it would lead to matters less than where it leaves the way.
  return summariseResult(result.divergence === null ? result : { ...result, outcome: 'diverged' }) ?? result.outcome;
}
