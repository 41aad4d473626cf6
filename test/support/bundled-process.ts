/** Processes that start fast and in numbers: their TypeScript is bundled once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Bundles a script, packages left out.
 *
 * @returns starts a process of it with these environment variables, with a channel for messages; what it says on its error
 *   output is ours too.
 */
export async function bundleProcess(script: URL): Promise<(env: Readonly<Record<string, string>>) => ChildProcess> {
  const entry = fileURLToPath(script);
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const text = outputFiles[0]?.text ?? '';
  return (env) => {
    const child = spawn(process.execPath, ['--input-type=module', '-'], {
      cwd: dirname(entry),
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
    });
    child.stdin?.end(text);
    return child;
  };
}
