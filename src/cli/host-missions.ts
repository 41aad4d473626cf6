/** Hosting missions in this process until it is stopped: what `worker` and `dev` have in common. */
import { pause } from '../fleet/berth.ts';
import { startFleet } from '../fleet/fleet.ts';
import { describeFleetEvent, type FleetEvent } from '../fleet/fleet-event.ts';
import { collectRecordings } from '../recording/collect.ts';
import type { Registry } from '../registry/registry.ts';
import { messageOf } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import type { Call } from './command.ts';
import { type RunCommand, serveCommands } from './command-server.ts';
import { redactionKeyOf, runsOf } from './recording-setup.ts';

export interface HostMissionsOptions {
  readonly call: Pick<Call<unknown>, 'io' | 'context' | 'output'>;
  readonly temporal: TemporalConnection;
  /** @default all of the registry */
  readonly missions?: readonly string[] | undefined;
  /** Records runs as they end. */
  readonly records: boolean;
  /** Runs commands of other processes, where the registry is embedded and so closed to them. */
  readonly run: RunCommand;
}

const RECORD_EVERY_MS = 3_000;
/** Visibility lags behind, so each look goes back a little before the last one. */
const OVERLAP_MS = 60_000;

/** Hosts until the interrupt, then drains. */
export async function hostMissions(options: HostMissionsOptions): Promise<void> {
  const { call, temporal, missions } = options;
  const { context, io } = call;
  const registry = await context.registry('change');
  const fleet = await startFleet({
    registry,
    temporal,
    ...(missions !== undefined && { missions }),
    onEvent: (event) => tell(call, event),
  });
  const commands = context.isEmbedded
    ? await serveCommands(context.inside(), registry, io.env, options.run)
    : undefined;
  if (context.isEmbedded && commands === undefined) {
    call.output.note('Other commands have to wait until this one ends: no socket could be made in .mission.');
  }
  try {
    await Promise.all([untilAborted(io.signal), options.records ? record(registry, options) : undefined]);
  } finally {
    await commands?.close();
    await fleet.shutdown();
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
  };
  const mark = event.kind === 'failed' || event.kind === 'blind' ? output.palette.red('✗') : output.palette.cyan('·');
  output.line(facts, `${output.palette.dim(at.slice(11, 19))} ${mark} ${describeFleetEvent(event)}`);
}

/** Looks for ended runs again and again. A server that is away is told once, and asked again. */
async function record(registry: Registry, { call, temporal, missions }: HostMissionsOptions): Promise<void> {
  const { context, io, output } = call;
  const redactionKey = await redactionKeyOf(context, io.env);
  let since = new Date(0);
  let complaint = '';
  while (!io.signal.aborted) {
    const looked = new Date(Date.now() - OVERLAP_MS);
    try {
      const query = `CloseTime >= '${since.toISOString()}' AND ${runsOf(missions ?? (await registry.versions.missions()))}`;
      const recorded = await recordOnce({ registry, client: temporal.client, redactionKey, query, signal: io.signal });
      if (recorded > 0)
        output.line(
          { at: new Date().toISOString(), event: 'recorded', runs: recorded },
          `${output.palette.dim(new Date().toISOString().slice(11, 19))} ${output.palette.cyan('·')} recorded ${recorded} ended ${recorded === 1 ? 'run' : 'runs'}`,
        );
      since = looked;
      complaint = '';
    } catch (error) {
      if (!io.signal.aborted && messageOf(error) !== complaint) output.note(`Recording waits: ${messageOf(error)}`);
      complaint = messageOf(error);
    }
    await pause(RECORD_EVERY_MS, io.signal);
  }
}

async function recordOnce(options: Parameters<typeof collectRecordings>[0]): Promise<number> {
  let stored = 0;
  for await (const { status } of collectRecordings(options)) if (status === 'stored') stored += 1;
  return stored;
}
