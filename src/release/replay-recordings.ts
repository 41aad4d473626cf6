/** Plain Temporal workflows on recorded histories: for those who have workflows and histories, and nothing of missions. */
import { bundleWorkflows, type WorkflowBundle, type WorkflowSource } from '../artifact/bundle-workflows.ts';
import type { ExcludedRecording } from '../compare/outcome.ts';
import { DEFAULT_POLICY, parsePolicy } from '../gate/parse-policy.ts';
import type { ReplayPolicyInput } from '../gate/policy.ts';
import type { PayloadDecoder } from '../recording/decode-payloads.ts';
import { type ReplayEvent, type ReplaySource, type ReplayTarget, replayCohort } from '../replay/replay-cohort.ts';
import type { JsonObject } from '../shared/json.ts';
import { type GivenHistories, plainSources } from './plain-sources.ts';

/** Workflow code: its source, or a bundle of `bundleWorkflowCode`. */
export type WorkflowCode = WorkflowSource | { readonly bundle: WorkflowBundle };

export interface ReplayRecordingsOptions {
  /** The code to try. */
  readonly candidate: WorkflowCode;
  /**
   * The code that made the histories. Each history is replayed against it first; one that it does not reproduce is excluded
   * as unfaithful. Without it, histories are taken as they are.
   */
  readonly baseline?: WorkflowCode | undefined;
  /** How missing answers are treated, and the limits (docs/policy.md). @default all its defaults */
  readonly policy?: ReplayPolicyInput | undefined;
  /** Payload codecs of the workers, in their order; only `decode` is used. @default those that plugins of the candidate bring */
  readonly codecs?: readonly PayloadDecoder[] | undefined;
  /** Processes. @default one per processor */
  readonly workers?: number | undefined;
  /** Ends the replay early. */
  readonly signal?: AbortSignal | undefined;
  /** Told what is done before the first history: `bundling ./src/workflows`. */
  readonly onProgress?: ((doing: string) => void) | undefined;
  /** Told of each history that is read, before it is replayed. */
  readonly onSource?: ((source: ReplaySource) => void) | undefined;
  /** Told of a run that was given twice. It is replayed once. */
  readonly onCopy?: ((where: string) => void) | undefined;
}

/**
 * Replays histories against workflow code and compares every command with its payload, and the result: what Temporal's own
 * replayer does not look at. Nothing is executed but workflow code, in processes without a way out.
 *
 * Each history gives one event: a result, or an exclusion with its reason. Results come as they are ready. A history of a run
 * that is still open is compared as far as it goes.
 *
 * @param histories - an `Iterable` or `AsyncIterable`, read no faster than it is replayed
 * @throws MissionError `MISSION_SOURCE_MISSING` and `MISSION_BUNDLE_FAILED` of the code, `POLICY_INVALID`, and whatever the
 *   iterable throws.
 *
 * @example
 * import { readHistoryFiles, replayRecordings } from 'mission-runtime/replay';
 *
 * const events = replayRecordings(
 *   { candidate: { workflowsPath: './src/workflows' } },
 *   readHistoryFiles('./histories'),
 * );
 * for await (const event of events) {
 *   if (event.kind === 'excluded') console.log(event.excluded.recording.id, event.excluded.detail);
 *   else console.log(event.result.recording.workflowId, event.result.outcome, event.result.endDifferences);
 * }
 */
export async function* replayRecordings(
  options: ReplayRecordingsOptions,
  histories: GivenHistories,
): AsyncGenerator<ReplayEvent, void, undefined> {
  const policy = parsePolicy((options.policy ?? DEFAULT_POLICY) as JsonObject, 'The policy');
  const candidate = await bundleOf(options.candidate, options.onProgress);
  const baseline = options.baseline && (await bundleOf(options.baseline, options.onProgress));
  const baselineTarget = baseline && targetOf('baseline', baseline);
  const waiting: ExcludedRecording[] = [];
  const sources = plainSources(histories, {
    codecs: options.codecs ?? candidate.codecs ?? [],
    exclude: (excluded) => waiting.push(excluded),
    onCopy: options.onCopy,
  });
  const events = replayCohort(
    {
      candidate: targetOf('candidate', candidate),
      ...(baselineTarget && { baselineOf: async () => baselineTarget }),
      answers: policy.answers,
      limits: policy.limits,
      reads: policy.reads,
      secondOpinion: policy.secondOpinion,
      workers: options.workers,
      signal: options.signal,
    },
    told(sources, options.onSource),
  );
  for await (const event of events) {
    yield* excludedOf(waiting);
    yield event;
  }
  yield* excludedOf(waiting);
}

/** The name is unique within one replay. Code alone goes to the processes. */
function targetOf(name: string, { code }: WorkflowBundle): ReplayTarget {
  return { name, bundle: { code } };
}

/** The bundle of workflow code, made now if it is none yet. */
export async function bundleOf(
  code: WorkflowCode,
  onProgress?: ReplayRecordingsOptions['onProgress'],
): Promise<WorkflowBundle> {
  if ('bundle' in code) return code.bundle;
  onProgress?.(`bundling ${code.workflowsPath}`);
  return bundleWorkflows(code);
}

async function* told(
  sources: AsyncIterable<ReplaySource>,
  onSource: ReplayRecordingsOptions['onSource'],
): AsyncGenerator<ReplaySource> {
  for await (const source of sources) {
    onSource?.(source);
    yield source;
  }
}

function* excludedOf(waiting: ExcludedRecording[]): Generator<ReplayEvent> {
  for (const excluded of waiting.splice(0)) yield { kind: 'excluded', excluded };
}
