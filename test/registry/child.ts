/** Registry code in a process of its own, to be locked out by and to be killed. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const REGISTRY_SOURCE = new URL('../../src/registry/pglite-client.ts', import.meta.url).href;

export interface Child {
  readonly pid: number;
  /** The next line that it prints. */
  line(): Promise<string>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

interface ChildOptions {
  /** How long files may get that it writes; beyond, its writes fail as on a full disk. */
  readonly maxFileBytes?: number;
  /** Of its own. @default this process's */
  readonly cache?: string;
}

/** Runs TypeScript text that imports from `../../src/…`, as if it stood in this folder. */
export function startChild(source: string, { maxFileBytes, cache }: ChildOptions = {}): Child {
  const { outputFiles } = buildSync({
    stdin: { contents: `(async () => {${source}})();`, resolveDir: HERE, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    define: { 'import.meta.url': JSON.stringify(REGISTRY_SOURCE) },
  });
  const env = { ...process.env, ...(cache !== undefined && { XDG_CACHE_HOME: cache }) };
  const child = spawn('/bin/sh', ['-c', `${limit(maxFileBytes)}exec "$0" -`, process.execPath], { cwd: HERE, env });
  child.stdin.end(outputFiles[0]?.text ?? '');
  return { pid: child.pid ?? 0, line: readLines(child), kill: () => kill(child) };
}

/** The shell counts in blocks of 512 bytes. The signal that would end the process is ignored, so that writes fail instead. */
function limit(maxFileBytes: number | undefined): string {
  return maxFileBytes === undefined ? '' : `trap '' XFSZ; ulimit -f ${Math.floor(maxFileBytes / 512)}; `;
}

function readLines(child: ChildProcessWithoutNullStreams): () => Promise<string> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return async () => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error(`The child process ended: ${said}`);
    return value;
  };
}

async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
