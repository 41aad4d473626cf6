/** Reports of replays by digest: the evidence that an activation names. */
import * as z from 'zod';
import { digestOf } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { gunzippedText, gzipped } from './gzip.ts';
import { type KeyUse, readKeyUse } from './key-use.ts';
import { opaqueText } from './opaque.ts';
import { bytesColumn, timestampColumn } from './rows.ts';
import type { SqlSession } from './sql.ts';

/** What the registry reads of a report, and so what it can find one by. The rest it keeps as it is. */
export interface ReportDocument {
  readonly digest: string;
  readonly mission: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly baseline: { readonly name: string; readonly artifact: string };
  readonly candidate: { readonly name: string; readonly artifact: string };
  readonly cohort: { readonly digest: string };
  readonly policy: { readonly digest: string };
  readonly partial: boolean;
  readonly verdict: { readonly verdict: 'passed' | 'failed' | 'inconclusive' };
}

const summaryRow = z.object({
  digest: z.string(),
  mission: z.string(),
  createdAt: timestampColumn,
  baselineName: z.string(),
  baselineArtifact: z.string(),
  candidateName: z.string(),
  candidateArtifact: z.string(),
  cohort: z.string(),
  policy: z.string(),
  verdict: z.enum(['passed', 'failed', 'inconclusive']),
  partial: z.boolean(),
});

/** What lists show of a report. `cohort` and `policy` are digests. */
export type ReportSummary = Readonly<z.infer<typeof summaryRow>>;

export interface ReportFilter {
  readonly mission?: string;
  readonly candidateArtifact?: string;
  readonly baselineArtifact?: string;
  readonly verdict?: ReportSummary['verdict'];
  /** The newest so many. @default 100 */
  readonly limit?: number;
}

export interface Reports {
  /** Stores a report under its own digest; `added` is false when it is already there. */
  put(report: ReportDocument): Promise<{ readonly added: boolean }>;
  /**
   * The whole report as it was put: JSON, to be read by whoever knows its form.
   *
   * @throws MissionError `REPORT_UNKNOWN` when there is none, `ARTIFACT_CORRUPT` when it is not what was stored.
   */
  get(digest: string): Promise<ReportDocument>;
  /** Newest first. */
  list(filter?: ReportFilter): Promise<readonly ReportSummary[]>;
  keyUse(): Promise<readonly KeyUse[]>;
  /**
   * Seals with the active key what another one sealed, or none; returns how many. It may be stopped and called again.
   *
   * @throws MissionError `ENCRYPTION_KEY_MISSING` when one cannot be opened.
   */
  reseal(): Promise<number>;
  /** The newest complete report with the verdict `passed` on exactly this artifact. */
  findPassing(filter: {
    readonly mission: string;
    readonly candidateArtifact: string;
    readonly baselineArtifact?: string;
  }): Promise<ReportSummary | undefined>;
}

const COLUMNS = `digest, mission, created_at AS "createdAt", baseline_name AS "baselineName",
  baseline_artifact AS "baselineArtifact", candidate_name AS "candidateName", candidate_artifact AS "candidateArtifact",
  cohort_digest AS cohort, policy_digest AS policy, verdict, partial`;

export function createReports(context: RegistryContext): Reports {
  const { sql } = context;
  return {
    put: (report) => putReport(context, report),
    get: (digest) => getReport(context, digest),
    list: (filter = {}) => listReports(sql, filter),
    keyUse: () => readKeyUse(sql, 'reports'),
    reseal: () => reseal(context),
    findPassing: async (filter) => {
      const [newest] = await listReports(sql, { ...filter, verdict: 'passed', limit: 1 }, 'AND NOT partial');
      return newest;
    },
  };
}

async function putReport(context: RegistryContext, report: ReportDocument): Promise<{ readonly added: boolean }> {
  const text = opaqueText(report, `Report ${report.digest}`);
  const document = context.vault.seal(await gzipped(text), placeOf(report.digest));
  return context.sql.transaction(async (session) => {
    const rows = await session.query(
      `INSERT INTO mission.reports (digest, mission, baseline_name, baseline_artifact, candidate_name,
         candidate_artifact, cohort_digest, policy_digest, verdict, partial, created_at, document, document_digest,
         key_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (digest) DO NOTHING RETURNING digest`,
      [...columnsOf(report), document, digestOf(text), context.vault.keyId],
    );
    if (rows.length === 0) return { added: false };
    const details = {
      mission: report.mission,
      candidate: report.candidate.artifact,
      verdict: report.verdict.verdict,
      documentDigest: digestOf(text),
    };
    await appendAudit(session, context, [{ action: 'report.put', subject: report.digest, details }]);
    return { added: true };
  });
}

/** For the vault. */
function placeOf(digest: string): string {
  return `report/${digest}`;
}

async function reseal(context: RegistryContext): Promise<number> {
  const { sql, vault } = context;
  const rows = await sql.query('SELECT digest FROM mission.reports WHERE key_id IS DISTINCT FROM $1 ORDER BY digest', [
    vault.keyId,
  ]);
  let count = 0;
  for (const row of rows) if (await resealOne(context, String(row['digest']))) count += 1;
  return count;
}

function resealOne(context: RegistryContext, digest: string): Promise<boolean> {
  const { sql, vault } = context;
  return sql.transaction(async (session) => {
    const [row] = await session.query('SELECT key_id, document FROM mission.reports WHERE digest = $1 FOR UPDATE', [
      digest,
    ]);
    if (row === undefined || row['key_id'] === vault.keyId) return false;
    const document = vault.open(bytesColumn.parse(row['document']), placeOf(digest));
    await session.query('UPDATE mission.reports SET document = $2, key_id = $3 WHERE digest = $1', [
      digest,
      vault.seal(document, placeOf(digest)),
      vault.keyId,
    ]);
    await appendAudit(session, context, [{ action: 'report.reseal', subject: digest, details: { key: vault.keyId } }]);
    return true;
  });
}

function columnsOf(report: ReportDocument) {
  return [
    report.digest,
    report.mission,
    report.baseline.name,
    report.baseline.artifact,
    report.candidate.name,
    report.candidate.artifact,
    report.cohort.digest,
    report.policy.digest,
    report.verdict.verdict,
    report.partial,
    new Date(report.createdAt),
  ];
}

async function getReport({ sql, vault }: RegistryContext, digest: string): Promise<ReportDocument> {
  const [row] = await sql.query(
    'SELECT document, document_digest AS "documentDigest" FROM mission.reports WHERE digest = $1',
    [digest],
  );
  if (row === undefined) {
    throw new MissionError('REPORT_UNKNOWN', `The registry has no report ${digest}.`, {
      remedy: 'List the reports of the mission, or replay the candidate to make one.',
      details: { digest },
    });
  }
  const { document, documentDigest } = z.object({ document: bytesColumn, documentDigest: z.string() }).parse(row);
  const text = await gunzippedText(vault.open(document, placeOf(digest))).catch(() => '');
  if (digestOf(text) !== documentDigest) {
    throw new MissionError('ARTIFACT_CORRUPT', `Report ${digest} is not what was stored.`, {
      remedy: 'Restore the registry from a backup: the database was changed or damaged from outside.',
      details: { digest },
    });
  }
  return JSON.parse(text) as ReportDocument;
}

async function listReports(session: SqlSession, filter: ReportFilter, extra = ''): Promise<readonly ReportSummary[]> {
  const rows = await session.query(
    `SELECT ${COLUMNS} FROM mission.reports
     WHERE ($1::text IS NULL OR mission = $1) AND ($2::text IS NULL OR candidate_artifact = $2)
       AND ($3::text IS NULL OR baseline_artifact = $3) AND ($4::text IS NULL OR verdict = $4) ${extra}
     ORDER BY created_at DESC, digest LIMIT $5`,
    [
      filter.mission ?? null,
      filter.candidateArtifact ?? null,
      filter.baselineArtifact ?? null,
      filter.verdict ?? null,
      filter.limit ?? 100,
    ],
  );
  return rows.map((row) => summaryRow.parse(row));
}
