/** Why recorded runs would come out differently: hybrids of the two versions are replayed on them. */
import type { Artifact } from '../artifact/artifact.ts';
import type { ComponentChange } from '../artifact/component-change.ts';
import { componentName, makeHybrid } from '../artifact/hybrid.ts';
import { linkWorkflowBundle } from '../artifact/link-workflow-bundle.ts';
import { type Attribution, attribute, type Fingerprint, groupCauses } from '../compare/attribution.ts';
import { normalise } from '../compare/normalise.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { withoutVolatile } from '../replay/candidate-way.ts';
import type { LiveAnswers } from '../replay/live-answers.ts';
import { type ReplaySource, replayCohort } from '../replay/replay-cohort.ts';
import { RuleBook } from '../replay/rule-book.ts';
import { canonicalJson, type Json } from '../shared/json.ts';

/** Changed runs that are looked into; each needs a replay per changed component. */
const ATTRIBUTED_MAX = 200;

export interface AttributeOptions {
  readonly baseline: Artifact;
  readonly candidate: Artifact;
  readonly changes: readonly ComponentChange[];
  /** What changed runs did under the candidate, by recording id. */
  readonly changed: ReadonlyMap<string, Fingerprint>;
  /** Reads recordings again. */
  readonly sources: (ids: ReadonlySet<string>) => AsyncIterable<ReplaySource>;
  readonly policy: ReplayPolicy;
  readonly live?: LiveAnswers | undefined;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What one replay did: how it ended and what it would have written, without what the compare rules forgive. A change that is
 * none by the rules must not count as one when causes are looked for.
 */
export function fingerprintOf({ candidateEnd, candidateEffects, outcome }: ReplayResult, rules: RuleBook): Fingerprint {
  const writes = withoutVolatile(candidateEffects, rules).map(({ tool, request }) => ({
    tool,
    request: normalise(request, rules.toolRules(tool)) ?? null,
  }));
  const end =
    candidateEnd?.status === 'completed'
      ? { ...candidateEnd, result: normalise(candidateEnd.result, rules.output) ?? null }
      : candidateEnd;
  return canonicalJson({ outcome: candidateEnd === null ? outcome : 'ended', end: end as Json, writes });
}

/** Finds the causes of changed runs, of the first {@link ATTRIBUTED_MAX} by id. */
export async function attributeChanges(options: AttributeOptions): Promise<Attribution> {
  const { changes, changed } = options;
  const components = [...new Set(changes.map(componentName))];
  const ids = [...changed.keys()].sort().slice(0, ATTRIBUTED_MAX);
  const candidate = new Map(ids.map((id) => [id, changed.get(id) ?? '']));
  const causes = await attribute({
    components,
    candidate,
    replay: (taken, recordings) => replayHybrid(options, new Set(taken), new Set(recordings)),
  });
  return groupCauses(causes);
}

async function replayHybrid(
  options: AttributeOptions,
  taken: ReadonlySet<string>,
  recordings: ReadonlySet<string>,
): Promise<Map<string, Fingerprint>> {
  const { baseline, candidate, changes, policy, live, workers, signal, sources } = options;
  const { code, definition } = makeHybrid(baseline, candidate, changes, taken);
  // The rules of the two versions: what a hybrid did is held against what the candidate did, under the same ones.
  const rules = new RuleBook(candidate.definition, baseline.definition);
  const target = { name: 'hybrid', bundle: await linkWorkflowBundle(code, { definition }), definition };
  const events = replayCohort(
    {
      candidate: target,
      answers: policy.answers,
      limits: policy.limits,
      secondOpinion: 0,
      ...(live === undefined ? {} : { live }),
      workers,
      signal,
    },
    sources(recordings),
  );
  const found = new Map<string, Fingerprint>();
  for await (const event of events) {
    if (event.kind === 'result') found.set(event.result.recording.id, matchedAware(event.result, rules));
  }
  return found;
}

/** A run that matched did what the baseline did; its result leaves the writes out, and cannot equal a changed one. */
function matchedAware(result: ReplayResult, rules: RuleBook): Fingerprint {
  return result.outcome === 'matched' ? 'matched' : fingerprintOf(result, rules);
}
