/**
 * Temporal's own replayer, in a process that it may take with it: it runs candidates on its main thread, without any limit.
 * They find no more here than on a thread of ours (`lockdown.ts`).
 */
import { Worker as Thread } from 'node:worker_threads';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { Determinism } from '../compare/outcome.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { messageOf } from '../shared/errors.ts';
import { mapErrorStacks } from '../temporal/run-stacks.ts';
import { lockDown } from './lockdown.ts';
import type { FromOfficial, ToOfficial } from './official-protocol.ts';

/** Where the process that asks is gone, this one ends too, even while a candidate holds its main thread. */
const WATCH = `
const { workerData: asking } = require('node:worker_threads');
setInterval(() => { if (process.ppid !== asking) process.kill(process.pid, 'SIGKILL'); }, 1_000);
`;

const send = process.send?.bind(process);
if (send === undefined) throw new Error('official-process runs with a channel only');
const say = (message: FromOfficial) => void send(message);

Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  shutdownSignals: [],
});
mapErrorStacks();
new Thread(WATCH, { eval: true, env: {}, workerData: Number(process.argv[2]) }).unref();
lockDown();

let code = '';

async function judge(content: Uint8Array, workflowId: string): Promise<Determinism> {
  try {
    for (const history of decodeRecordingContent(content))
      await Worker.runReplayHistory({ workflowBundle: { code } }, history, workflowId);
    return { deterministic: true };
  } catch (error) {
    return { deterministic: false, reason: messageOf(error) };
  }
}

process.on('message', (message: ToOfficial) => {
  if (message.kind === 'load') ({ code } = message);
  else void judge(message.content, message.workflowId).then((determinism) => say({ kind: 'answer', determinism }));
});
say({ kind: 'ready' });
