/** What Temporal's own replayer says of the same histories. It decides nothing here; it must agree. */
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { Determinism } from '../compare/outcome.ts';
import { messageOf } from '../shared/errors.ts';
import type { History } from './proto.ts';

/** Longer than any sane history takes; a history that hangs core must not hang us. */
const TIME_LIMIT_MS = 60_000;

/** Asks the official replayer about every link of a chain. */
export async function officialDeterminism(
  code: string,
  histories: readonly History[],
  workflowId: string,
): Promise<Determinism> {
  installQuietRuntime();
  try {
    for (const history of histories)
      await bounded(Worker.runReplayHistory({ workflowBundle: { code } }, history, workflowId));
    return { deterministic: true };
  } catch (error) {
    return { deterministic: false, reason: messageOf(error) };
  }
}

async function bounded(replay: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIME_LIMIT_MS} ms`)), TIME_LIMIT_MS);
  });
  try {
    await Promise.race([replay, late]);
  } finally {
    clearTimeout(timer);
  }
}

let asked = false;

/** A process has one runtime; when another part of it installed one, that one stays. */
function installQuietRuntime(): void {
  if (asked) return;
  asked = true;
  try {
    const logging = { filter: 'OFF', forward: {} };
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => undefined),
      telemetryOptions: { logging },
      shutdownSignals: [],
    });
  } catch (error) {
    if (!messageOf(error).includes('already')) throw error;
  }
}
