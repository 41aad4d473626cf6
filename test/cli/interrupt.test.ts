/** Ctrl-C in a real terminal, on the real command. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { ESM_PROJECT, makeProject, recordOrders, type ScratchProject } from '../replay/plain/project.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const CTRL_C = '\u0003';
// A process that loads its TypeScript on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** It says that it was asked, and never answers. */
const WAITING_CODEC = `
setInterval(() => {}, 60_000);
export const payloadCodec = {
  encode: async (payloads) => payloads,
  decode: () => { console.error('asked to decode'); return new Promise(() => {}); },
};
`;

let project: ScratchProject;
let terminal: ChildProcess | undefined;
let shown = '';

beforeAll(async () => {
  project = await makeProject(ESM_PROJECT);
  const source = { workflowsPath: './src/workflows', root: project.root };
  const recorded = await recordOrders({ address: inject('temporalAddress'), source, orders: ['chair', 'desk', 'pen'] });
  const hangs = 'for (;;) if (item === "chair") break;';
  await project.write({
    ...Object.fromEntries(recorded.map(({ name, history }) => [`histories/${name}.json`, encodeHistory(history)])),
    'codec.mjs': WAITING_CODEC,
    'src/hanging/index.ts': "export { approve, order } from './order.js';\n",
    'src/hanging/order.ts': (ESM_PROJECT['src/workflows/order.ts'] ?? '')
      .replace('./rules.js', '../workflows/rules.js')
      .replace('const amount', `${hangs}\n  const amount`),
  });
});

afterAll(() => project.remove());

afterEach(async () => {
  if (terminal?.exitCode !== null) return;
  terminal.kill('SIGKILL');
  await once(terminal, 'exit');
});

/** The command in a terminal of its own, whose keys are the child's standard input. */
function inTerminal(argv: readonly string[]): ChildProcess {
  const command = [process.execPath, '--import', import.meta.resolve('tsx'), main, ...argv];
  // `exec`: a shell that stays in between dies of the key itself, whatever the command ends with.
  const quoted = `exec ${command.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], {
    cwd: project.root,
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '1', COLUMNS: '120' },
  });
  shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  terminal = child;
  return child;
}

async function seen(child: ChildProcess, pattern: RegExp): Promise<void> {
  while (!pattern.test(shown)) {
    if (child.exitCode !== null) throw new Error(`it ended: ${shown}`);
    await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')]);
  }
}

describe('Ctrl-C while mission replay runs', () => {
  it('stops a replay that hangs, and leaves a partial report with what was done', async () => {
    const argv = [
      'replay',
      '--workflows',
      './src/hanging',
      '--histories',
      './histories',
      '--workers',
      '1',
      '--policy',
      'second-opinion=0',
    ];
    const child = inTerminal(argv);
    await seen(child, /1 matched/);
    child.stdin?.write(CTRL_C);
    const [code] = (await once(child, 'close')) as [number];
    expect(shown).toContain('Stopping in order');
    expect(shown).toContain('the replay was stopped early');
    expect(code).toBe(3);
    const report = JSON.parse(
      await readFile(join(project.root, 'mission-replay-report', 'report.json'), 'utf8'),
    ) as Report;
    expect(report).toMatchObject({
      partial: true,
      counts: { recordings: 1, outcomes: { matched: 1 } },
      cohort: { recordings: 3 },
      verdict: { verdict: 'inconclusive', reasons: expect.arrayContaining([expect.stringContaining('stopped')]) },
    });
  });

  it('ends at once when it is pressed again, whatever is waited for', async () => {
    const histories = ['--workflows', './src/workflows', '--histories', './histories'];
    const child = inTerminal(['replay', ...histories, '--codec', './codec.mjs']);
    await seen(child, /asked to decode/);
    child.stdin?.write(CTRL_C);
    await seen(child, /Stopping in order/);
    child.stdin?.write(CTRL_C);
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(130);
  });
});
