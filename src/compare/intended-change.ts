/** Intended changes: what a version is meant to change, declared when it is published, by whom and why. */
import * as z from 'zod';
import { condition, jsonPointer } from '../shared/condition.ts';
import { type Digest, digestOfJson } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';

const intendedChange = z.strictObject({
  /** Unique in its file; shown in reports. */
  name: z.string().min(1).max(100),
  reason: z.string().trim().min(1),
  /** Who answers for it. */
  owner: z.string().trim().min(1),
  /** On the mission's input: the runs that it is declared for. None: all runs. */
  when: z.array(condition).default([]),
  /** On the recorded outcome: the runs that it is declared for. */
  was: z.array(condition).default([]),
  /** On the candidate's outcome, in every run that it is declared for. */
  becomes: z.array(condition).min(1),
  /** Other places of the outcome that may differ in these runs, with all below them; `''` is the kind of end. */
  mayChange: z.array(jsonPointer).default([]),
  /** Names of the tools, activities, children, signals and operations whose writes may differ in these runs. */
  writes: z.array(z.string().min(1)).default([]),
});

const intendedChanges = z
  .array(intendedChange)
  .min(1)
  .refine((changes) => new Set(changes.map(({ name }) => name)).size === changes.length, 'two have the same name');

export type IntendedChange = z.infer<typeof intendedChange>;

/**
 * Reads a declaration: the content of a file, or what the ledger keeps of it.
 *
 * @param source - its name, for messages
 * @throws MissionError `INPUT_INVALID` naming the place.
 */
export function parseIntendedChanges(content: unknown, source: string): readonly IntendedChange[] {
  const parsed = intendedChanges.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new MissionError('INPUT_INVALID', `${source} declares no intended changes. ${z.prettifyError(parsed.error)}`, {
    remedy: 'Write a list of { name, reason, owner, when, was, becomes, mayChange, writes }; see docs/replay.md.',
    details: { source },
  });
}

/** What a report is bound to. */
export function intendedDigest(changes: readonly IntendedChange[]): Digest {
  return digestOfJson(changes as unknown as Json);
}
