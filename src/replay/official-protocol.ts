/** What the process of Temporal's own replayer is told and asked. */

export interface OfficialOptions {
  readonly code: string;
}

export interface OfficialQuestion {
  /** As `encodeRecordingContent` writes it. */
  readonly content: Uint8Array;
  readonly workflowId: string;
}
