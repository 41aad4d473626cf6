import { timestampOf } from './lockstep/task-facts.ts';
import { type Command, type Timestamp, toMs } from './proto.ts';

/**
 * A command as the server takes it: no activity may take longer than its run, so the server records the shorter time.
 *
 * @param runTimeoutMs 0 when the run may take any time
 */
export function withinRun(command: Command, runTimeoutMs: number): Command {
  const { scheduleActivity: schedule } = command;
  if (!schedule || runTimeoutMs === 0) return command;
  const shorter = (timeout: Timestamp | null | undefined) =>
    timeout && toMs(timeout) > runTimeoutMs ? timestampOf(runTimeoutMs) : (timeout ?? null);
  return {
    ...command,
    scheduleActivity: {
      ...schedule,
      startToCloseTimeout: shorter(schedule.startToCloseTimeout),
      scheduleToCloseTimeout: shorter(schedule.scheduleToCloseTimeout),
    },
  };
}
