/** Whether a host lives and is ready, from what is known of its parts. Pure. */
import type { JsonObject } from '../shared/json.ts';
import type { Health } from './health-server.ts';

/** One artifact that should be hosted. */
export interface HostedPart {
  /** `refund-eligibility@3, refund-eligibility@5` */
  readonly name: string;
  readonly state: string;
  readonly error?: string | undefined;
}

export interface HostFacts {
  /** The stop was asked for: what runs is drained. */
  readonly isStopping: boolean;
  /** Absent until the first look at registry and server has been taken. */
  readonly parts: readonly HostedPart[] | undefined;
  /** What is wrong with each part that is asked; absent when it answered. */
  readonly registryError: string | undefined;
  readonly temporalError: string | undefined;
}

/** Ready is who has a worker known to the server for all that it must host, and reaches registry and server. */
export function judgeReadiness({ isStopping, parts, registryError, temporalError }: HostFacts): Health {
  const waiting = (parts ?? []).filter(({ state }) => state !== 'ready' && state !== 'stopping');
  const ok =
    !isStopping &&
    parts !== undefined &&
    waiting.length === 0 &&
    registryError === undefined &&
    temporalError === undefined;
  return {
    ok,
    facts: {
      ...(isStopping && { stopping: true }),
      ...(parts === undefined && { starting: true }),
      hosted: (parts ?? []).filter(({ state }) => state === 'ready').map(({ name }) => name),
      ...(waiting.length > 0 && { waiting: waiting.map(waitingFacts) }),
      registry: registryError ?? 'ok',
      temporal: temporalError ?? 'ok',
    },
  };
}

function waitingFacts({ name, state, error }: HostedPart): JsonObject {
  return { versions: name, state, ...(error !== undefined && { error }) };
}

/** A look at registry and server that takes longer than this hangs, in milliseconds. */
const STUCK_MS = 120_000;

/**
 * Alive is whose loop turns. A look that fails counts: registry or server are away, and a restart would not help.
 *
 * @param lastTurnAt - when the loop's last look ended, or the process began
 */
export function judgeLiveness(lastTurnAt: Date, now: Date): Health {
  const ageMs = now.getTime() - lastTurnAt.getTime();
  const lastLookSecondsAgo = Math.round(ageMs / 1_000);
  return { ok: ageMs <= STUCK_MS, facts: { lastLookSecondsAgo } };
}
