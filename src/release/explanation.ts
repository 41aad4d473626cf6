/**
 * The explanation of one decision: which logic was applied, who released it on what evidence, and where routing sent the
 * run and why; with the entries of the audit trail that say so. It stands for itself: `verifyExplanation` needs no registry.
 */
import * as z from 'zod';
import type { RunEnd, Trace } from '../recording/trace.ts';
import type { ArtifactManifest } from '../registry/artifacts.ts';
import type { AuditEntry, AuditHead } from '../registry/audit-chain.ts';
import type { Intervention } from '../registry/interventions.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { ReportDocument } from '../registry/reports.ts';
import type { Route } from '../registry/routes.ts';
import type { Version } from '../registry/versions.ts';
import type { Json } from '../shared/json.ts';

export interface Explanation {
  readonly format: 1;
  /** When it was made, ISO 8601. */
  readonly createdAt: string;
  readonly run: {
    readonly summary: RecordingSummary;
    readonly input: Json;
    readonly end: RunEnd;
    readonly trace: Trace;
    /** The histories as they were stored, base64; `null` for a run that is not recorded yet. */
    readonly content: string | null;
  };
  /** The ledger's entry. */
  readonly version: Version;
  /** What the version is made of, the definition among it. */
  readonly manifest: ArtifactManifest;
  readonly routing: {
    /** Why this version: as stamped on the run when it was started. */
    readonly reason: string;
    readonly revision: number;
    /** As the stamp has them: the rule that decided, the key's bucket, and how likely such a key gets this version. */
    readonly rule?: string;
    readonly bucket?: number;
    readonly probability?: number;
    /** The traffic table that decided. */
    readonly route: Route | null;
  };
  /** How it came to another version than the one it began on, oldest first; each with its entry in the audit trail. */
  readonly moves: readonly (Intervention & { readonly audit: AuditEntry | null })[];
  readonly release: {
    /** The revision that gave the version traffic after it had none: who, when, why, on what ground. */
    readonly route: Route | null;
    /** The report that this rested on. */
    readonly report: ReportDocument | null;
  };
  readonly audit: {
    /** `chain`: all entries from the first to the last that concern the run. `entries`: those alone, for the trail is long. */
    readonly kind: 'chain' | 'entries';
    readonly entries: readonly AuditEntry[];
    /** `seq` of the entries that concern this run, by what they say. */
    readonly concerning: Readonly<Record<AuditedPart, number | null>>;
    /** The trail's head when this was made. */
    readonly head: AuditHead;
  };
}

/** What the audit trail says something about. */
export type AuditedPart = 'artifact' | 'version' | 'release' | 'report' | 'routing' | 'recording';

/** What was found of one part of a file. */
export interface PartCheck {
  /** `run`: that it is the version's. `stamp`: why it came there, as its start stamped it. `export`: that an export has it. */
  readonly part: AuditedPart | 'trail' | 'export' | 'trace' | 'run' | 'stamp' | 'moves' | 'head';
  /**
   * `proven`: by a head that was kept elsewhere. `consistent`: all of the file agrees, and nothing outside of it vouches for
   * that. `unproven`: the file does not hold what would say so, as of a run that is not recorded yet.
   */
  readonly state: 'proven' | 'consistent' | 'broken' | 'unproven';
  readonly message: string;
}

/** The reason of a run that nobody of ours started, and so nobody stamped. */
export const SERVER_REASON = "started by the Temporal server itself, on its current version: the route's default";

const shownMove = z.object({
  action: z.string(),
  kind: z.literal('move'),
  mission: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  from: z.int().nullable(),
  to: z.int().nullable(),
  ground: z.string().nullable(),
  by: z.string(),
  reason: z.string(),
  createdAt: z.string(),
  audit: z.json(),
});

/** Reads a file only as far as its parts have to be told apart; each is then checked against the audit trail. */
export const explanationFile = z.object({
  format: z.literal(1),
  run: z.object({
    summary: z.looseObject({
      id: z.string(),
      digest: z.string(),
      workflowId: z.string(),
      mission: z.string(),
      version: z.int(),
      artifact: z.string().optional(),
      startedAt: z.string(),
    }),
    content: z.string().nullable(),
    trace: z.json(),
    end: z.json(),
    input: z.json(),
  }),
  version: z.looseObject({ mission: z.string(), number: z.int(), artifact: z.string() }),
  manifest: z.json(),
  routing: z.object({
    reason: z.string(),
    revision: z.int(),
    rule: z.string().optional(),
    bucket: z.int().optional(),
    probability: z.number().optional(),
    route: z.json(),
  }),
  moves: z.array(shownMove).default([]),
  release: z.object({ route: z.json(), report: z.looseObject({ digest: z.string() }).nullable() }),
  audit: z.object({
    kind: z.enum(['chain', 'entries']),
    entries: z.array(z.unknown()),
    concerning: z.record(z.string(), z.int().nullable()),
    head: z.object({ seq: z.int(), hash: z.string() }),
  }),
});

export type ExplanationFile = z.infer<typeof explanationFile>;
