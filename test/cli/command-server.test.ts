/** While one process has the embedded registry, it runs the commands of others. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CommandServer, type RunCommand, serveCommands } from '../../src/cli/command-server.ts';
import { forwardCommand } from '../../src/cli/forward-command.ts';
import { commandSocket } from '../../src/cli/forward-protocol.ts';
import type { CliIo } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { run } from './run.ts';

let project: string;
let folder: string;
let registry: Registry;
let server: CommandServer | undefined;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'mission-test-serve-'));
  folder = join(project, '.mission');
  registry = await openRegistry({ directory: join(folder, 'registry'), actor: 'ada' });
});

afterEach(() => server?.close());

afterAll(async () => {
  await registry.close();
  await rm(project, { recursive: true, force: true });
});

async function serve(command: RunCommand): Promise<void> {
  server = await serveCommands(folder, registry, {}, command);
}

async function forward(argv: readonly string[], over: Partial<CliIo> = {}) {
  const said = { out: '', err: '' };
  const io: CliIo = {
    stdout: (text) => {
      said.out += text;
    },
    stderr: (text) => {
      said.err += text;
    },
    stdin: async () => 'given',
    isInteractive: false,
    colours: false,
    columns: 77,
    env: { MISSION_ACTOR: 'grace' },
    cwd: project,
    signal: new AbortController().signal,
    ...over,
  };
  return { code: await forwardCommand(folder, argv, io), ...said };
}

describe('a command run by another process', () => {
  it('has the terminal, folder, actor and input of the one that asked, and its exit code', async () => {
    await serve(async (argv, io, shared) => {
      io.stdout(`${argv.join(' ')} ${io.columns} ${io.cwd} ${io.env['MISSION_ACTOR']} ${await io.stdin()}`);
      io.stderr(String(shared === registry));
      return 3;
    });
    const answer = await forward(['replay', '@3']);
    expect(answer).toEqual({ code: 3, out: `replay @3 77 ${project} grace given`, err: 'true' });
  });

  it('is interrupted with the one that asked', async () => {
    const interrupt = new AbortController();
    await serve(
      (_, { signal, stdout }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(130));
          stdout('running');
        }),
    );
    const asked = forward(['replay'], { signal: interrupt.signal, stdout: () => interrupt.abort() });
    expect(await asked).toMatchObject({ code: 130 });
  });

  it('is lost with the process that ran it, and says so', async () => {
    await serve(async (_, { stdout }) => {
      stdout('running');
      return new Promise(() => undefined);
    });
    const lost = forward(['replay'], { stdout: () => void server?.close() });
    await expect(lost).rejects.toMatchObject({ code: 'REGISTRY_LOCKED', remedy: expect.any(String) });
  });

  it('is not there when nobody listens, or a killed process left its socket', async () => {
    expect((await forward(['log'])).code).toBeUndefined();
    await writeFile(commandSocket(folder), '');
    expect((await forward(['log'])).code).toBeUndefined();
    await serve(async () => 0);
    expect((await forward(['log'])).code).toBe(0);
  });

  it('can be asked for by the owner of the project only', async () => {
    await serve(async () => 0);
    expect((await stat(commandSocket(folder))).mode & 0o777).toBe(0o600);
  });
});

describe('a command that finds the registry locked', () => {
  const here = () => ({ cwd: project });

  it('says by which process, and what to do', async () => {
    const { code, err } = await run(['versions'], here());
    expect(code).toBe(4);
    expect(err).toContain('REGISTRY_LOCKED');
    expect(err.replaceAll(/\s+/g, ' ')).toContain('already open, or close it first');
  });

  it('is run by the process that has it, when that one takes commands', async () => {
    await serve(runCli);
    const { code, out } = await run(['versions', '--json'], here());
    expect({ code, out }).toEqual({ code: 0, out: '[]\n' });
    expect(await run(['show', 'refund@1'], here())).toMatchObject({
      code: 2,
      err: expect.stringContaining('MISSION_UNKNOWN'),
    });
  });

  it('is not run there when it hosts missions itself', async () => {
    await serve(runCli);
    expect(await run(['worker'], here())).toMatchObject({ code: 4, err: expect.stringContaining('REGISTRY_LOCKED') });
  });
});
