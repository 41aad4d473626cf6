/**
 * Temporal's own replayer, in a process that it may take with it: it runs candidates on its main thread, without any limit.
 * They find no more here than in a process of ours (`confine.ts`).
 */
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { Determinism } from '../compare/outcome.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { messageOf } from '../shared/errors.ts';
import { confine } from './confine.ts';
import type { FromOfficial, ToOfficial } from './official-protocol.ts';

Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  shutdownSignals: [],
});
const say = confine<FromOfficial>();

/** Characters. */
const REASON_MAX = 4_000;
let code = '';

async function judge(content: Uint8Array, workflowId: string): Promise<Determinism> {
  try {
    for (const history of decodeRecordingContent(content)) {
      await Worker.runReplayHistory({ workflowBundle: { code } }, history, workflowId);
      void say({ kind: 'link' });
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
void say({ kind: 'ready' });
