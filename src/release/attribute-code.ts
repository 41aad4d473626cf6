/** Why runs of plain workflows would go otherwise: hybrids of the two bundles are replayed on them. */
import { type BundleChange, splitBundles } from '../artifact/bundle-change.ts';
import { type Attribution, attribute, type Fingerprint, groupCauses } from '../compare/attribution.ts';
import { CauseSample, type SampledRun } from '../compare/cause-sample.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { openReplayPool, type ReplayPool, type ReplaySource, replayCohort } from '../replay/replay-cohort.ts';
import { RuleBook } from '../replay/rule-book.ts';
import { fingerprintOf } from './fingerprint.ts';
import { ifItFits } from './if-it-fits.ts';

/** Nothing is declared of plain workflows: they are compared exactly. */
const NO_BOOK = RuleBook.of(undefined);

/** Functions and statements are tried at once where they are few; else modules first. */
const UNITS_AT_ONCE = 16;

/** What is kept of a run that came out otherwise: what it did, and its history. */
interface ChangedRun {
  readonly source: ReplaySource;
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

/** Keeps the runs that are looked into, for as long as causes are looked for. */
export class ChangedRuns {
  readonly #sample: CauseSample<ChangedRun>;

  constructor({ causes }: Pick<ReplayPolicy, 'causes'>) {
    this.#sample = new CauseSample(causes);
  }

  add(source: ReplaySource, result: ReplayResult): void {
    const did = fingerprintOf(result, NO_BOOK);
    if (did !== undefined) this.#sample.add(result, { source, did });
  }

  get runs(): readonly SampledRun<ChangedRun>[] {
    return this.#sample.runs;
  }
}

/** @returns nothing when no run came out otherwise, the two bundles cannot be taken apart, or it was interrupted. */
export async function attributeCode(
  options: AttributeCodeOptions,
  { runs }: ChangedRuns,
): Promise<Attribution | undefined> {
  const isStopped = () => options.signal?.aborted === true;
  if (runs.length === 0 || isStopped()) return undefined;
  const change = ifItFits(() => splitBundles(options.baseline.code, options.candidate.code));
  if (change === undefined) return undefined;
  const pool = openReplayPool({ ...options.policy, workers: options.workers });
  try {
    const sources = new Map(runs.map(({ id, kept }) => [id, kept.source]));
    const replay = hybridReplay(options, { change, sources, pool });
    const candidate = new Map(runs.map(({ id, kept }) => [id, kept.did]));
    const causes = await attribute({
      components: ['code'],
      candidate,
      replay,
      partsOf: (unit) => waysOf(unit, change),
    });
    // What was interrupted says nothing.
    return isStopped() ? undefined : groupCauses(causes, runs);
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
  readonly sources: ReadonlyMap<string, ReplaySource>;
  readonly pool: ReplayPool;
}

function hybridReplay({ policy, signal, onHybrid }: AttributeCodeOptions, { change, sources, pool }: HybridContext) {
  let begun = 0;
  return async (taken: readonly string[], recordings: readonly string[]) => {
    begun += 1;
    onHybrid?.(begun);
    const found = new Map<string, Fingerprint>();
    if (signal?.aborted === true) return found;
    const code = ifItFits(() => change.render(new Set(taken)));
    if (code === undefined) return found;
    const asked = recordings.flatMap((id) => sources.get(id) ?? []);
    const { answers, limits, reads } = policy;
    const target = { name: `hybrid ${begun}`, bundle: { code } };
    for await (const event of replayCohort(
      { candidate: target, answers, limits, reads, secondOpinion: 0, pool, signal },
      inOrder(asked),
    )) {
      if (event.kind !== 'result') continue;
      const did = fingerprintOf(event.result, NO_BOOK);
      if (did !== undefined) found.set(event.result.recording.id, did);
    }
    return found;
  };
}

async function* inOrder(sources: readonly ReplaySource[]): AsyncGenerator<ReplaySource> {
  yield* sources;
}
