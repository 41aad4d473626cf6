import { type Digest, digestOfJson } from '../shared/digest.ts';
import type { Json } from '../shared/json.ts';
import { without } from './group-counter.ts';
import type { ReplayResult } from './outcome.ts';
import type { Report } from './report.ts';

/** What differs from replay to replay though they find the same. */
const RUN_FACTS: ReadonlySet<string> = new Set(['digest', 'createdAt', 'live']);

/**
 * The digest that a report must have: over everything in it but the digest itself, the time it was made, how long the
 * replays took, and what live answers cost. The same candidate over the same cohort under the same policy gives the same digest.
 */
export function reportDigest(report: Omit<Report, 'digest'> | Report): Digest {
  const judged = Object.entries(report).filter(([member]) => !RUN_FACTS.has(member));
  // Reports have been written with the time that each replay took.
  const results = report.results.map((result) =>
    result.detail === undefined ? result : { ...result, detail: without(result.detail as ReplayResult, 'durationMs') },
  );
  return digestOfJson({ ...Object.fromEntries(judged), results } as unknown as Json);
}

/** Whether a report is what its digest says: nothing in it was changed since it was made. */
export function isReportIntact(report: Report): boolean {
  return report.digest === reportDigest(report);
}
