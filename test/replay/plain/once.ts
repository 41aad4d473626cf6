import type { WorkflowHandle } from '@temporalio/client';
import type { HistoryEvent } from '../../../src/replay/proto.ts';

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

/** Asks again and again, and gives the first answer that is one. */
export async function eventually<Found>(what: string, look: () => Promise<Found | undefined | false>): Promise<Found> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    const found = await look();
    if (found) return found;
    await pause();
  }
  throw new Error(`It did not come to this: ${what}`);
}

/** Waits until the history of a run holds what the test is about, so often. */
export const once =
  (wanted: (event: HistoryEvent) => unknown, times = 1) =>
  (handle: WorkflowHandle): Promise<HistoryEvent> =>
    eventually(`run ${handle.workflowId} holds ${String(wanted)}`, async () => {
      const { events } = await handle.fetchHistory();
      return events?.filter(wanted)[times - 1];
    });
