/** Shadow traffic beside hosted missions: what `worker` and `dev` follow. */
import { hostname } from 'node:os';
import { followShadows, type ShadowFollower } from '../shadow/follow-shadows.ts';
import { describeShadowEvent, type ShadowEvent } from '../shadow/shadow-event.ts';
import type { Json } from '../shared/json.ts';
import { clusterIdOf, type RecordMissionsOptions } from './record-missions.ts';
import { redactionKeyOf } from './recording-setup.ts';

/** Starts to follow, and tells what it does, line by line. */
export async function shadowMissions({
  call,
  registry,
  temporal,
  missions,
}: RecordMissionsOptions): Promise<ShadowFollower> {
  let complaint = '';
  return followShadows({
    client: temporal.client,
    registry,
    server: await clusterIdOf(temporal),
    identity: `mission-shadows-${process.pid}@${hostname()}`,
    redactionKey: await redactionKeyOf(call.context, call.io.env),
    missions,
    onEvent: (event) => {
      const text = 'error' in event ? `${event.kind} ${event.error.message}` : '';
      const isNews = text === '' || text !== complaint;
      complaint = text;
      if (isNews) tell(call, event);
    },
  });
}

function tell({ output }: RecordMissionsOptions['call'], event: ShadowEvent): void {
  const at = new Date().toISOString();
  const { kind, ...others } = event;
  const facts: Json = {
    at,
    event: `shadow-${kind}`,
    ...('workflowId' in others && { workflowId: others.workflowId }),
    ...('outcome' in others && { outcome: others.outcome }),
    ...('why' in others && others.why !== undefined && { why: others.why }),
    ...('error' in others && { error: others.error.message }),
  };
  const mark = 'error' in event ? output.palette.red('✗') : output.palette.cyan('·');
  output.line(facts, `${output.palette.dim(at.slice(11, 19))} ${mark} ${describeShadowEvent(event)}`);
}
