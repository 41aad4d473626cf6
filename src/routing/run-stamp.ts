import * as z from 'zod';
import { MEMO_STAMP, type RunStamp } from '../mission/wire.ts';

const runStamp = z.object({
  mission: z.string(),
  version: z.string(),
  artifact: z.string(),
  reason: z.string(),
  revision: z.int(),
  key: z.string().exactOptional(),
});

/** The stamp in a run's memo, or `undefined` for a run that was not started by a route. */
export function readStamp(memo: Readonly<Record<string, unknown>> | undefined): RunStamp | undefined {
  return runStamp.safeParse(memo?.[MEMO_STAMP]).data;
}
