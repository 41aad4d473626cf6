/** A Temporal CLI binary on this machine: what it says it is, and whether it can host missions. */
import { lastLine, runCommand } from './run-command.ts';

export interface ServerVersion {
  /** Of the CLI: `1.9.1`. */
  readonly cli: string;
  /** Of the Temporal server inside it: `1.32.0`. */
  readonly server: string;
}

/** The first server whose Worker Versioning serves pinned runs; older ones accept less or nothing of it. */
export const OLDEST_SERVER = '1.29.0';

const VERSION_TIMEOUT_MS = 20_000;

/** Reads `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`; `undefined` for any other text. */
export function parseServerVersion(text: string): ServerVersion | undefined {
  const match = /temporal version (\S+) \(Server (\d+\.\d+\.\d+)/.exec(text);
  const [, cli, server] = match ?? [];
  return cli === undefined || server === undefined ? undefined : { cli, server };
}

/** Whether version `left` is `right` or later; both as `1.32.0`, what follows the numbers is ignored. */
export function isAtLeast(left: string, right: string): boolean {
  const [mine, theirs] = [numbersOf(left), numbersOf(right)];
  for (const [index, wanted] of theirs.entries()) {
    const found = mine[index] ?? 0;
    if (found !== wanted) return found > wanted;
  }
  return true;
}

/** Asks a binary for its version. Returns why it cannot be used instead, when it cannot. */
export async function inspectServerBinary(
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly version: ServerVersion } | { readonly refused: string }> {
  const result = await runCommand(path, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS, env });
  if (!result.ok) return { refused: `${path} does not run: ${lastLine(result.stderr) || result.reason}` };
  const version = parseServerVersion(result.stdout);
  if (version === undefined)
    return { refused: `${path} is not Temporal's CLI: it answers "${lastLine(result.stdout)}"` };
  if (!isAtLeast(version.server, OLDEST_SERVER)) {
    return { refused: `${path} holds server ${version.server}; missions need ${OLDEST_SERVER} or later` };
  }
  return { version };
}

function numbersOf(version: string): readonly number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number);
}
