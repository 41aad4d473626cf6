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
} from '../compare/attribution.ts';
import type { SampledRun } from '../compare/cause-sample.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import type { CommandView } from '../replay/command-view.ts';
import type { LiveAnswers } from '../replay/live-answers.ts';
import { openReplayPool, type ReplayPool, type ReplaySource, replayCohort } from '../replay/replay-cohort.ts';
import { RuleBook } from '../replay/rule-book.ts';
import { messageOf } from '../shared/errors.ts';
import { type ChangeParts, partsOfChange } from './change-parts.ts';
import { type ExpectedEnds, judgeByExpected } from './expected-end.ts';
import { fingerprintOf } from './fingerprint.ts';

export interface AttributeOptions {
  readonly baseline: Artifact;
  readonly candidate: Artifact;
  readonly changes: readonly ComponentChange[];
  /** The runs that are looked into, and what they did under the candidate. */
  readonly runs: readonly SampledRun<Fingerprint>[];
  /** What the candidate was held to where that is not what was recorded: hybrids are, too. */
  readonly expected: ExpectedEnds;
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
 * Finds the causes of the runs that came out otherwise.
 *
 * Runs of which a hybrid went without an answer that there is, for want of budget or of the baseline's activities, are left out: what
 * it did instead says nothing of the change.
 *
 * @returns nothing when nothing changed, or no run is left
 */
export async function attributeChanges(options: AttributeOptions): Promise<Attribution | undefined> {
  const { runs, policy } = options;
  const parts = partsOfChange({ ...options, answers: policy.answers });
  if (parts.components.length === 0) return undefined;
  const candidate = new Map(runs.map(({ id, kept }) => [id, kept]));
  const hybrids = openHybrids(options, parts);
  try {
    const { replay, starved } = hybrids;
    const { components, partsOf } = parts;
    const causes = await attribute({ components, candidate, replay, partsOf });
    const examined = runs.filter(({ id }) => !starved.has(id));
    return examined.length === 0 ? undefined : groupCauses(causes, examined);
  } finally {
    await hybrids.close();
  }
}

interface Hybrids {
  readonly replay: AttributionInput['replay'];
  /** Recordings of which a hybrid went without an answer that there is. */
  readonly starved: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Hybrids are replayed one after another, all in the same processes. */
function openHybrids(options: AttributeOptions, parts: ChangeParts): Hybrids {
  const { policy, workers, onHybrid } = options;
  let begun = 0;
  let taken: ReadonlySet<string> = new Set();
  const starved = new Set<string>();
  const live = options.live && hybridAnswers(options.live, (view) => parts.isOfBaseline(taken, view), starved);
  const pool = openReplayPool({ ...policy, ...(live && { live }), workers });
  return {
    replay: (names, recordings) => {
      taken = new Set(names);
      begun += 1;
      onHybrid?.(begun);
      return replayHybrid(options, parts.hybrid(taken), pool, new Set(recordings));
    },
    starved,
    close: () => pool.close(),
  };
}

/** @returns nothing when the hybrid cannot be made */
async function replayHybrid(
  { baseline, candidate, expected, policy, signal, sources }: AttributeOptions,
  hybrid: Hybrid | undefined,
  pool: ReplayPool,
  recordings: ReadonlySet<string>,
): Promise<Map<string, Fingerprint>> {
  if (hybrid === undefined || signal?.aborted === true) return new Map();
  const { code, definition } = hybrid;
  // The rules of the two versions: what a hybrid did is held against what the candidate did, under the same ones.
  const rulesOf = { candidate: candidate.definition, baseline: baseline.definition };
  const rules = RuleBook.of(rulesOf.candidate, rulesOf.baseline);
  const target = { name: 'hybrid', bundle: await linkWorkflowBundle(code, { definition }), definition, rulesOf };
  const { answers, limits, reads } = policy;
  const events = replayCohort(
    { candidate: target, answers, limits, reads, secondOpinion: 0, pool, signal },
    sources(recordings),
  );
  const found = new Map<string, Fingerprint>();
  for await (const event of events) {
    if (event.kind !== 'result') continue;
    const { result } = event;
    const did = fingerprintOf(judgeByExpected(result, expected, rules.output), rules, result);
    if (did !== undefined) found.set(result.recording.id, did);
  }
  return found;
}

/** Each step is answered by the activity of the version that the hybrid has it from. Whoever goes without is noted in `starved`. */
function hybridAnswers(
  live: TwoAnswers,
  isOfBaseline: (view: CommandView) => boolean,
  starved: Set<string>,
): LiveAnswers {
  let loading: Promise<LiveAnswers> | undefined;
  const ofBaseline = () => {
    loading ??= live.baseline().catch((error: unknown): LiveAnswers => {
      const refused = `the baseline's activities cannot be loaded: ${messageOf(error)}`;
      return { ask: async () => ({ refused, remedy: 'Publish the baseline again, or allow recorded answers.' }) };
    });
    return loading;
  };
  return {
    async ask(view, asker) {
      const answer = await (isOfBaseline(view) ? await ofBaseline() : live.candidate).ask(view, asker);
      // A step that nobody may ask again has no remedy.
      if ('refused' in answer && answer.remedy !== undefined && asker !== undefined) starved.add(asker.recording);
      return answer;
    },
  };
}
