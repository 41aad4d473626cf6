/** Where a step of a shadow run gets its answer. Pure. */
import type { MissionDefinition } from '../mission/definition.ts';
import { MODEL_ACTIVITY, toolOfActivity } from '../mission/wire.ts';

/** `live`: it runs. `primary`: it never runs; it gets what the real run got. */
export type ShadowSource = 'live' | 'primary';

type Tools = Pick<MissionDefinition, 'tools'>;

/**
 * Models are asked. A tool runs only if both versions say that it reads; what one of them calls a write is one. A tool that
 * the real run's version does not know has nobody but the candidate to vouch for it: it runs only if it is declared
 * `replayable` too, as in a replay. An activity without a contract may do anything, so it never runs.
 */
export function shadowSource(activityType: string, candidate: Tools, primary: Tools): ShadowSource {
  if (activityType === MODEL_ACTIVITY) return 'live';
  const name = toolOfActivity(activityType);
  return name !== undefined && isRead(name, candidate, primary) ? 'live' : 'primary';
}

function isRead(name: string, candidate: Tools, primary: Tools): boolean {
  const [ours, theirs] = [toolOf(candidate, name), toolOf(primary, name)];
  if (ours?.effect !== 'read') return false;
  return theirs === undefined ? ours.replayable === true : theirs.effect === 'read';
}

function toolOf({ tools }: Tools, name: string) {
  return Object.hasOwn(tools, name) ? tools[name] : undefined;
}
