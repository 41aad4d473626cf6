/** Schedules of a namespace that carry a memo of ours. Others may be there, and theirs may be encrypted with keys that are not here. */
import type { Client } from '@temporalio/client';
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { tsToDate } from '@temporalio/common/lib/time.js';

export interface ListedSchedule {
  readonly scheduleId: string;
  /** Of the runs that it starts. */
  readonly workflowType: string;
  /** The entry that was asked for; nothing in it where it cannot be decoded here. */
  readonly memo: Readonly<Record<string, unknown>>;
  readonly state: { readonly paused: boolean; readonly note?: string };
  readonly info: { readonly nextActionTimes: readonly Date[] };
}

/** @param memoKey - schedules without this entry are left out, undecoded */
export async function* listSchedulesWith(
  { options, workflowService }: Client,
  memoKey: string,
): AsyncGenerator<ListedSchedule> {
  const { namespace, loadedDataConverter } = options;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await workflowService.listSchedules({ namespace, nextPageToken });
    for (const { scheduleId, memo, info } of page.schedules) {
      const payload = memo?.fields?.[memoKey];
      if (!scheduleId || !info?.workflowType?.name || !payload) continue;
      const value = await decodeOptionalSinglePayload(loadedDataConverter, payload).catch(() => undefined);
      yield {
        scheduleId,
        workflowType: info.workflowType.name,
        memo: { [memoKey]: value },
        state: { paused: info.paused === true, ...(info.notes && { note: info.notes }) },
        info: { nextActionTimes: (info.futureActionTimes ?? []).map(tsToDate) },
      };
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
}
