import { MissionError } from '../shared/errors.ts';

const EXPORT_REMEDY =
  'Export the whole run again with `temporal workflow show --workflow-id <id> --run-id <run id> --output json`.';

/** A history that cannot be used. `event` is the 1-based place in the history, when one event is at fault. */
export function historyInvalid(
  where: string,
  problem: string,
  options: { readonly event?: number; readonly remedy?: string; readonly cause?: unknown } = {},
): MissionError {
  const { event, remedy = EXPORT_REMEDY, cause } = options;
  return new MissionError('HISTORY_INVALID', `${where}: ${problem}`, {
    remedy,
    details: { where, ...(event !== undefined && { event }) },
    ...(cause !== undefined && { cause }),
  });
}
