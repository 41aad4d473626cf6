/**
 * Asking both versions again, several times, about the recordings whose candidate was answered anew.
 *
 * Invariants
 * 1. Both versions are drawn in the same way: the same steps are asked anew, the same compare rules hold. So if they answer
 *    alike, nothing but chance tells their draws apart.
 * 2. Which steps that are was decided by the counted replay, whose answers are not among the draws.
 * 3. A version against itself is asked about every model step: that measures its noise.
 */
import type { Artifact } from '../artifact/artifact.ts';
import { type DrawnRecording, judgeNoise, type NoiseReport } from '../compare/noise.ts';
import { type FieldKey, outcomeFields, stepFields } from '../compare/noise-fields.ts';
import type { ReplayResult, StepCommand } from '../compare/outcome.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import type { LiveAnswers } from '../replay/live-answers.ts';
import { readCommands } from '../replay/recorded-commands.ts';
import { type ReplaySource, type ReplayTarget, replayCohort } from '../replay/replay-cohort.ts';
import { RuleBook } from '../replay/rule-book.ts';
import { sampledStep } from '../replay/sampling.ts';
import { type ExpectedEnds, judgeByExpected } from './expected-end.ts';
import { targetOf } from './maker-targets.ts';

type NoisePolicy = NonNullable<ReplayPolicy['noise']>;

/** What of the counted replay the draws need, by recording id. */
export class DrawPlan {
  readonly #versions: { readonly baseline: Artifact; readonly candidate: Artifact };
  readonly #counted = new Map<string, Counted>();

  constructor(versions: { readonly baseline: Artifact; readonly candidate: Artifact }) {
    this.#versions = versions;
  }

  /** Takes note of a counted result, if something of it was asked anew. */
  note(result: ReplayResult): void {
    const steps = this.#stepsOf(result);
    if (steps.length === 0) return;
    const { outcome } = result;
    this.#counted.set(result.recording.id, {
      steps,
      outcome: outcome === 'changed' || outcome === 'failed' ? outcome : 'other',
      fields: outcome === 'changed' || outcome === 'failed' ? outcomeFields(result) : [],
    });
  }

  #stepsOf({ steps }: ReplayResult): readonly string[] {
    const { baseline, candidate } = this.#versions;
    if (baseline.digest === candidate.digest) {
      return Object.keys(baseline.definition.prompts).map((name) => sampledStep({ kind: 'model', name }));
    }
    return [...new Set(steps.filter(({ evidence }) => evidence === 'live').map(sampledStep))];
  }

  get counted(): ReadonlyMap<string, Counted> {
    return this.#counted;
  }
}

interface Counted extends Pick<DrawnRecording, 'outcome' | 'fields'> {
  readonly steps: readonly string[];
}

/** One version of the comparison. */
export interface DrawnVersion {
  readonly artifact: Artifact;
  readonly live: LiveAnswers;
}

export interface DrawOptions {
  readonly plan: DrawPlan;
  readonly baseline: DrawnVersion;
  readonly candidate: DrawnVersion;
  readonly expected: ExpectedEnds;
  /** Reads recordings again. */
  readonly sources: (ids: ReadonlySet<string>) => AsyncIterable<ReplaySource>;
  readonly policy: ReplayPolicy;
  readonly noise: NoisePolicy;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onDraw?: ((done: number, total: number) => void) | undefined;
}

/** Draws and judges. A replay that is stopped meanwhile gives what was drawn until then. */
export async function drawNoise(options: DrawOptions): Promise<NoiseReport> {
  const { plan, noise, onDraw } = options;
  const baseline = await targetOf('baseline', options.baseline.artifact);
  const candidate = await targetOf('candidate', options.candidate.artifact);
  const total = 2 * noise.samples * plan.counted.size;
  let done = 0;
  const told = () => {
    done += 1;
    onDraw?.(done, total);
  };
  const ofBaseline = await drawVersion(
    options,
    { target: baseline, other: candidate, live: options.baseline.live },
    told,
  );
  const ofCandidate = await drawVersion(
    options,
    { target: candidate, other: baseline, live: options.candidate.live },
    told,
  );
  const recordings = [...plan.counted].map(([id, { outcome, fields }]): DrawnRecording => {
    const [before, after] = [ofBaseline.get(id) ?? NOTHING, ofCandidate.get(id) ?? NOTHING];
    return {
      baselineDraws: before.draws,
      candidateDraws: after.draws,
      baseline: before.differing,
      candidate: after.differing,
      outcome,
      fields,
    };
  });
  return judgeNoise(recordings, noise);
}

interface Arm {
  readonly target: ReplayTarget;
  readonly other: ReplayTarget;
  readonly live: LiveAnswers;
}

interface Draws {
  draws: number;
  readonly differing: Map<FieldKey, number>;
}

const NOTHING: Draws = { draws: 0, differing: new Map() };

/** All draws of one version, by recording id. */
async function drawVersion(options: DrawOptions, arm: Arm, told: () => void): Promise<ReadonlyMap<string, Draws>> {
  const { policy, workers, signal } = options;
  const recorded = new Map<string, readonly StepCommand[]>();
  const rules = new RuleBook(arm.target.definition, arm.other.definition);
  const drawn = new Map<string, Draws>();
  const events = replayCohort(
    {
      candidate: arm.target,
      comparedWith: arm.other,
      answers: policy.answers,
      limits: policy.limits,
      reads: policy.reads,
      secondOpinion: 0,
      live: arm.live,
      workers,
      signal,
    },
    repeated(options, arm, recorded, rules),
  );
  for await (const event of events) {
    told();
    if (event.kind === 'excluded' || event.result.outcome === 'unanswered') continue;
    const result = judgeByExpected(event.result, options.expected, rules.output);
    const draws = drawn.get(result.recording.id) ?? { draws: 0, differing: new Map<FieldKey, number>() };
    drawn.set(result.recording.id, draws);
    draws.draws += 1;
    for (const field of fieldsOf(result, recorded.get(result.recording.id) ?? [], rules))
      draws.differing.set(field, (draws.differing.get(field) ?? 0) + 1);
  }
  return drawn;
}

async function* repeated(
  { plan, noise, sources }: DrawOptions,
  { other }: Arm,
  recorded: Map<string, readonly StepCommand[]>,
  rules: RuleBook,
): AsyncGenerator<ReplaySource> {
  for await (const { summary, content } of sources(new Set(plan.counted.keys()))) {
    const { views } = readCommands(decodeRecordingContent(content));
    recorded.set(
      summary.id,
      views.map((view) => ({ ...view, request: rules.withoutVolatile(view) })),
    );
    const steps = plan.counted.get(summary.id)?.steps ?? [];
    for (let draw = 1; draw <= noise.samples; draw += 1)
      yield { summary, content, sampling: { draw: String(draw), steps, comparedWith: other.name } };
  }
}

/** A run that was followed to its end took the recorded steps. */
function fieldsOf(result: ReplayResult, recorded: readonly StepCommand[], rules: RuleBook): readonly FieldKey[] {
  if (result.steps.length === 0) return outcomeFields(result);
  const taken = result.steps.map((step) => ({ ...step, request: rules.withoutVolatile(step) }));
  return [...outcomeFields(result), ...stepFields(recorded, taken)];
}
