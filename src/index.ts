/** `mission-runtime`: for programs that start missions, follow their runs, and release versions. */
export type { Artifact } from './artifact/artifact.ts';
export {
  createMissionClient,
  type MissionClient,
  type MissionClientOptions,
  type MissionHandle,
  type StartedRun,
  type StartOptions,
  type TemporalAccess,
} from './client/mission-client.ts';
export type { DecideRequest, InputOf, MissionRun, MissionShape, OptionOf, ResultOf } from './client/mission-run.ts';
export type { NewSchedule, ScheduleHandle } from './client/mission-schedule.ts';
export type { CancelOptions, MoveOptions, WhichRuns } from './client/open-runs.ts';
export type { Drift } from './compare/drift.ts';
export type { IntendedChange } from './compare/intended-change.ts';
export type { Report, Verdict } from './compare/report.ts';
export type { Decided } from './decisions/decide.ts';
export {
  type ListDecisionsOptions,
  listOpenDecisions,
  type OpenDecision,
  type UnreadableRun,
} from './decisions/open-decisions.ts';
export { parsePolicy, parsePolicyFlags } from './gate/parse-policy.ts';
export type { ReplayPolicy } from './gate/policy.ts';
export type { AuditEntry, AuditHead, AuditVerdict } from './registry/audit-chain.ts';
export { openRegistry, type Registry, type RegistryOptions } from './registry/registry.ts';
export type { NewRoute, Route, RouteChange, RouteWeight } from './registry/routes.ts';
export type { Version } from './registry/versions.ts';
export {
  type ActivateOptions,
  type Activation,
  type ActivationGround,
  activateVersion,
} from './release/activate-version.ts';
export { type DriftOptions, findDrift } from './release/find-drift.ts';
export {
  type HostingRequest,
  holdVersion,
  type Retired,
  type RetireRequest,
  releaseHold,
  retireVersion,
  wakeVersion,
} from './release/hosting-orders.ts';
export { type LogEntry, missionLog } from './release/mission-log.ts';
export type { MissionSchedule, MissionScheduleDetails } from './release/mission-schedules.ts';
export type { RunMove } from './release/move-one.ts';
export { type Published, type PublishOptions, publishMission } from './release/publish-mission.ts';
export { type Rollback, type RollbackOptions, rollback } from './release/rollback.ts';
export { type ServerDefault, type SetServerDefaultOptions, setServerDefault } from './release/server-default.ts';
export type { StoppedRun } from './release/stop-runs.ts';
export { type TryOptions, type TryProgress, tryCandidate } from './release/try-candidate.ts';
export type { CallerAttributes } from './routing/caller-attributes.ts';
export type { RouteDecision, RouteRequest } from './routing/resolve-route.ts';
export {
  createRouter,
  type RoutedStart,
  type Router,
  type RouterMission,
  type RouterOptions,
} from './routing/router.ts';
export { describeRouterEvent, type RouterEvent } from './routing/router-event.ts';
export { type StartedMission, type StartMissionOptions, startMission } from './routing/start-mission.ts';
export { ERROR_CODES, type ErrorCode, isMissionError, MissionError } from './shared/errors.ts';
export type { Json, JsonObject } from './shared/json.ts';
export { formatVersionRef, parseVersionRef, type VersionRef } from './shared/version-ref.ts';
export { tracedStarts } from './telemetry/client-interceptor.ts';
export { createMetrics, type Metrics } from './telemetry/prometheus.ts';
export { startTracing, type Tracing } from './telemetry/tracing.ts';
export { type ConnectOptions, connectTemporal, type TemporalConnection } from './temporal/connection.ts';
