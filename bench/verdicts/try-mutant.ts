/** What the product, and Temporal's own replayer, say of one mutant. */
import { Worker } from '@temporalio/worker';
import { componentName } from '../../src/artifact/hybrid.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { describeCauses } from '../../src/compare/attribution.ts';
import type { Report, ReportCounts } from '../../src/compare/report.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { tryCandidate } from '../../src/release/try-candidate.ts';
import { type BenchMission, withProject } from './bench-mission.ts';
import type { Laboratory, RecordedHistory } from './laboratory.ts';
import { applyEdits, type Effect, type Mutant, type Sources } from './mutant.ts';

/** Models are asked again (the local one: it follows what the prompt says), what people said is kept, writes get receipts. */
const POLICY = parsePolicyFlags([
  'model=live',
  'read=live',
  'write=simulator',
  'decision=recorded',
  'activity=recorded',
  'second-opinion=0',
]);

export interface Tried {
  /** `unanswered` when no outcome is known to change. */
  readonly verdict: Effect;
  /** Why outcomes are others, each cause once: what the report's attribution says of runs that count as `outcome`. */
  readonly causes: readonly string[];
  /** How many components differ between the two versions. */
  readonly components: number;
  /** Steps where runs first leave the recorded way, most frequent first. */
  readonly steps: readonly string[];
  /** Why candidates came to no end: what nobody could answer, and how they failed. */
  readonly reasons: readonly string[];
  readonly counts: ReportCounts;
  /** How many histories Temporal's own replayer refused, and of how many. */
  readonly official: { readonly refused: number; readonly of: number };
}

/** Publishes a mutant and tries it on the recordings of the baseline. */
export async function tryMutant(
  laboratory: Laboratory,
  { name }: Pick<BenchMission, 'name'>,
  sources: Sources,
  mutant: Mutant,
): Promise<Tried> {
  const { registry, histories } = laboratory;
  const { artifact, version } = await withProject(applyEdits(sources, mutant), (root) =>
    publishMission({ registry, root, mission: name, author: 'bench', message: mutant.id }),
  );
  const report = await tryCandidate({
    registry,
    candidate: { mission: name, number: version.number },
    baseline: { mission: name, number: 1 },
    policy: POLICY,
    // A cohort is small: loading the versions in another process would take longer than replaying.
    workers: 1,
  });
  const recorded = histories.get(name) ?? [];
  if (report.counts.faithful !== report.counts.recordings) {
    throw new Error(`${name}: recordings are excluded: ${JSON.stringify(report.excluded.slice(0, 3))}`);
  }
  return {
    verdict: verdictOf(report.counts),
    causes: causesOf(report),
    components: new Set(report.changes.map(componentName)).size,
    steps: report.divergences.map(({ step }) => step),
    reasons: [
      ...report.unanswered.map(({ step, reason, example }) => `${step}: ${reason} (${example})`),
      ...report.failures.map(({ message, example }) => `${message} (${example})`),
    ],
    counts: report.counts,
    official: {
      refused: await officialRefusals((await linkWorkflowBundle(artifact)).code, recorded),
      of: recorded.length,
    },
  };
}

/** Labels name causes of other outcomes; runs that only ask otherwise on the way, or that nobody could answer, have causes of their own. */
function causesOf({ attribution }: Report): string[] {
  const groups = attribution?.groups.filter(({ outcome }) => outcome === 'changed' || outcome === 'failed') ?? [];
  return [...new Set(groups.map(({ causes }) => describeCauses(causes)))];
}

function verdictOf({ outcomes }: ReportCounts): Tried['verdict'] {
  if (outcomes.changed + outcomes.failed > 0) return 'outcome';
  if (outcomes.unanswered > 0) return 'unanswered';
  return outcomes.diverged > 0 ? 'request' : 'none';
}

async function officialRefusals(code: string, recorded: readonly RecordedHistory[]): Promise<number> {
  let refused = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { code } }, recorded)) {
    if (error !== undefined) refused += 1;
  }
  return refused;
}
