/** Looking for drift beside hosted missions: what `worker` and `dev` do once a day. */
import { hostname } from 'node:os';
import type { Drift } from '../compare/drift.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import type { Registry } from '../registry/registry.ts';
import { type DriftEvent, type DriftWatch, describeDriftEvent, watchDrift } from '../release/drift-watch.ts';
import { activeVersion } from '../routing/active-version.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { count, provideGauge } from '../telemetry/metrics.ts';
import type { Call } from './command.ts';
import type { CliContext } from './context.ts';
import type { HostSetup } from './host-options.ts';
import { readPolicy } from './read-policy.ts';
import { remembered } from './remembered.ts';

export interface WatchMissionsOptions {
  readonly call: Pick<Call<unknown>, 'output'>;
  readonly registry: Registry;
  /** @default all of the registry */
  readonly missions?: readonly string[] | undefined;
  readonly plan: DriftPlan;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
}

export interface DriftPlan {
  readonly intervalMs: number;
  readonly policy: ReplayPolicy;
}

/** How often to look and under which policy; `undefined` when nobody wants it. @throws MissionError `POLICY_INVALID` */
export async function readDriftPlan({ record, drift }: HostSetup, context: CliContext): Promise<DriftPlan | undefined> {
  if (!record || drift.everyMs === 0) return undefined;
  const policy = await readPolicy(drift.policy === undefined ? {} : { policy: [drift.policy] }, context);
  return { intervalMs: drift.everyMs, policy };
}

/** How long what the registry says is good enough for a gauge. */
const GAUGE_MS = 30_000;

/** Starts to look; tells what is found, line by line and in metrics. */
export function watchMissions({ call, registry, missions, plan, clock }: WatchMissionsOptions): DriftWatch {
  const watch = watchDrift({
    registry,
    missions,
    ...plan,
    identity: `mission-drift-${process.pid}@${hostname()}`,
    clock,
    onEvent: (event) => {
      measure(event);
      tell(call, event);
    },
  });
  const takeAway = provideGauge(
    'mission_drift',
    remembered(GAUGE_MS, () => latestDrifts(registry, missions)),
  );
  return {
    look: () => watch.look(),
    stop: async () => {
      takeAway();
      await watch.stop();
    },
  };
}

/** Whoever looked. What was found of a version that is no longer the active one alarms nobody any more. */
async function latestDrifts(registry: Registry, missions: WatchMissionsOptions['missions']) {
  const all = missions ?? (await registry.versions.missions());
  const latest = await Promise.all(all.map((mission) => latestDrift(registry, mission)));
  return latest.flat().map(({ mission, verdict }) => ({ labels: { mission, verdict }, value: 1 }));
}

async function latestDrift({ drifts, routes }: Registry, mission: string) {
  const [found, route] = await Promise.all([drifts.list(mission, 1), routes.current(mission)]);
  const active = route && formatVersionRef({ mission, number: activeVersion(route) });
  return found.filter(({ finding }) => finding['version'] === active);
}

function measure(event: DriftEvent): void {
  const { mission, verdict } = event.kind === 'looked' ? event.drift : { mission: event.mission, verdict: 'failed' };
  count('mission_drift_looks_total', { mission, verdict });
}

const FOUND: ReadonlySet<string> = new Set(['version', 'world', 'both']);

function tell({ output }: WatchMissionsOptions['call'], event: DriftEvent): void {
  const at = new Date().toISOString();
  const facts: Json =
    event.kind === 'looked'
      ? driftFacts(at, event.drift)
      : { at, event: 'drift', mission: event.mission, error: event.error.message };
  const isNone = event.kind === 'looked' && event.drift.verdict === 'none';
  const mark = isNone ? output.palette.cyan('·') : output.palette.yellow('≈');
  output.line(facts, `${output.palette.dim(at.slice(11, 19))} ${mark} ${describeDriftEvent(event)}`);
}

/** `alert` has it logged as a warning. */
function driftFacts(at: string, { mission, version, against, verdict, reasons, onVersion }: Drift): JsonObject {
  return {
    at,
    event: 'drift',
    mission,
    version,
    against,
    verdict,
    reasons: [...reasons],
    ...(onVersion.report !== null && { report: onVersion.report }),
    ...(FOUND.has(verdict) && { alert: true }),
  };
}
