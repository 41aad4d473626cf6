/** What is recorded of a mission, and for how long it is kept. */
import * as z from 'zod';

export const recordingPolicy = z.strictObject({
  /** Recordings whose run ended longer ago than this are deleted; `null`: they are kept for ever. */
  keepMs: z.int().positive().nullable(),
  /** The newest so many are kept; `null`: any number. */
  maxCount: z.int().positive().nullable(),
  /** Share of the runs that is recorded, in parts per 10,000. */
  rate: z.int().min(0).max(10_000),
  /** Runs that did not complete are recorded whatever the share. */
  allFailures: z.boolean(),
  /** Runs that went a way that fewer recordings than this went are recorded whatever the share; `null`: ways do not count. */
  rareBelow: z.int().positive().nullable(),
});

export type RecordingPolicy = Readonly<z.infer<typeof recordingPolicy>>;

/** Where nobody said anything: everything is recorded, and kept for ever. */
export const RECORD_ALL: RecordingPolicy = {
  keepMs: null,
  maxCount: null,
  rate: 10_000,
  allFailures: true,
  rareBelow: null,
};
