/** Why runs of plain workflows would go otherwise: hybrids of the two bundles are replayed on them. */
import { type BundleChange, splitBundles } from '../artifact/bundle-change.ts';
import { type Attribution, attribute, type Fingerprint, groupCauses } from '../compare/attribution.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { openReplayPool, type ReplayPool, type ReplaySource, replayCohort } from '../replay/replay-cohort.ts';
import { digestOfJson } from '../shared/digest.ts';
import type { Json } from '../shared/json.ts';
import { ifItFits } from './if-it-fits.ts';
import { KeptRuns } from './kept-runs.ts';

/** Runs that are looked into; each needs a replay per changed place. */
const ATTRIBUTED_MAX = 200;

/** Functions and statements are tried at once where they are few; else modules first. */
const UNITS_AT_ONCE = 16;

/** A run that went another way, and its history. */
interface ChangedRun {
  readonly source: ReplaySource;
  readonly outcome: ReplayResult['outcome'];
  /** What it did. */
  readonly did: Fingerprint;
}

export interface AttributeCodeOptions {
  readonly baseline: { readonly code: string };
  readonly candidate: { readonly code: string };
  readonly policy: ReplayPolicy;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many hybrids were begun, before each. */
  readonly onHybrid?: ((begun: number) => void) | undefined;
}

/** Keeps the runs that do not match, for as long as causes are looked for. */
export function changedRuns(): KeptRuns<ChangedRun> {
  return new KeptRuns(ATTRIBUTED_MAX, (source, result) => {
    const { outcome } = result;
    return outcome === 'matched' ? undefined : { source, outcome, did: fingerprintOf(result, outcome) };
  });
}

/** @returns nothing when no run changed, or the two bundles cannot be taken apart. */
export async function attributeCode(
  options: AttributeCodeOptions,
  runs: ReadonlyMap<string, ChangedRun>,
): Promise<Attribution | undefined> {
  if (runs.size === 0) return undefined;
  const change = ifItFits(() => splitBundles(options.baseline.code, options.candidate.code));
  if (change === undefined) return undefined;
  const pool = openReplayPool({ ...options.policy, workers: options.workers });
  try {
    const replay = hybridReplay(options, { change, runs, pool });
    const candidate = new Map([...runs].map(([id, { did }]) => [id, did]));
    const causes = await attribute({
      components: ['code'],
      candidate,
      replay,
      partsOf: (unit) => waysOf(unit, change),
    });
    // What was interrupted says nothing.
    return options.signal?.aborted === true ? undefined : groupCauses(causes);
  } finally {
    await pool.close();
  }
}

function waysOf(component: string, { modules }: BundleChange): readonly (readonly string[])[] {
  if (component !== 'code') {
    const units = modules.get(component) ?? [];
    return units.length === 0 ? [] : [units];
  }
  const units = [...new Set([...modules].flatMap(([module, own]) => (own.length === 0 ? [module] : own)))];
  return units.length > UNITS_AT_ONCE ? [[...modules.keys()]] : [units, [...modules.keys()]];
}

interface HybridContext {
  readonly change: BundleChange;
  readonly runs: ReadonlyMap<string, ChangedRun>;
  readonly pool: ReplayPool;
}

function hybridReplay({ policy, signal, onHybrid }: AttributeCodeOptions, { change, runs, pool }: HybridContext) {
  let begun = 0;
  return async (taken: readonly string[], recordings: readonly string[]) => {
    begun += 1;
    onHybrid?.(begun);
    const found = new Map<string, Fingerprint>();
    const code = ifItFits(() => change.render(new Set(taken)));
    if (code === undefined || signal?.aborted === true) return found;
    const asked = recordings.flatMap((id) => runs.get(id) ?? []);
    const { answers, limits } = policy;
    const target = { name: `hybrid ${begun}`, bundle: { code } };
    for await (const event of replayCohort(
      { candidate: target, answers, limits, secondOpinion: 0, pool, signal },
      sourcesOf(asked),
    )) {
      if (event.kind !== 'result') continue;
      const { id } = event.result.recording;
      const like = runs.get(id)?.outcome;
      if (like !== undefined) found.set(id, fingerprintOf(event.result, like));
    }
    return found;
  };
}

async function* sourcesOf(runs: readonly ChangedRun[]): AsyncGenerator<ReplaySource> {
  for (const { source } of runs) yield source;
}

/**
 * What a replay did, in what there is to explain of the candidate's: the end where that is another, the first step that is asked
 * otherwise where the end is the same or was not reached.
 */
function fingerprintOf(result: ReplayResult, like: ReplayResult['outcome']): Fingerprint {
  const { outcome, candidateEnd, failure, divergence } = result;
  const end = candidateEnd ?? failure?.message ?? outcome;
  if (like === 'changed' || like === 'failed') return digestOfJson(end as Json);
  const way = divergence && {
    kind: divergence.kind,
    step: divergence.step,
    request: divergence.candidate?.request ?? null,
  };
  return digestOfJson({ reached: candidateEnd !== null, way } as Json);
}
