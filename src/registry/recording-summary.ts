/** What is known of a recording without its histories; what lists, cohorts and reports show. */
export interface RecordingSummary {
  /** `<workflow id>/<run id of the first link>` */
  readonly id: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  /** Mission, version number and artifact digest that ran it; absent for plain Temporal workflows. */
  readonly mission?: string;
  readonly version?: number;
  readonly artifact?: string;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Links of its continue-as-new chain, 1 for most runs. */
  readonly links: number;
  readonly events: number;
  /** SHA-256 of the histories' bytes: what a cohort is frozen by. */
  readonly digest: string;
  /** Whether declared secrets and personal fields were replaced. */
  readonly redacted: boolean;
}
