/** Connecting to Temporal: whoever needs a client or a worker's connection gets it here, for any way of naming the server. */
import { Client, Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Keyring } from '../encryption/keyring.ts';
import { loadKeyring } from '../encryption/load-keyring.ts';
import { type MissionError, messageOf } from '../shared/errors.ts';
import { tracedStarts } from '../telemetry/client-interceptor.ts';
import { type ConnectionSource, connectError } from './connect-failure.ts';
import { type ConnectionTarget, resolveTarget, type TargetOptions, withoutSecrets } from './connection-target.ts';
import { type EmbeddedServer, type EmbeddedServerOptions, openEmbeddedServer } from './embedded-server.ts';
import { grpcStatusOf } from './grpc-status.ts';
import { payloadCodecs } from './payload-codec.ts';

export interface ConnectOptions extends TargetOptions {
  /** Started when nobody named an address. Without it, that is Temporal's own default, `localhost:7233`. */
  readonly embedded?: Omit<EmbeddedServerOptions, 'env' | 'namespace'>;
  /** For the whole of connecting, without the time to find and start an embedded server. @default 10 000 */
  readonly timeoutMs?: number;
  /** Keys that payloads are encrypted with. @default those of `MISSION_PAYLOAD_KEYS` or `MISSION_PAYLOAD_KEYS_FILE`; without any, nothing is encrypted */
  readonly keyring?: Keyring | undefined;
  /** Codecs of your own, such as compression; encryption comes after them, so the server sees ciphertext alone. */
  readonly codecs?: readonly PayloadCodec[] | undefined;
}

export interface TemporalConnection {
  readonly address: string;
  readonly namespace: string;
  readonly source: ConnectionSource;
  readonly connection: Connection;
  /** For runs: start, describe, list. */
  readonly client: Client;
  /** What the client encodes and decodes payloads with: workers need the same. */
  readonly codecs: readonly PayloadCodec[];
  /** The embedded server, when it is one. */
  readonly embedded: EmbeddedServer | undefined;
  /** A connection for workers, which share it and outlive the client's; close it when the last worker has ended. */
  openNative(): Promise<NativeConnection>;
  /** Closes the client's connection. An embedded server goes on: stop it by itself. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const TEMPORAL_DEFAULT_ADDRESS = 'localhost:7233';

type Named = ConnectionTarget & { readonly address: string };

/**
 * Connects, and makes sure that the server answers for the namespace.
 *
 * @throws MissionError `CONFIG_INVALID` when Temporal's configuration cannot be read.
 * @throws MissionError `TEMPORAL_UNAVAILABLE` within the time limit when the server cannot be used.
 * @throws MissionError `TEMPORAL_SERVER_MISSING` when an embedded server is wanted and none can be had.
 */
export async function connectTemporal(options: ConnectOptions = {}): Promise<TemporalConnection> {
  const target = resolveTarget(options);
  if (target.address !== undefined) return connectTo({ ...target, address: target.address }, options, undefined);
  if (options.embedded === undefined) {
    return connectTo({ ...target, address: TEMPORAL_DEFAULT_ADDRESS }, options, undefined);
  }
  const { namespace } = target;
  const env = options.env ?? process.env;
  const server = await openEmbeddedServer({ ...options.embedded, namespace, env });
  const local = {
    ...target,
    address: server.address,
    connect: { address: server.address },
    namespace: server.namespace,
  };
  return connectTo(local, options, server);
}

async function connectTo(
  target: Named,
  options: ConnectOptions,
  embedded: EmbeddedServer | undefined,
): Promise<TemporalConnection> {
  const source = sourceOf(target, embedded);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const fail = (error: unknown) => failure(target, source, timeoutMs, error);
  const keyring = options.keyring ?? (await loadKeyring({ env: options.env ?? process.env }));
  const codecs = payloadCodecs(keyring, options.codecs);
  const connection = await openConnection(target, timeoutMs).catch((error: unknown) => {
    throw fail(error);
  });
  return {
    address: target.address,
    namespace: target.namespace,
    source,
    connection,
    client: new Client({
      connection,
      namespace: target.namespace,
      dataConverter: { payloadCodecs: [...codecs] },
      interceptors: { workflow: [tracedStarts] },
    }),
    codecs,
    embedded,
    openNative: () => openNative(target, fail),
    close: () => connection.close(),
  };
}

/** Lazy, so that one time limit covers connecting and the first question, which needs no more rights than runs do. */
async function openConnection(target: Named, timeoutMs: number): Promise<Connection> {
  const connection = Connection.lazy({ ...target.connect, address: target.address, connectTimeout: timeoutMs });
  try {
    await connection.withDeadline(Date.now() + timeoutMs, async () => {
      await connection.ensureConnected();
      await connection.workflowService.describeNamespace({ namespace: target.namespace });
    });
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The native part is loaded only here: most commands never need it, and loading it takes a quarter of a second. */
async function openNative(target: Named, fail: (error: unknown) => MissionError): Promise<NativeConnection> {
  const { NativeConnection } = await import('@temporalio/worker');
  try {
    return await NativeConnection.connect({ ...target.connect, address: target.address });
  } catch (error) {
    throw fail(error);
  }
}

function sourceOf({ source }: ConnectionTarget, embedded: EmbeddedServer | undefined): ConnectionSource {
  if (embedded !== undefined) return 'embedded';
  return source === 'none' ? 'default' : source;
}

function failure(target: Named, source: ConnectionSource, waitedMs: number, error: unknown): MissionError {
  return connectError({
    address: target.address,
    namespace: target.namespace,
    source,
    profile: target.profile,
    status: grpcStatusOf(error),
    reason: withoutSecrets(innermostMessage(error), target.secrets),
    waitedMs,
  });
}

/** The SDK wraps what happened in "Failed to connect to Temporal server". */
function innermostMessage(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? innermostMessage(error.cause) : messageOf(error);
}
