/**
 * A process that takes shards of replays, one at a time, and replays them in few processes of its own: what `mission worker` offers
 * beside the runs that it hosts.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { ApplicationFailure } from '@temporalio/common';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { activityFailure } from '../activity/failure.ts';
import type { Registry } from '../registry/registry.ts';
import type { ShardKey } from '../registry/replays.ts';
import { asError, isMissionError, messageOf } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import { type Repetition, repeatedly } from './repeatedly.ts';
import { ownRelease, shardQueue } from './replay-places.ts';
import { replayShard } from './replay-shard.ts';
import type { ShardActivities } from './replay-workflow.ts';
import { sweepReplays } from './sweep-replays.ts';

export type ReplayHostEvent =
  | { readonly kind: 'taken' | 'done'; readonly replay: string; readonly shard: number }
  /** It is tried again, here or elsewhere, where that can help. */
  | { readonly kind: 'failed'; readonly replay: string; readonly shard: number; readonly error: Error }
  /** No shards can be taken for the moment. */
  | { readonly kind: 'blind'; readonly error: Error };

export interface ReplayHostOptions {
  readonly registry: Registry;
  readonly temporal: Pick<TemporalConnection, 'openNative' | 'namespace' | 'codecs' | 'client'>;
  /** In which the shard is replayed that it has. */
  readonly processes: number;
  /** Shown by the server and to coordinators. @default host and process */
  readonly identity?: string | undefined;
  readonly onEvent?: ((event: ReplayHostEvent) => void) | undefined;
  /** For how long it counts as there, in milliseconds from its last word. @default 20,000 */
  readonly leaseMs?: number | undefined;
  /** How often progress is told, in milliseconds. @default 2,000 */
  readonly noteMs?: number | undefined;
}

export interface ReplayHost {
  /** Leaves its shard to others, and resolves when all is over. Never rejects. */
  stop(): Promise<void>;
}

const LEASE_MS = 20_000;
const NOTE_MS = 2_000;
const SWEEP_MS = 60_000;
/** Before another try, when it cannot poll. */
const RETRY_MS = 5_000;

/** Starts to take shards. It never throws: what fails is told, and tried again. */
export function startReplayHost(options: ReplayHostOptions): ReplayHost {
  const closing = new AbortController();
  const identity = options.identity ?? `mission-replay-${process.pid}@${hostname()}`;
  const polling = keepPolling({ ...options, identity }, closing.signal);
  const sweeping = keepSweeping(options, closing.signal);
  return {
    stop: async () => {
      closing.abort();
      await Promise.all([polling, sweeping]);
    },
  };
}

type NamedHost = ReplayHostOptions & { readonly identity: string };

async function keepPolling(options: NamedHost, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pollOnce(options, signal).catch((error: unknown) => {
      options.onEvent?.({ kind: 'blind', error: asError(error) });
    });
    await pause(RETRY_MS, signal);
  }
}

/** One worker, from its start to its end. */
async function pollOnce(options: NamedHost, signal: AbortSignal): Promise<void> {
  const connection = await options.temporal.openNative();
  try {
    const worker = await createWorker(options, connection);
    const presence = tellPresence(options);
    // Whoever else looks after signals of the process may have stopped it.
    const stop = () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      const running = worker.run();
      if (signal.aborted) stop();
      await running;
    } finally {
      signal.removeEventListener('abort', stop);
      await presence.end();
    }
  } finally {
    await connection.close();
  }
}

async function createWorker(options: NamedHost, connection: NativeConnection): Promise<Worker> {
  const { Worker: SdkWorker } = await import('@temporalio/worker');
  const { namespace, codecs } = options.temporal;
  const activities: ShardActivities = { replayShard: (key) => takeShard(options, key) };
  return SdkWorker.create({
    connection,
    namespace,
    identity: options.identity,
    taskQueue: shardQueue(ownRelease()),
    activities: { ...activities },
    dataConverter: { payloadCodecs: [...codecs] },
    maxConcurrentActivityTaskExecutions: 1,
    maxConcurrentActivityTaskPolls: 1,
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: 0,
  });
}

async function takeShard(options: NamedHost, key: ShardKey): Promise<void> {
  const { registry, processes, identity, onEvent, noteMs = NOTE_MS } = options;
  const { Context } = await import('@temporalio/activity');
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), noteMs);
  onEvent?.({ kind: 'taken', ...key });
  try {
    await replayShard(key, { registry, processes, identity, noteMs, signal: context.cancellationSignal });
    onEvent?.({ kind: 'done', ...key });
  } catch (error) {
    if (context.cancellationDetails?.cancelRequested || context.cancellationDetails?.notFound) throw error;
    onEvent?.({ kind: 'failed', ...key, error: asError(error) });
    throw failureOf(error, context.cancellationSignal.aborted);
  } finally {
    clearInterval(beating);
  }
}

/** What Temporal makes of it: another attempt, unless that cannot help. */
function failureOf(error: unknown, isStopping: boolean): unknown {
  if (isStopping) return ApplicationFailure.retryable('Its worker was stopped.', 'REPLAY_INTERRUPTED');
  if (!isMissionError(error)) return error;
  const { code, message, remedy } = error;
  return activityFailure(code, message, remedy === undefined ? {} : { details: { remedy } });
}

/** Says again and again that shards are taken here. What was said runs out while the registry is away, and is said anew. */
function tellPresence({ registry: { replayHosts }, identity, processes, leaseMs = LEASE_MS }: NamedHost): Repetition {
  const host = { id: randomUUID(), identity, release: ownRelease(), processes };
  const telling = repeatedly(leaseMs / 4, 'now', () => replayHosts.report(host, leaseMs));
  return {
    end: async () => {
      await telling.end();
      await replayHosts.leave(host.id).catch(() => undefined);
    },
  };
}

async function keepSweeping({ registry, temporal, onEvent }: ReplayHostOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweepReplays(registry, temporal.client).catch((error: unknown) => {
      onEvent?.({
        kind: 'blind',
        error: new Error(`Replays that nobody waits for were not removed: ${messageOf(error)}`),
      });
    });
    await pause(SWEEP_MS, signal);
  }
}
