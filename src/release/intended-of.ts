/** What a version is meant to change, as its ledger entry has it. */
import { type IntendedChange, intendedDigest, parseIntendedChanges } from '../compare/intended-change.ts';
import type { Version } from '../registry/versions.ts';
import { formatVersionRef } from '../shared/version-ref.ts';

/** @throws MissionError `INPUT_INVALID` when the entry holds something else. */
export function intendedOf(version: Version): readonly IntendedChange[] | undefined {
  if (version.intended === undefined) return undefined;
  return parseIntendedChanges(version.intended, `The ledger entry ${formatVersionRef(version)}`);
}

/** What a report on it has to be bound to; `undefined` when nothing is declared. */
export function intendedDigestOf(version: Version): string | undefined {
  const intended = intendedOf(version);
  return intended === undefined ? undefined : intendedDigest(intended);
}
