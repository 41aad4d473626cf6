/** `mission-runtime/worker`: for processes that host missions. */
export type { BerthState } from './fleet/berth.ts';
export type { FleetMember } from './fleet/berths.ts';
export { type Fleet, type FleetOptions, startFleet } from './fleet/fleet.ts';
export { describeFleetEvent, type FleetEvent } from './fleet/fleet-event.ts';
export { type ListRunsOptions, listRuns, type RunStatus, type RunSummary } from './fleet/list-runs.ts';
export type { HostingReason, WantedArtifact } from './fleet/plan-fleet.ts';
export type { BlockedStep, ShadowFacts, ShadowHost } from './fleet/shadow-host.ts';
export { type FollowShadowsOptions, followShadows, type ShadowFollower } from './shadow/follow-shadows.ts';
export { describeShadowEvent, type ShadowEvent } from './shadow/shadow-event.ts';
export { type FleetJudgeOptions, judgeOverFleet, type ShardProgress } from './sharding/judge-over-fleet.ts';
export {
  type ReplayHost,
  type ReplayHostEvent,
  type ReplayHostOptions,
  startReplayHost,
} from './sharding/replay-host.ts';
