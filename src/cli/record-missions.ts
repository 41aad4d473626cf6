/** The recorder beside hosted missions: what `worker` and `dev` run unless they are told not to. */
import { hostname } from 'node:os';
import { type Recorder, startRecorder } from '../recording/recorder.ts';
import { describeRecorderEvent, type RecorderEvent } from '../recording/recorder-event.ts';
import type { Registry } from '../registry/registry.ts';
import { runsOf } from '../routing/mission-query.ts';
import type { Json } from '../shared/json.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import type { Call } from './command.ts';
import { redactionKeyOf } from './recording-setup.ts';

export interface RecordMissionsOptions {
  readonly call: Pick<Call<unknown>, 'io' | 'context' | 'output'>;
  readonly registry: Registry;
  readonly temporal: TemporalConnection;
  /** @default all of the registry */
  readonly missions?: readonly string[] | undefined;
}

/** Starts a recorder that tells what it does, line by line. */
export async function recordMissions({ call, registry, temporal, missions }: RecordMissionsOptions): Promise<Recorder> {
  const complaints = new Set<string>();
  return startRecorder({
    client: temporal.client,
    registry,
    server: await clusterIdOf(temporal),
    identity: `mission-recorder-${process.pid}@${hostname()}`,
    redactionKey: await redactionKeyOf(call.context, call.io.env),
    missions,
    queryOf: runsOf,
    onEvent: (event) => {
      if (isNews(event, complaints)) tell(call, event);
    },
  });
}

/** What is told over and over is told once, until something was recorded. */
function isNews(event: RecorderEvent, complaints: Set<string>): boolean {
  const text = 'error' in event ? `${event.kind} ${event.error.message}` : '';
  if (text === '') complaints.clear();
  const isNew = text === '' || !complaints.has(text);
  complaints.add(text);
  return isNew;
}

function tell({ output }: RecordMissionsOptions['call'], event: RecorderEvent): void {
  const at = new Date().toISOString();
  const facts: Json = {
    at,
    event: event.kind,
    ...('runs' in event && { runs: event.runs }),
    ...('run' in event && { workflowId: event.run.workflowId, runId: event.run.runId ?? null }),
    ...('recordings' in event && { mission: event.mission, recordings: event.recordings }),
    ...('error' in event && { error: event.error.message }),
  };
  const mark = 'error' in event ? output.palette.red('✗') : output.palette.cyan('·');
  output.line(facts, `${output.palette.dim(at.slice(11, 19))} ${mark} ${describeRecorderEvent(event)}`);
}

/** The name that a server keeps when its address changes; a server that does not tell is known by its address. */
export async function clusterIdOf({ connection, address }: TemporalConnection): Promise<string> {
  const info = await connection.workflowService.getClusterInfo({}).catch(() => undefined);
  return info?.clusterId || address;
}
