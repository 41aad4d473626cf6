/** Hosting missions in this process until it is stopped: what `worker` and `dev` have in common. */
import { startFleet } from '../fleet/fleet.ts';
import { describeFleetEvent, type FleetEvent } from '../fleet/fleet-event.ts';
import { messageOf } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import type { VersionRef } from '../shared/version-ref.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import { whileServerRuns } from '../temporal/server-end.ts';
import type { Call } from './command.ts';
import { type RunCommand, serveCommands } from './command-server.ts';
import type { HostSetup } from './host-options.ts';
import { openHostTelemetry } from './host-telemetry.ts';
import { announceHost } from './project-hosts.ts';
import { recordMissions } from './record-missions.ts';
import { replayMissions } from './replay-missions.ts';
import { shadowMissions } from './shadow-missions.ts';
import { readDriftPlan, watchMissions } from './watch-missions.ts';

export interface HostMissionsOptions {
  readonly call: Pick<Call<unknown>, 'io' | 'context' | 'output'>;
  readonly temporal: TemporalConnection;
  /** @default all of the registry */
  readonly missions?: readonly string[] | undefined;
  /** Exactly these. @default what the registry asks for */
  readonly versions?: readonly VersionRef[] | undefined;
  /** Whether versions are hosted here at all. @default true */
  readonly hosts?: boolean | undefined;
  /** Processes for shards of replays. @default none */
  readonly replayProcesses?: number | undefined;
  /** Probes, metrics, logs, and whether runs are recorded. */
  readonly setup: HostSetup;
  /** Runs commands of other processes, where the registry is embedded and so closed to them. */
  readonly run: RunCommand;
}

/**
 * Hosts until the interrupt, then drains.
 *
 * @throws MissionError `TEMPORAL_UNAVAILABLE` when the project's own Temporal server ends meanwhile.
 */
export async function hostMissions(options: HostMissionsOptions): Promise<void> {
  const isOnOwnServer = options.temporal.embedded !== undefined;
  const takeBack = isOnOwnServer ? await announceHost(options.call.context.inside('hosts')) : undefined;
  try {
    await hostUntilAborted(options);
  } finally {
    await takeBack?.();
  }
}

async function hostUntilAborted(options: HostMissionsOptions): Promise<void> {
  const { temporal, missions, versions, replayProcesses: processes = 0 } = options;
  const { context, io } = options.call;
  const registry = await context.registry('change');
  const plan = await readDriftPlan(options.setup, context);
  const telemetry = await openHostTelemetry(io, options.call.output, options.setup);
  const call = { ...options.call, output: telemetry.output };
  const recorder = options.setup.record ? await recordMissions({ call, registry, temporal, missions }) : undefined;
  const shadows = await shadowMissions({ call, registry, temporal, missions });
  const drift = plan === undefined ? undefined : watchMissions({ call, registry, missions, plan });
  const replays = await replayMissions({ call, registry, temporal, processes });
  const fleet = await startFleet({
    registry,
    temporal,
    ...(missions !== undefined && { missions }),
    ...(versions !== undefined && { versions }),
    hosts: options.hosts !== false,
    shadows: shadows.host,
    onRunEnding: recorder === undefined ? undefined : (run) => recorder.notice(run),
    onEvent: (event) => {
      telemetry.onEvent(event);
      tell(call, event);
    },
  }).catch(async (error: unknown) => {
    await Promise.all([shadows.stop(), drift?.stop(), replays?.stop()]);
    await telemetry.close();
    throw error;
  });
  telemetry.attach({ fleet, registry, temporal });
  const commands = context.isEmbedded
    ? await serveCommands(context.inside(), registry, io.env, options.run)
    : undefined;
  if (context.isEmbedded && commands === undefined) {
    call.output.note('Other commands have to wait until this one ends: no socket could be made in .mission.');
  }
  try {
    const { embedded } = temporal;
    await (embedded === undefined ? untilAborted(io.signal) : whileServerRuns(embedded, io.signal));
  } catch (error) {
    call.output.note(`${messageOf(error)} Stopping.`);
    throw error;
  } finally {
    await commands?.close();
    await Promise.all([fleet.shutdown(), replays?.stop()]);
    await Promise.all([recorder?.stop(), shadows.stop(), drift?.stop()]);
    await telemetry.close();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function tell({ output }: HostMissionsOptions['call'], event: FleetEvent): void {
  const at = new Date().toISOString();
  const facts: Json = {
    at,
    event: event.kind,
    ...('target' in event && { mission: event.target.mission, versions: event.target.versions }),
    ...('error' in event && { error: event.error.message }),
    ...('mission' in event && { mission: event.mission }),
  };
  const mark = event.kind === 'failed' || event.kind === 'blind' ? output.palette.red('✗') : output.palette.cyan('·');
  output.line(facts, `${output.palette.dim(at.slice(11, 19))} ${mark} ${describeFleetEvent(event)}`);
}
