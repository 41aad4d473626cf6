import * as z from 'zod';
import { MEMO_STAMP, type RunStamp } from '../mission/wire.ts';
import { isVersionRef } from '../shared/version-ref.ts';
import type { RouteDecision } from './resolve-route.ts';

const runStamp = z.object({
  mission: z.string(),
  version: z.string().refine(isVersionRef),
  artifact: z.string(),
  reason: z.string(),
  revision: z.int(),
  rule: z.string().exactOptional(),
  bucket: z.int().exactOptional(),
  probability: z.number().exactOptional(),
  callerRule: z.string().exactOptional(),
  key: z.string().exactOptional(),
});

/** The stamp in a run's memo; `undefined` for a run that was not started by a route, and where others wrote something else there. */
export function readStamp(memo: Readonly<Record<string, unknown>> | undefined): RunStamp | undefined {
  return runStamp.safeParse(memo?.[MEMO_STAMP]).data;
}

/** What of a decision goes into a stamp beside its version. */
export function decisionInStamp({ reason, revision, rule, bucket, probability }: RouteDecision) {
  return { reason, revision, ...(rule !== undefined && { rule }), bucket, probability };
}
