/** The policy of a replay: how missing answers are treated, what is allowed to differ, and what is too little to judge by. */
import * as z from 'zod';
import { answerPolicy, replayLimits } from '../replay/answer-policy.ts';
import { readNames } from '../replay/declared-reads.ts';
import { jsonPointer } from '../shared/condition.ts';

/** Shares of the faithful recordings (of all recordings for `excluded`), 0 to 1. */
const allowances = z.strictObject({
  changed: z.number().min(0).max(1).default(0),
  diverged: z.number().min(0).max(1).default(1),
  unanswered: z.number().min(0).max(1).default(0),
  failed: z.number().min(0).max(1).default(0),
  excluded: z.number().min(0).max(1).default(0.05),
});

/** Of one model, per million tokens, in whatever currency the policy is written in. */
const modelPrice = z.strictObject({
  inputPerMillion: z.number().nonnegative(),
  outputPerMillion: z.number().nonnegative(),
});

/** Both versions are asked again so often about each recording, to tell the noise of the models from a change. */
const noisePolicy = z.strictObject({
  samples: z.int().min(1).max(50).default(5),
  /** Share of false alarms among the fields that are called really different. */
  falseDiscovery: z.number().gt(0).max(0.5).default(0.05),
});

const samplePolicy = z.strictObject({
  /** JSON Pointers into the mission's input: tenant, country, product. */
  attributes: z.array(jsonPointer).min(1).max(5),
});

/** What a finding does that by itself is no failure. */
const finding = z.enum(['warn', 'inconclusive']);

export const replayPolicy = z.strictObject({
  answers: answerPolicy.prefault({}),
  /** Activities, children and operations that only read, by their names. Absent: each counts as a write. */
  reads: readNames.optional(),
  allow: allowances.prefault({}),
  /** Fewer faithful recordings than this is inconclusive. */
  minimumRecordings: z.int().positive().default(1),
  limits: replayLimits.prefault({}),
  /** How many recordings Temporal's own replayer is asked about: a number, or all of them. */
  secondOpinion: z.union([z.int().nonnegative(), z.literal('all')]).default(20),
  /** Absent: noise is not looked into. */
  noise: noisePolicy.optional(),
  /** A changed component that no recording exercised. @default 'warn' */
  coverage: finding.optional(),
  /** An intended change that came in none of the recordings. @default 'inconclusive' */
  unusedIntended: finding.optional(),
  /** Runs that are looked into for the causes of what differs; each outcome has its share. @default 200 */
  causes: z.int().min(0).max(10_000).optional(),
  /** How samples are told apart, besides by outcome, path, length, rare steps and time. */
  sample: samplePolicy.optional(),
  /** By the model's name in the mission. */
  prices: z.record(z.string(), modelPrice).optional(),
});

export type ReplayPolicy = z.infer<typeof replayPolicy>;

/** A policy as people write it: what is left out has its default. */
export type ReplayPolicyInput = z.input<typeof replayPolicy>;
