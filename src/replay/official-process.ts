/**
 * Temporal's own replayer, in a process that it may take with it: it runs candidates on its main thread, without any limit.
 * They find no more here than on a thread of ours (`lockdown.ts`).
 */
import { Worker as Thread } from 'node:worker_threads';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { Determinism } from '../compare/outcome.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { messageOf } from '../shared/errors.ts';
import { lockDown } from './lockdown.ts';
import type { FromOfficial, ToOfficial } from './official-protocol.ts';

/** Where the process that asks is gone, this one ends too, even while a candidate holds its main thread. */
const WATCH = `
const { workerData: asking } = require('node:worker_threads');
const isThere = () => { try { return process.kill(asking, 0); } catch { return false; } };
setInterval(() => { if (process.ppid !== asking || !isThere()) process.kill(process.pid, 'SIGKILL'); }, 1_000);
`;

const send = process.send?.bind(process);
if (send === undefined) throw new Error('official-process runs with a channel only');
const say = (message: FromOfficial) => void send(message);

Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  shutdownSignals: [],
});
new Thread(WATCH, { eval: true, env: {}, workerData: Number(process.argv[2]) }).unref();
// A terminal gives Ctrl-C to this process too; what it means is decided where it is asked.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
lockDown();

/** Characters. */
const REASON_MAX = 4_000;
let code = '';

async function judge(content: Uint8Array, workflowId: string): Promise<Determinism> {
  try {
    for (const history of decodeRecordingContent(content)) {
      await Worker.runReplayHistory({ workflowBundle: { code } }, history, workflowId);
      say({ kind: 'link' });
    }
    return { deterministic: true };
  } catch (error) {
    return { deterministic: false, reason: messageOf(error).slice(0, REASON_MAX) };
  }
}

process.on('message', (message: ToOfficial) => {
  if (message.kind === 'load') ({ code } = message);
  else void judge(message.content, message.workflowId).then((determinism) => say({ kind: 'answer', determinism }));
});
say({ kind: 'ready' });
