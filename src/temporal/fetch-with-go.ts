/** Builds the Temporal CLI with the user's own Go: the last resort, it takes minutes. */
import { join } from 'node:path';
import type { Fetched } from './fetch-wheel.ts';
import { lastLine, runCommand } from './run-command.ts';

/** The newest release of the CLI whose module can be installed by `go install`; it holds server 1.29.1. */
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const BUILD_TIMEOUT_MS = 900_000;

/** Builds the CLI into `staging`. */
export async function fetchWithGo(go: string, staging: string, env: NodeJS.ProcessEnv): Promise<Fetched> {
  const built = await runCommand(go, ['install', MODULE], {
    timeoutMs: BUILD_TIMEOUT_MS,
    env: { ...env, GOBIN: staging },
  });
  if (!built.ok) return { refused: lastLine(built.stderr) || built.reason };
  return { binary: join(staging, process.platform === 'win32' ? 'temporal.exe' : 'temporal') };
}
