/** `case.json`: what a person should know of a regression case beside its history, and what it must come out as. */
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';

const failure = z.strictObject({ message: z.string(), type: z.string() });

const runEnd = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('completed'), result: z.json() }),
  z.strictObject({ status: z.literal('failed'), failure }),
  z.strictObject({ status: z.enum(['cancelled', 'terminated', 'timed-out', 'continued-as-new', 'open']) }),
]);

export const fixtureCase = z.strictObject({
  format: z.literal(1),
  /** Absent for a plain Temporal workflow. */
  mission: z.string().optional(),
  /** Version number and artifact that ran it. */
  version: z.int().positive().optional(),
  artifact: z.string().optional(),
  workflowId: z.string().min(1),
  runId: z.string().min(1),
  workflowType: z.string().min(1),
  input: z.json(),
  /** What a right version makes of it: the recorded end, or the corrected one. */
  expected: runEnd,
  /** Why the case is kept. */
  why: z.string().min(1),
  /** The change that it guards against: `@3, which reworded assess`. */
  guards: z.string().min(1).optional(),
  addedBy: z.string().min(1),
  addedAt: z.iso.datetime(),
  redacted: z.boolean(),
  /** SHA-256 over the canonical bytes of its histories. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});

export type FixtureCase = z.infer<typeof fixtureCase>;

/**
 * Reads the text of a `case.json`.
 *
 * @throws MissionError `FIXTURE_INVALID` naming the file and the first wrong field.
 */
export function parseFixtureCase(text: string, file: string): FixtureCase {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (cause) {
    throw fixtureInvalid(file, '', 'it is not JSON', cause);
  }
  const parsed = fixtureCase.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fixtureInvalid(file, issue?.path.join('.') ?? '', issue?.message ?? 'it has another form', parsed.error);
}

/** A regression case that cannot be used. `field` is empty when the whole file is at fault. */
export function fixtureInvalid(file: string, field: string, problem: string, cause?: unknown): MissionError {
  return new MissionError('FIXTURE_INVALID', `${file}${field === '' ? '' : `, field "${field}"`}: ${problem}.`, {
    remedy: 'Restore the file from version control, or export the case again.',
    details: { file, ...(field !== '' && { field }) },
    ...(cause !== undefined && { cause }),
  });
}
