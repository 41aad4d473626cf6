/**
 * A Temporal server of the project's own, for development, the demo and tests: `temporal server start-dev` with its data
 * in the project's `.mission/temporal`.
 *
 * 1. One server per directory: processes that ask at the same time get the same one.
 * 2. What is remembered is believed only of the very process that was started, and only if it answers.
 * 3. A server that was killed is started again on the same data, on the same ports where they are free.
 * 4. It listens on the loopback interface alone.
 * 5. One that belongs to a process ends with it, however that ends.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { MissionError } from '../shared/errors.ts';
import { awaitServer } from './await-server.ts';
import {
  type EmbeddedState,
  embeddedFiles,
  forgetEmbeddedState,
  readEmbeddedState,
  writeEmbeddedState,
} from './embedded-state.ts';
import { type FindServerOptions, findServer } from './find-server.ts';
import { freePort, LOOPBACK } from './free-port.ts';
import { endProcess, identifyProcess, isRunning } from './process-identity.ts';
import type { ServerVersion } from './server-binary.ts';
import { logLength, logSince, lostAPort, tellingPart } from './server-log.ts';
import { spawnServer } from './spawn-server.ts';
import { withStartLock } from './start-lock.ts';

export interface EmbeddedServerOptions extends FindServerOptions {
  /** Where its data and its state are; see `embeddedDirectory`. */
  readonly directory: string;
  /** `detached` outlives this process until it is stopped; `process` ends with this process at the latest. */
  readonly owner: 'process' | 'detached';
  /** Created when it is not there. @default 'default' */
  readonly namespace?: string;
  /** How long a started server may take until it answers. @default 30 000 */
  readonly readyTimeoutMs?: number;
}

export interface EmbeddedServer {
  /** Of its gRPC frontend: `127.0.0.1:40123`. */
  readonly address: string;
  /** Of its web UI: `http://127.0.0.1:40124`. */
  readonly uiAddress: string;
  readonly namespace: string;
  readonly version: ServerVersion;
  readonly pid: number;
  /** Whether this call started it; `false` when it ran already. */
  readonly started: boolean;
  /** Stops it if this call started it, and returns once it has ended. Its data stay. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const SHARED_READY_TIMEOUT_MS = 5_000;
const START_ATTEMPTS = 3;

/**
 * The embedded server of a directory, started when it does not run.
 *
 * @throws MissionError `TEMPORAL_SERVER_MISSING` when there is no server to start.
 * @throws MissionError `TEMPORAL_UNAVAILABLE` when it does not start or does not get ready in time.
 */
export async function openEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const running = await findEmbeddedServer(options.directory);
  if (running !== undefined) return running;
  const binary = await findServer(options);
  await mkdir(options.directory, { recursive: true });
  const patienceMs = 2 * (options.readyTimeoutMs ?? READY_TIMEOUT_MS);
  return withStartLock(options.directory, patienceMs, async () => {
    const sinceStarted = await findEmbeddedServer(options.directory);
    return sinceStarted ?? startServer(options, binary.path, binary.version);
  });
}

/** The embedded server of a directory if it runs and answers; it is never started by this. */
export async function findEmbeddedServer(directory: string): Promise<EmbeddedServer | undefined> {
  const state = await readEmbeddedState(directory);
  if (state === undefined || !(await isRunning(state))) return undefined;
  const ready = await awaitServer(state.port, state.namespace, AbortSignal.timeout(SHARED_READY_TIMEOUT_MS));
  return ready ? describe(state, false, async () => undefined) : undefined;
}

/** Stops the embedded server of a directory, whoever started it. Returns whether there was one. */
export async function stopEmbeddedServer(directory: string): Promise<boolean> {
  const state = await readEmbeddedState(directory);
  return state === undefined ? false : stopServer(directory, state);
}

async function stopServer(directory: string, state: EmbeddedState): Promise<boolean> {
  const stopped = await endProcess(state);
  const remembered = await readEmbeddedState(directory);
  if (remembered?.pid === state.pid) await forgetEmbeddedState(directory);
  return stopped;
}

async function startServer(
  options: EmbeddedServerOptions,
  binary: string,
  version: ServerVersion,
): Promise<EmbeddedServer> {
  const before = await readEmbeddedState(options.directory);
  // What was remembered but does not answer must be gone before its data are opened again.
  if (before !== undefined) await endProcess(before);
  for (let attempt = 1; ; attempt += 1) {
    const start = await tryToStart(options, { binary, version, ...(attempt === 1 ? { before } : {}) });
    if ('server' in start) return start.server;
    if (attempt === START_ATTEMPTS || !lostAPort(start.said)) throw didNotStart(options.directory, start);
    options.progress?.('Temporal server: another program took one of its ports meanwhile; trying others');
  }
}

interface StartPlan {
  readonly binary: string;
  readonly version: ServerVersion;
  /** Whose ports are taken again where they are free. */
  readonly before?: EmbeddedState | undefined;
}

interface FailedStart {
  readonly why: string;
  /** All that the server wrote. */
  readonly said: string;
}

async function tryToStart(
  options: EmbeddedServerOptions,
  { binary, version, before }: StartPlan,
): Promise<{ readonly server: EmbeddedServer } | FailedStart> {
  const port = await freePort(before?.port);
  const uiPort = await freePort(before?.uiPort);
  const namespace = options.namespace ?? 'default';
  options.progress?.(`Temporal server: starting ${version.server} on ${LOOPBACK}:${port}`);
  const { log } = embeddedFiles(options.directory);
  const begin = await logLength(log);
  const child = await launch(options, binary, { port, uiPort, namespace });
  const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
  if (identity === undefined) return { why: 'it ended at once', said: await logSince(log, begin) };
  const state: EmbeddedState = { ...identity, port, uiPort, namespace, version };
  await writeEmbeddedState(options.directory, state);
  const why = await becomeReady(options, child, state);
  if (why !== undefined) return { why, said: await logSince(log, begin) };
  return { server: describe(state, true, () => stopServer(options.directory, state).then(() => undefined)) };
}

interface Places {
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
}

/** In a process group of its own, so that an interrupt from the terminal reaches us first and we stop it in order. */
async function launch(options: EmbeddedServerOptions, binary: string, places: Places): Promise<ChildProcess> {
  const { log: logFile, data } = embeddedFiles(options.directory);
  const env = options.env ?? process.env;
  const log = await open(logFile, 'a');
  try {
    return spawnServer([binary, ...startArguments(places, data)], {
      owner: options.owner,
      log: log.fd,
      cwd: options.directory,
      env: { PATH: env['PATH'], HOME: env['HOME'], TMPDIR: env['TMPDIR'] },
    });
  } finally {
    await log.close();
  }
}

/**
 * A write-ahead log, synced at checkpoints: a third of the processor time of the server's own setting, which rewrites pages in
 * place and syncs every step of a run. A killed server loses nothing; a machine that loses power may lose the last seconds.
 */
const SQLITE_PRAGMAS = ['journal_mode=wal', 'synchronous=normal'];

function startArguments({ port, uiPort, namespace }: Places, dataFile: string): string[] {
  const flags = {
    ip: LOOPBACK,
    'ui-ip': LOOPBACK,
    port,
    'ui-port': uiPort,
    namespace,
    'db-filename': dataFile,
    'log-level': 'error',
    'log-format': 'json',
    // The server would otherwise ask its makers over the internet whether there is a newer one.
    'dynamic-config-value': 'frontend.enableServerVersionCheck=false',
  };
  return [
    'server',
    'start-dev',
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...SQLITE_PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
  ];
}

/** Why it did not become ready; it is stopped then. */
async function becomeReady(
  options: EmbeddedServerOptions,
  child: ChildProcess,
  state: EmbeddedState,
): Promise<string | undefined> {
  const timeoutMs = options.readyTimeoutMs ?? READY_TIMEOUT_MS;
  const limit = AbortSignal.timeout(timeoutMs);
  const exited = new AbortController();
  child.once('exit', () => exited.abort());
  // It may have ended before anybody listened.
  if (child.exitCode !== null || child.signalCode !== null) exited.abort();
  if (await awaitServer(state.port, state.namespace, AbortSignal.any([limit, exited.signal]))) return undefined;
  const why = exited.signal.aborted ? 'it ended while starting' : `it was not ready within ${timeoutMs / 1_000} s`;
  await stopServer(options.directory, state);
  return why;
}

function didNotStart(directory: string, { why, said }: FailedStart): MissionError {
  const { log, data } = embeddedFiles(directory);
  const excerpt = tellingPart(said);
  const quoted = excerpt === '' ? '' : ` It said: ${excerpt}`;
  return new MissionError('TEMPORAL_UNAVAILABLE', `The embedded Temporal server did not start: ${why}.${quoted}`, {
    remedy: `Read ${log}. If its data are damaged, move ${data} away: the server then starts with none.`,
    details: { log, data, why },
  });
}

function describe(state: EmbeddedState, started: boolean, stop: () => Promise<void>): EmbeddedServer {
  return {
    address: `${LOOPBACK}:${state.port}`,
    uiAddress: `http://${LOOPBACK}:${state.uiPort}`,
    namespace: state.namespace,
    version: state.version,
    pid: state.pid,
    started,
    stop,
  };
}
