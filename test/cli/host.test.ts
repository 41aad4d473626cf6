/** `mission worker` as an orchestrator sees it: a process with probes, metrics and log lines, from its start to the end of its draining. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { copyProject } from '../artifact/project.ts';
import { run } from './run.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const MISSION = `probed-${process.pid}`;
const patience = { timeout: 90_000, interval: 100 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let project: string;
let gate: Server;
let isOpen = false;
const waiting: (() => void)[] = [];
let host: ChildProcess;
let ended: Promise<unknown[]>;
let [out, err] = ['', ''];
let address = '';

const env = { MISSION_ACTOR: 'ada', TEMPORAL_ADDRESS: inject('temporalAddress') };

const source = {
  [`workflows/${MISSION}/mission.ts`]: () => `
    import { defineMission } from 'mission-runtime/mission';
    import * as z from 'zod';
    export const probed = defineMission({
      name: '${MISSION}',
      input: z.object({ hold: z.boolean() }),
      output: z.object({ queue: z.string() }),
      models: { default: { model: 'local/judge' } },
      prompts: { classify: 'Which queue: billing or technical? Answer with one word. {{text}}' },
      tools: { look: { effect: 'read', input: z.object({ hold: z.boolean() }), output: z.object({}) } },
    });`,
  [`workflows/${MISSION}/workflow.ts`]: () => `
    import { log } from '@temporalio/workflow';
    import { probed } from './mission.ts';
    export const run = probed.workflow(async ({ step }, { hold }) => {
      log.info('deciding');
      await step.model('classify', { text: 'a' });
      await step.tool('look', { hold });
      return { queue: 'billing' };
    });`,
  [`activities/${MISSION}.ts`]: () => `
    import { defineActivities, defineTools } from 'mission-runtime/activity';
    import { probed } from '../workflows/${MISSION}/mission.ts';
    export default defineActivities({ tools: defineTools(probed, { look: async ({ hold }, { log }) => {
      log.info('looking', { note: 'tok-secret-9' });
      if (hold) await fetch(process.env['GATE_URL']);
      return {};
    } }) });`,
};

const mission = (...argv: string[]) => run(argv, { cwd: project, env });
const start = (id: string, hold: boolean, ...flags: string[]) =>
  mission('start', MISSION, '--input', JSON.stringify({ hold }), '--id', `${MISSION}-${id}`, ...flags);

/** Lets every step that waits at the gate go on, and those that come. */
function openGate(): void {
  isOpen = true;
  for (const letGo of waiting.splice(0)) letGo();
}

async function get(path: string, method = 'GET') {
  const response = await fetch(`${address}${path}`, { method });
  return { status: response.status, text: await response.text() };
}

/** Lines of the host that are about something. */
function lines(message: string): Record<string, unknown>[] {
  const whole = out.slice(0, out.lastIndexOf('\n') + 1).split('\n');
  const parsed = whole.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  return parsed.filter((line) => String(line['message']).includes(message));
}

function portOf(server: Server): number {
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('The server does not listen on a port.');
  return at.port;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

beforeAll(async () => {
  gate = createServer((_, response) => {
    const letGo = () => void response.end();
    if (isOpen) letGo();
    else waiting.push(letGo);
  });
  const gateUrl = `http://127.0.0.1:${await listening(gate)}`;
  project = await copyProject(source);
  await rm(join(project, 'workflows', 'ticket-triage'), { recursive: true });
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  expect(await mission('publish', '-m', 'first')).toMatchObject({ code: 0 });
  expect(await mission('activate', '@1', '--force', '--reason', 'test')).toMatchObject({ code: 0 });
  host = spawn(
    process.execPath,
    ['--import', 'tsx', MAIN, 'worker', '--health-port', '0', '--log-format', 'json', '-C', project],
    { env: { ...process.env, ...env, LOG_LEVEL: 'info', SHOP_TOKEN: 'tok-secret-9', GATE_URL: gateUrl } },
  );
  ended = once(host, 'exit');
  host.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  host.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  await vi.waitFor(() => {
    if (host.exitCode !== null) throw new Error(`The host ended: ${err}${out}`);
    const [said] = lines('Health and metrics at');
    address = /http:\/\/127\.0\.0\.1:\d+/.exec(String(said?.['message']))?.[0] ?? '';
    expect(address).not.toBe('');
  }, patience);
});

afterAll(async () => {
  openGate();
  if (host.exitCode === null && host.signalCode === null) {
    host.kill('SIGKILL');
    await ended;
  }
  gate.closeAllConnections();
  gate.close();
});

/** The tests of a story: the life of one process. */
describe('a host', () => {
  it('lives, and is ready once all that it must host is', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    await vi.waitFor(async () => expect((await get('/readyz')).status).toBe(200), patience);
    const { text } = await get('/readyz');
    expect(JSON.parse(text)).toEqual({ ok: true, hosted: [`${MISSION}@1`], registry: 'ok', temporal: 'ok' });
  });

  it('counts and times what happens, and gives the core’s own metrics along', async () => {
    expect(await start('counted', false, '--wait')).toMatchObject({ code: 0 });
    const of = `mission="${MISSION}"`;
    const text = await vi.waitFor(async () => {
      const metrics = await get('/metrics');
      for (const line of [
        `mission_starts_total{${of},version="${MISSION}@1",reason="weight"} 1`,
        `mission_runs_ended_total{${of},version="${MISSION}@1",status="completed"} 1`,
        `mission_step_seconds_count{${of},version="${MISSION}@1",step="look",kind="tool",outcome="completed"} 1`,
        `mission_step_seconds_count{${of},version="${MISSION}@1",step="classify",kind="model",outcome="completed"} 1`,
        `mission_hosted_artifacts{${of},state="ready"} 1`,
        'mission_up{part="registry"} 1',
        'mission_up{part="temporal"} 1',
        'mission_ready 1',
      ]) {
        expect(metrics.text).toContain(line);
      }
      return metrics.text;
    }, patience);
    expect(text).toMatch(/^mission_model_tokens_total\{mission="[^"]+",model="[^"]+",direction="input"\} [1-9]/m);
    expect(text).toMatch(/^temporal_activity_task_received_total\{/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(types.length).toBe(new Set(types).size);
  });

  it('logs steps and workflow code with mission, version, run and step, and without secrets', async () => {
    const context = { mission: MISSION, version: `${MISSION}@1`, run: `${MISSION}-counted` };
    await vi.waitFor(() => {
      expect(lines('looking')).toMatchObject([{ ...context, step: 'look#1', level: 'info', note: '[secret]' }]);
      expect(lines('deciding')).toMatchObject([context]);
    }, patience);
    expect(lines(`${MISSION}@1 ready`)).toMatchObject([{ event: 'ready', mission: MISSION, versions: [1] }]);
    expect(out + err).not.toContain('tok-secret-9');
  });

  it('answers nothing else', async () => {
    expect(await get('/other')).toMatchObject({ status: 404 });
    expect(await get('/metrics', 'POST')).toMatchObject({ status: 405 });
  });

  it('is not ready any more while it drains, lives meanwhile, and ends in order', async () => {
    expect(await start('held', true)).toMatchObject({ code: 0 });
    await vi.waitFor(() => expect(waiting).toHaveLength(1), patience);
    host.kill('SIGTERM');
    const draining = await vi.waitFor(async () => {
      const { status, text } = await get('/readyz');
      expect(status).toBe(503);
      return text;
    }, patience);
    expect(JSON.parse(draining)).toMatchObject({ ok: false, stopping: true });
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    openGate();
    expect(await ended).toEqual([0, null]);
    await expect(get('/readyz')).rejects.toThrow();
    expect(lines(`${MISSION}@1 stopped`)).toHaveLength(1);
  });
});

describe('what it is told', () => {
  it.each([
    [['--health-port', 'eighty'], {}, '--health-port or MISSION_HEALTH_PORT is "eighty"'],
    [[], { MISSION_HEALTH_PORT: '70000' }, '--health-port or MISSION_HEALTH_PORT is "70000"'],
    [['--log-format', 'xml'], {}, '--log-format is "xml"'],
    [[], { LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud"'],
  ])('%j %j is refused', async (flags, over, message) => {
    const { code, err: said } = await run(['worker', ...flags], { cwd: project, env: { ...env, ...over } });
    expect(code).toBe(2);
    expect(said.replaceAll(/\s+/g, ' ')).toContain(message);
  });

  it('says so when the port is taken', async () => {
    const taken = createServer();
    const port = String(await listening(taken));
    const refused = await run(['worker', '--health-port', port], { cwd: project, env });
    taken.close();
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('Nothing can listen on') });
  });
});
