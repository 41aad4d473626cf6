/**
 * `mission-runtime/replay`: recorded runs against changed code, from your own programs and tests. For plain Temporal
 * workflows and histories; nothing here needs a registry, and nothing here executes an activity.
 */
export type { WorkflowBundle, WorkflowSource } from './artifact/bundle-workflows.ts';
export type { WorkflowPlugin } from './artifact/worker-plugins.ts';
export type { Difference } from './compare/difference.ts';
export type {
  Determinism,
  Divergence,
  EvidenceGrade,
  ExcludedRecording,
  ReplayedStep,
  ReplayOutcome,
  ReplayResult,
  StepCommand,
} from './compare/outcome.ts';
export { renderJson } from './compare/render/json.ts';
export { renderJUnit } from './compare/render/junit.ts';
export { renderMarkdown } from './compare/render/markdown.ts';
export { type Palette, PLAIN, type TerminalOptions } from './compare/render/palette.ts';
export { renderTerminal } from './compare/render/terminal.ts';
export type { Report, ReportCounts, ReportedResult, Verdict, VersionIdentity } from './compare/report.ts';
export {
  createReportBuilder,
  type ReportBuilder,
  type ReportEnding,
  type ReportSubject,
} from './compare/report-builder.ts';
export { evaluateGate, exitCodeOf, type GateFacts } from './gate/evaluate-gate.ts';
export { DEFAULT_POLICY, parsePolicy, parsePolicyFlags, policyDigest } from './gate/parse-policy.ts';
export type { ReplayPolicy, ReplayPolicyInput } from './gate/policy.ts';
export { decodeHistories, decodeHistory } from './recording/decode-history.ts';
export type { PayloadDecoder } from './recording/decode-payloads.ts';
export { encodeHistory } from './recording/encode-history.ts';
export { readHistoryFiles } from './recording/history-files.ts';
export type { HistoryRead } from './recording/history-read.ts';
export { type QueryOptions, readQueriedHistories } from './recording/queried-histories.ts';
export type { History } from './recording/recording.ts';
export type { RunEnd } from './recording/trace.ts';
export type { RecordingSummary } from './registry/recording-summary.ts';
export type { GivenHistories } from './release/plain-sources.ts';
export { type ReplayRecordingsOptions, replayRecordings, type WorkflowCode } from './release/replay-recordings.ts';
export { type NamedCode, type TryWorkflowsOptions, tryWorkflows } from './release/try-workflows.ts';
export { type AnswerPolicy, answerPolicy, type ReplayLimits, replayLimits } from './replay/answer-policy.ts';
export type { ReplayEvent } from './replay/replay-cohort.ts';
