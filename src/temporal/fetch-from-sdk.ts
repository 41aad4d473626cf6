/**
 * Lets the Temporal SDK fetch the CLI that fits it, as its test environment does.
 *
 * 1. It happens in a process of its own: the SDK offers no way to stop a download, and its native runtime is a singleton
 *    that whoever hosts a worker may want to set up differently.
 * 2. It must show a sign of life (the file being written) within seconds, or the site counts as unreachable.
 */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fetched } from './fetch-wheel.ts';
import { lastLine, runCommand } from './run-command.ts';

const SIGN_OF_LIFE_MS = 8_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

/**
 * Runs as CommonJS: starting the SDK's ephemeral server is its only way to download, so it is started and stopped.
 * Arguments: the bridge's path, the directory to download to, the SDK's version.
 */
const SCRIPT = `
const [, bridge, downloadDir, sdkVersion] = process.argv;
const { native } = require(bridge);
const runtime = native.newRuntime({
  logExporter: { type: 'console', filter: 'OFF', format: null },
  telemetry: { attachServiceName: false, metricPrefix: 'temporal_' },
  metricsExporter: null,
  workerHeartbeatIntervalMillis: null,
});
const exe = { type: 'cached-download', downloadDir, version: 'default', ttl: 0, sdkName: 'sdk-typescript', sdkVersion };
native
  .newEphemeralServer(runtime, {
    type: 'dev-server', exe, namespace: 'default', ip: '127.0.0.1', port: null, uiPort: null, dbFilename: null,
    ui: false, log: { format: 'json', level: 'error' }, extraArgs: [],
  })
  .then((server) => native.ephemeralServerShutdown(server))
  .then(() => process.exit(0), (error) => { console.error(String(error.message)); process.exit(1); });
`;

/** Downloads the CLI into `staging`. */
export async function fetchFromSdk(
  staging: string,
  env: NodeJS.ProcessEnv,
  signOfLifeMs = SIGN_OF_LIFE_MS,
): Promise<Fetched> {
  const require = createRequire(import.meta.url);
  const bridge = require.resolve('@temporalio/core-bridge');
  const { version } = require('@temporalio/core-bridge/package.json') as { version: string };
  const unreachable = new AbortController();
  const finished = new AbortController();
  const watch = abortWithoutSignOfLife(staging, signOfLifeMs, unreachable, finished.signal);
  const result = await runCommand(process.execPath, ['-e', SCRIPT, bridge, staging, version], {
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    env,
    signal: unreachable.signal,
  });
  finished.abort();
  await watch;
  if (unreachable.signal.aborted) return { refused: `no answer within ${signOfLifeMs / 1_000} s` };
  if (!result.ok) return { refused: rootCauseOf(lastLine(result.stderr)) || result.reason };
  const name = (await readdir(staging)).find((file) => file.startsWith('temporal-'));
  return name === undefined ? { refused: 'the SDK downloaded nothing' } : { binary: join(staging, name) };
}

/** The SDK's message repeats the address at every level of its causes: only the innermost says what happened. */
function rootCauseOf(message: string): string {
  return (
    message
      .split('client error')
      .at(-1)
      ?.replace(/^[\s:()A-Za-z]*\):\s*/, '') ?? message
  );
}

async function abortWithoutSignOfLife(
  staging: string,
  afterMs: number,
  unreachable: AbortController,
  finished: AbortSignal,
): Promise<void> {
  try {
    await delay(afterMs, undefined, { signal: finished });
  } catch {
    return;
  }
  if ((await readdir(staging)).length === 0) unreachable.abort();
}
