/** What a step of the candidate gets when the recording has no exact answer for it, and the limits of one replay. */
import * as z from 'zod';

/** `recorded`: the same step's recorded answer, though the request differs. `live`: ask again. `stop`: end as unanswered. */
const answer = z.enum(['recorded', 'live', 'stop']);

export const answerPolicy = z.strictObject({
  model: answer.default('stop'),
  read: answer.default('stop'),
  /** A write is never executed: `recorded` gives the recorded receipt, `simulator` one made from its output schema. */
  write: z.enum(['recorded', 'simulator', 'stop']).default('stop'),
  decision: z.enum(['recorded', 'stop']).default('stop'),
  /** Activities, children and signals of plain Temporal code, of which nothing is declared. */
  activity: z.enum(['recorded', 'stop']).default('stop'),
  /**
   * What `patched()` says of a patch that the recording has no marker of: `as-new` answers as for a run that starts today,
   * `as-recorded` as Temporal answers while it replays.
   */
  patches: z.enum(['as-new', 'as-recorded']).default('as-new'),
});

export const replayLimits = z.strictObject({
  perRecordingMs: z.int().positive().default(10_000),
  maxSteps: z.int().positive().default(10_000),
  /** Heap of one replay process, in megabytes; all that it holds may be 256 MB more (`start-confined.ts`). */
  memoryMb: z.int().positive().default(512),
  /** How many recordings share a V8 context, one after another. No limit when absent; with 1 nothing that code does reaches another recording. */
  recordingsPerContext: z.int().positive().optional(),
  liveCalls: z.int().nonnegative().default(10_000),
  liveConcurrency: z.int().positive().default(8),
  /** Tokens of live answers in one replay, in and out together. No limit when absent. */
  liveTokens: z.int().nonnegative().optional(),
  /** What the live answers of one replay may cost, in the currency of the policy's prices. No limit when absent. */
  liveCost: z.number().nonnegative().optional(),
});

export type AnswerPolicy = z.infer<typeof answerPolicy>;
export type ReplayLimits = z.infer<typeof replayLimits>;
