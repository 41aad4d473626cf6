import type { WorkflowHandle } from '@temporalio/client';
import type { HistoryEvent } from '../../../src/replay/proto.ts';

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

/** Waits until the history of a run holds what the test is about, so often. */
export const once =
  (wanted: (event: HistoryEvent) => unknown, times = 1) =>
  async (handle: WorkflowHandle): Promise<HistoryEvent> => {
    for (let tries = 0; tries < 1_200; tries += 1) {
      const { events } = await handle.fetchHistory();
      const found = events?.filter(wanted)[times - 1];
      if (found) return found;
      await pause();
    }
    throw new Error(`Run ${handle.workflowId} did not come to what was waited for.`);
  };
