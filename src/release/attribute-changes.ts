/** Why recorded runs would come out differently: hybrids of the two versions are replayed on them. */
import type { Artifact } from '../artifact/artifact.ts';
import type { ComponentChange } from '../artifact/component-change.ts';
import type { Hybrid } from '../artifact/hybrid.ts';
import { linkWorkflowBundle } from '../artifact/link-workflow-bundle.ts';
import {
  type Attribution,
  type AttributionInput,
  attribute,
  type Fingerprint,
  groupCauses,
  sampleForCauses,
} from '../compare/attribution.ts';
import { normalise } from '../compare/normalise.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { withoutVolatile } from '../replay/candidate-way.ts';
import type { CommandView } from '../replay/command-view.ts';
import type { LiveAnswers } from '../replay/live-answers.ts';
import { openReplayPool, type ReplayPool, type ReplaySource, replayCohort } from '../replay/replay-cohort.ts';
import { RuleBook } from '../replay/rule-book.ts';
import { digestOfJson } from '../shared/digest.ts';
import { messageOf } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { type ChangeParts, partsOfChange } from './change-parts.ts';

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
  readonly live?: TwoAnswers | undefined;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many hybrids were begun, before each. How many it will be nobody knows. */
  readonly onHybrid?: ((begun: number) => void) | undefined;
}

/** What the activities of the two versions answer. */
export interface TwoAnswers {
  readonly candidate: LiveAnswers;
  /** Loads them; asked once, when a hybrid needs them. */
  readonly baseline: () => Promise<LiveAnswers>;
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
  // A digest: there is one for every run, and a run may have given back a lot.
  return digestOfJson({ outcome: candidateEnd === null ? outcome : 'ended', end: end as Json, writes });
}

/** Finds the causes of changed runs; of many, of a sample of {@link ATTRIBUTED_MAX}. */
export async function attributeChanges(options: AttributeOptions): Promise<Attribution | undefined> {
  const { changed, policy } = options;
  const parts = partsOfChange({ ...options, answers: policy.answers });
  if (parts.components.length === 0) return undefined;
  const ids = sampleForCauses([...changed.keys()], ATTRIBUTED_MAX);
  const candidate = new Map(ids.map((id) => [id, changed.get(id) ?? '']));
  const hybrids = openHybrids(options, parts);
  try {
    const { replay } = hybrids;
    return groupCauses(await attribute({ components: parts.components, candidate, replay, partsOf: parts.partsOf }));
  } finally {
    await hybrids.close();
  }
}

interface Hybrids {
  readonly replay: AttributionInput['replay'];
  close(): Promise<void>;
}

/** Hybrids are replayed one after another, all in the same processes. */
function openHybrids(options: AttributeOptions, parts: ChangeParts): Hybrids {
  const { policy, workers, onHybrid } = options;
  let begun = 0;
  let taken: ReadonlySet<string> = new Set();
  const live = options.live && hybridAnswers(options.live, (view) => parts.isOfBaseline(taken, view));
  const pool = openReplayPool({ ...policy, ...(live && { live }), workers });
  return {
    replay: (names, recordings) => {
      taken = new Set(names);
      begun += 1;
      onHybrid?.(begun);
      return replayHybrid(options, parts.hybrid(taken), pool, new Set(recordings));
    },
    close: () => pool.close(),
  };
}

/** @returns nothing when the hybrid cannot be made */
async function replayHybrid(
  { baseline, candidate, policy, signal, sources }: AttributeOptions,
  hybrid: Hybrid | undefined,
  pool: ReplayPool,
  recordings: ReadonlySet<string>,
): Promise<Map<string, Fingerprint>> {
  if (hybrid === undefined || signal?.aborted === true) return new Map();
  const { code, definition } = hybrid;
  // The rules of the two versions: what a hybrid did is held against what the candidate did, under the same ones.
  const rules = new RuleBook(candidate.definition, baseline.definition);
  const target = { name: 'hybrid', bundle: await linkWorkflowBundle(code, { definition }), definition };
  const { answers, limits } = policy;
  const events = replayCohort(
    { candidate: target, answers, limits, secondOpinion: 0, pool, signal },
    sources(recordings),
  );
  const found = new Map<string, Fingerprint>();
  for await (const event of events) {
    if (event.kind === 'result') found.set(event.result.recording.id, matchedAware(event.result, rules));
  }
  return found;
}

/** Each step is answered by the activity of the version that the hybrid has it from. */
function hybridAnswers(live: TwoAnswers, isOfBaseline: (view: CommandView) => boolean): LiveAnswers {
  let loading: Promise<LiveAnswers> | undefined;
  const ofBaseline = () => {
    loading ??= live.baseline().catch((error: unknown): LiveAnswers => {
      const refused = `the baseline's activities cannot be loaded: ${messageOf(error)}`;
      return { ask: async () => ({ refused }) };
    });
    return loading;
  };
  return {
    ask: async (view, asker) => (isOfBaseline(view) ? await ofBaseline() : live.candidate).ask(view, asker),
  };
}

/** A run that matched did what the baseline did; its result leaves the writes out, and cannot equal a changed one. */
function matchedAware(result: ReplayResult, rules: RuleBook): Fingerprint {
  return result.outcome === 'matched' ? 'matched' : fingerprintOf(result, rules);
}
