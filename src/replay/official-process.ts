/**
 * Temporal's own replayer, in a process that it may take with it: it runs candidates on its main thread, without any limit.
 * They find no more here than in a process of ours (`confine.ts`).
 */
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { Determinism } from '../compare/outcome.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { messageOf } from '../shared/errors.ts';
import { answerQuestions } from './answer-questions.ts';
import type { OfficialOptions, OfficialQuestion } from './official-protocol.ts';

Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  shutdownSignals: [],
});

/** Characters. */
const REASON_MAX = 4_000;

answerQuestions(({ code }: OfficialOptions) => {
  return async ({ content, workflowId }: OfficialQuestion, onPart): Promise<Determinism> => {
    try {
      for (const history of decodeRecordingContent(content)) {
        await Worker.runReplayHistory({ workflowBundle: { code } }, history, workflowId);
        onPart();
      }
      return { deterministic: true };
    } catch (error) {
      return { deterministic: false, reason: messageOf(error).slice(0, REASON_MAX) };
    }
  };
});
