import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type EmbeddedServer,
  findEmbeddedServer,
  openEmbeddedServer,
  stopEmbeddedServer,
} from '../../src/temporal/embedded-server.ts';
import { embeddedFiles } from '../../src/temporal/embedded-state.ts';
import { findServer } from '../../src/temporal/find-server.ts';
import { expectMissionError, stateOfProcess } from './support/expectations.ts';
import { runTypeScript } from './support/run-typescript.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-embedded-'));
});

afterEach(async () => {
  await stopEmbeddedServer(directory);
  await rm(directory, { recursive: true, force: true });
});

const open = (): Promise<EmbeddedServer> => openEmbeddedServer({ directory, owner: 'process' });

describe('an embedded server', () => {
  it('serves its namespace and is gone after stop', async () => {
    const server = await openEmbeddedServer({ directory, owner: 'process', namespace: 'missions' });
    const connection = await Connection.connect({ address: server.address });
    const { count } = await connection.workflowService.countWorkflowExecutions({ namespace: 'missions' });
    expect(Number(count)).toBe(0);
    await connection.close();
    expect((await fetch(server.uiAddress)).status).toBe(200);

    await server.stop();
    expect(stateOfProcess(server.pid)).toBe('ended');
    expect(await findEmbeddedServer(directory)).toBeUndefined();
  });

  it('is one per directory, however many ask for it at the same time', async () => {
    const servers = await Promise.all([open(), open(), open()]);
    expect(new Set(servers.map(({ pid }) => pid)).size).toBe(1);
    expect(servers.filter(({ started }) => started)).toHaveLength(1);
  });

  it('that runs already is shared, and only its owner stops it', async () => {
    const first = await open();
    const second = await open();
    expect(second).toMatchObject({ pid: first.pid, address: first.address, started: false });
    await second.stop();
    expect(stateOfProcess(first.pid)).toBe('running');
  });

  it('that was killed is started again on the same data and the same address', async () => {
    await rememberPorts();
    const killed = await open();
    const workflowId = await startForgottenWorkflow(killed.address);
    process.kill(killed.pid, 'SIGKILL');
    const restarted = await open();
    expect(restarted).toMatchObject({ address: killed.address, uiAddress: killed.uiAddress, started: true });
    expect(restarted.pid).not.toBe(killed.pid);
    expect(await statusOf(restarted.address, workflowId)).toBe('RUNNING');
  });

  it('is not mistaken for another process that was given its id', async () => {
    const first = await open();
    await first.stop();
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(stranger, 'spawn');
    const state = {
      pid: stranger.pid,
      started: 'before',
      port: 1,
      uiPort: 2,
      namespace: 'default',
      version: first.version,
    };
    await writeFile(embeddedFiles(directory).state, JSON.stringify(state));
    const second = await open();
    expect(second.started).toBe(true);
    expect(stateOfProcess(stranger.pid ?? 0)).toBe('running');
    stranger.kill();
  });

  it('takes other ports when its own are taken meanwhile', async () => {
    const { port } = await rememberPorts();
    const first = await open();
    expect(first.address).toBe(`127.0.0.1:${port}`);
    process.kill(first.pid, 'SIGKILL');
    const squatter = await squat(port);
    try {
      const second = await open();
      expect(second.address).not.toBe(first.address);
      expect(second.uiAddress).toBe(first.uiAddress);
    } finally {
      squatter.close();
    }
  });

  it('tries other ports when it loses one between the choice and the start, and keeps what it said', async () => {
    const { path: real } = await findServer({});
    const marker = join(directory, 'lost-once');
    const unlucky = `#!/bin/sh
if [ "$1" = server ] && [ ! -e '${marker}' ]; then
  touch '${marker}'
  echo "Error: listen tcp 127.0.0.1:1: bind: address already in use" >&2
  exit 1
fi
exec '${real}' "$@"
`;
    await writeFile(join(directory, 'temporal'), unlucky, { mode: 0o755 });
    const said: string[] = [];
    const env = { ...process.env, PATH: `${directory}:${process.env['PATH']}` };
    const server = await openEmbeddedServer({ directory, owner: 'process', env, progress: (line) => said.push(line) });
    expect(server.started).toBe(true);
    expect(said.filter((line) => line.includes('trying others'))).toHaveLength(1);
    expect(await readFile(embeddedFiles(directory).log, 'utf8')).toContain('address already in use');
  });

  it('starts anew when what is remembered cannot be read', async () => {
    await writeFile(embeddedFiles(directory).state, '{ "pid": ');
    expect((await open()).started).toBe(true);
  });

  it('listens on the loopback interface alone', async () => {
    const { address } = await open();
    const own = Object.values(networkInterfaces()).flat();
    const outside = own.filter((found) => found !== undefined && !found.internal && found.family === 'IPv4');
    for (const face of outside) {
      const elsewhere = `${face?.address}:${address.split(':')[1]}`;
      await expect(Connection.connect({ address: elsewhere, connectTimeout: 500 })).rejects.toThrow();
    }
  });

  it('that cannot open its data says so, with what the server said and where to look', async () => {
    await writeFile(embeddedFiles(directory).data, 'this is no database');
    const error = await expectMissionError('TEMPORAL_UNAVAILABLE', open());
    expect(error.message).toContain('did not start: it ended while starting');
    expect(error.message).toMatch(/It said: .*database/s);
    expect(error.remedy).toContain(embeddedFiles(directory).data);
    expect(await readFile(embeddedFiles(directory).data, 'utf8')).toBe('this is no database');
  });

  it.each([
    ['outlives', 'ends', 'detached', 'process.exit(0)', 'running'],
    ['outlives', 'is killed', 'detached', "process.kill(process.pid, 'SIGKILL')", 'running'],
    ['ends with', 'ends', 'process', 'process.exit(0)', 'ended'],
    ['ends with', 'is killed', 'process', "process.kill(process.pid, 'SIGKILL')", 'ended'],
  ] as const)('%s a process that %s, when it is %s', async (_, __, owner, end, expected) => {
    const script = `
      import { openEmbeddedServer } from './src/temporal/embedded-server.ts';
      const server = await openEmbeddedServer({ directory: ${JSON.stringify(directory)}, owner: '${owner}' });
      process.stdout.write(String(server.pid), () => ${end});`;
    const pid = Number(await runTypeScript(script, { mayBeKilled: true }));
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => stateOfProcess(pid), { timeout: 60_000 }).toBe(expected);
    if (expected === 'running') expect(await findEmbeddedServer(directory)).toMatchObject({ pid });
  });

  it('leaves nobody to watch over it when it ended', async () => {
    const server = await open();
    const watchers = async () => (await processesOf(server.pid)).length;
    // The server, and who watches over it.
    expect(await watchers()).toBe(2);
    await server.stop();
    await expect.poll(watchers, { timeout: 60_000 }).toBe(0);
  });
});

/**
 * Leaves what a server leaves that ended long ago, with ports that the system gives to nobody who asks for any: so no program
 * beside this test takes them between two starts.
 */
async function rememberPorts(): Promise<{ readonly port: number; readonly uiPort: number }> {
  const port = 20_000 + 2 * randomInt(5_000);
  const ports = { port, uiPort: port + 1 };
  const version = { cli: 'before', server: 'before' };
  const state = { pid: 2 ** 22 + 1, started: 'before', ...ports, namespace: 'default', version };
  await writeFile(embeddedFiles(directory).state, JSON.stringify(state));
  return ports;
}

/** The processes of a process group, by its leader, as Linux tells them. */
async function processesOf(leader: number): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')));
  return stats.filter((stat) => {
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === leader && state !== 'Z';
  });
}

/** Listens on a port as soon as the killed server has let go of it. */
async function squat(port: number): Promise<Server> {
  const listen = async () => {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  return vi.waitUntil(() => listen().catch(() => undefined), 10_000);
}

async function startForgottenWorkflow(address: string): Promise<string> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const handle = await client.workflow.start('nobodyHostsThis', { taskQueue: 'nowhere', workflowId: 'kept' });
  await connection.close();
  return handle.workflowId;
}

async function statusOf(address: string, workflowId: string): Promise<string> {
  const connection = await Connection.connect({ address });
  const description = await new Client({ connection }).workflow.getHandle(workflowId).describe();
  await connection.close();
  return description.status.name;
}
