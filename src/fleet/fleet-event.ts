import type { MissionError } from '../shared/errors.ts';
import type { WantedArtifact } from './plan-fleet.ts';

/** What a fleet tells whoever runs it, for logs and progress. */
export type FleetEvent =
  | { readonly kind: 'starting' | 'ready' | 'stopping' | 'stopped'; readonly target: WantedArtifact }
  /** This worker is down; it is tried again after the time given, the others go on. */
  | { readonly kind: 'failed'; readonly target: WantedArtifact; readonly error: Error; readonly retryInMs: number }
  /** Starts of plain Temporal clients land on this version now. */
  | { readonly kind: 'default'; readonly mission: string; readonly version: number }
  /** The server does not let its default be set: starts by a route are not concerned. */
  | { readonly kind: 'default-refused'; readonly mission: string; readonly error: Error }
  /** The server knows so many versions of a mission that its limit is near. */
  | { readonly kind: 'crowded'; readonly mission: string; readonly known: number; readonly limit: number }
  /** The server has forgotten a version that nothing needs. */
  | { readonly kind: 'removed'; readonly mission: string; readonly versions: readonly number[] }
  /** Registry or server could not be read: what is hosted goes on as it is. */
  | { readonly kind: 'blind'; readonly error: Error | MissionError; readonly retryInMs: number };

/** One line for people. */
export function describeFleetEvent(event: FleetEvent): string {
  if (event.kind === 'blind') {
    return `cannot see what to host (${event.error.message}); going on as before, trying again in ${event.retryInMs} ms`;
  }
  if (event.kind === 'default') {
    return `plain Temporal starts of ${event.mission} land on ${event.mission}@${event.version}`;
  }
  if (event.kind === 'default-refused') {
    return `plain Temporal starts of ${event.mission} do not follow its route: ${event.error.message}`;
  }
  if (event.kind === 'crowded') {
    return `the server knows ${event.known} versions of ${event.mission}, of ${event.limit} that it takes: release holds, end old runs, or retire versions`;
  }
  if (event.kind === 'removed') return `${names(event)} removed from the server: nothing needs it`;
  const { reasons } = event.target;
  if (event.kind === 'failed')
    return `${names(event.target)} failed: ${event.error.message}; trying again in ${event.retryInMs} ms`;
  return event.kind === 'starting'
    ? `${names(event.target)} starting (${reasons.join(', ')})`
    : `${names(event.target)} ${event.kind}`;
}

function names({ mission, versions }: { readonly mission: string; readonly versions: readonly number[] }): string {
  return versions.map((number) => `${mission}@${number}`).join(', ');
}
