/** The command line run in this process, with streams of its own. */
import type { CliIo } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import type { Registry } from '../../src/registry/registry.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions extends Partial<Omit<CliIo, 'stdout' | 'stderr' | 'stdin'>> {
  readonly shared?: Registry;
  readonly input?: string;
}

export async function run(argv: readonly string[], { shared, input = '', ...io }: RunOptions): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCli(
    argv,
    {
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
      stdin: async () => input,
      isInteractive: false,
      colours: false,
      columns: 100,
      env: { MISSION_ACTOR: 'ada' },
      cwd: process.cwd(),
      signal: new AbortController().signal,
      ...io,
    },
    shared,
  );
  return { code, out, err };
}
