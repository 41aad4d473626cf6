/** Reports as a replay of two stored versions would make them. */
import type { ReplayResult } from '../../src/compare/outcome.ts';
import type { Report } from '../../src/compare/report.ts';
import { buildReport } from '../../src/compare/report-builder.ts';
import { evaluateGate } from '../../src/gate/evaluate-gate.ts';
import { DEFAULT_POLICY, policyDigest } from '../../src/gate/parse-policy.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { ReportDocument } from '../../src/registry/reports.ts';
import { type Digest, digestOf } from '../../src/shared/digest.ts';
import type { Json } from '../../src/shared/json.ts';
import { sampleRecording } from '../registry/samples.ts';

const MISSION = 'refund-eligibility';

export interface ReportFacts {
  readonly baseline: Digest;
  readonly candidate: Digest;
  /** Outcomes of one recording each. @default one matched */
  readonly outcomes?: readonly ReplayResult['outcome'][];
  /** Recordings in the cohort. @default as many as outcomes */
  readonly cohort?: number;
  readonly kind?: 'recordings' | 'picked';
  readonly createdAt?: string;
}

export function reportOf({ baseline, candidate, outcomes = ['matched'], ...facts }: ReportFacts): Report {
  return buildReport(
    {
      mission: MISSION,
      baseline: { name: `${MISSION}@1`, artifact: baseline },
      candidate: { name: `${MISSION}@2`, artifact: candidate },
      policy: { digest: policyDigest(DEFAULT_POLICY), value: DEFAULT_POLICY as Json },
      changes: [],
    },
    outcomes.map((outcome, index) => resultOf(index, outcome)),
    [],
    {
      createdAt: facts.createdAt ?? '2026-03-01T12:00:00.000Z',
      cohort: {
        digest: digestOf('cohort'),
        recordings: facts.cohort ?? outcomes.length,
        selection: 'all',
        kind: facts.kind ?? 'recordings',
      },
      judge: (counts) => evaluateGate(counts, DEFAULT_POLICY),
    },
  );
}

export async function storeReport(registry: Registry, report: Report): Promise<void> {
  await registry.reports.put(report as unknown as ReportDocument);
}

function resultOf(index: number, outcome: ReplayResult['outcome']): ReplayResult {
  const end = { status: 'completed' as const, result: { approve: true } };
  const changed = outcome === 'changed';
  return {
    recording: sampleRecording(index).summary,
    outcome,
    baselineEnd: end,
    candidateEnd: end,
    endDifferences: changed ? [{ pointer: '/approve', kind: 'changed', baseline: true, candidate: false }] : [],
    baselineEffects: [],
    candidateEffects: [],
    effectDifferences: [],
    divergence: null,
    steps: [],
    determinism: { deterministic: true },
    evidence: { exact: 3 },
    durationMs: 4,
  };
}
