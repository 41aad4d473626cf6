/** Looking for drift beside hosted missions: what `worker` and `dev` do once a day. */
import { hostname } from 'node:os';
import type { ReplayPolicy } from '../gate/policy.ts';
import type { Registry } from '../registry/registry.ts';
import { type DriftEvent, type DriftWatch, describeDriftEvent, watchDrift } from '../release/drift-watch.ts';
import type { Json } from '../shared/json.ts';
import type { Call } from './command.ts';
import type { CliContext } from './context.ts';
import type { HostSetup } from './host-options.ts';
import { readPolicy } from './read-policy.ts';

export interface WatchMissionsOptions {
  readonly call: Pick<Call<unknown>, 'output'>;
  readonly registry: Registry;
  /** @default all of the registry */
  readonly missions?: readonly string[] | undefined;
  readonly plan: DriftPlan;
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

/** Starts to look; tells what is found, line by line. */
export function watchMissions({ call, registry, missions, plan }: WatchMissionsOptions): DriftWatch {
  return watchDrift({
    registry,
    missions,
    ...plan,
    identity: `mission-drift-${process.pid}@${hostname()}`,
    onEvent: (event) => tell(call, event),
  });
}

function tell({ output }: WatchMissionsOptions['call'], event: DriftEvent): void {
  const at = new Date().toISOString();
  const facts: Json =
    event.kind === 'looked'
      ? { at, event: 'drift', mission: event.drift.mission, verdict: event.drift.verdict }
      : { at, event: 'drift', mission: event.mission, error: event.error.message };
  const isNone = event.kind === 'looked' && event.drift.verdict === 'none';
  const mark = isNone ? output.palette.cyan('·') : output.palette.yellow('≈');
  output.line(facts, `${output.palette.dim(at.slice(11, 19))} ${mark} ${describeDriftEvent(event)}`);
}
