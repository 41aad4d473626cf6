/** On whose word a version took a decision: what a forced release lacked is said as it was, and nothing else. */
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { releaseLines } from '../../src/cli/release-text.ts';
import type { Explanation } from '../../src/release/explanation.ts';
import { QUIET_IO } from './quiet-io.ts';

const REPORT = `sha256:${'a'.repeat(64)}`;
const UNHOSTED = '(forced without a ready worker: no worker process lives)';

interface Release {
  readonly reason: string;
  readonly forced: boolean;
  readonly report?: string;
  readonly kind?: 'publish' | 'rollback';
  readonly revision?: number;
}

function evidenceOf({ reason, forced, report, kind = 'publish', revision = 3 }: Release): string | undefined {
  const side = (name: string) => ({ name, artifact: 'sha256:0' });
  const explanation = {
    version: { mission: 'refund', number: 2, kind },
    routing: { reason: 'rule "staff"', revision },
    moves: [],
    release: {
      route: {
        revision,
        createdAt: '2026-03-01T12:00:00.000Z',
        by: 'ada',
        reason,
        rules: [],
        weights: [{ version: 2, weight: 10_000 }],
        activation: { report: report ?? null, forced },
      },
      report:
        report === undefined
          ? null
          : {
              digest: report,
              candidate: side('refund@2'),
              baseline: side('refund@1'),
              verdict: { verdict: 'passed' },
              policy: { digest: REPORT },
            },
    },
    audit: { concerning: {}, head: { seq: 1, hash: REPORT } },
  };
  return releaseLines(explanation as unknown as Explanation, createOutput(QUIET_IO, false))[2]?.trim();
}

const passed = 'report aaaaaaaaaaaa: refund@2 against refund@1, passed under policy aaaaaaaaaaaa';

describe('the evidence of a release', () => {
  it.each<[string, Release, string]>([
    ['a report', { reason: 'activate refund@2: it passed its replay', forced: false, report: REPORT }, passed],
    [
      'nothing, where none is asked for',
      { reason: 'roll back to refund@1: wrong', forced: false },
      'no report was needed',
    ],
    [
      'a report, and no worker',
      { reason: `activate refund@2: it passed its replay ${UNHOSTED}`, forced: true, report: REPORT },
      `${passed}, forced without a ready worker`,
    ],
    [
      'a rollback without a worker',
      { reason: `roll back to refund@1: wrong ${UNHOSTED}`, forced: true, kind: 'rollback' },
      'forced without a ready worker',
    ],
    [
      'the first version without a worker',
      { reason: `activate refund@2: nothing was active before ${UNHOSTED}`, forced: true, revision: 1 },
      'forced without a ready worker',
    ],
    [
      'the same artifact without a worker',
      { reason: `activate refund@2: the same artifact as the version before ${UNHOSTED}`, forced: true },
      'forced without a ready worker',
    ],
    ['no report', { reason: 'activate refund@2, forced: now', forced: true }, 'forced without a passing report'],
    ['no report, by hand', { reason: 'forced: now', forced: true }, 'forced without a passing report'],
    [
      'neither',
      { reason: `activate refund@2, forced: now ${UNHOSTED}`, forced: true },
      'forced without a ready worker and without a passing report',
    ],
    [
      'a report of one version of several',
      { reason: 'forced: now', forced: true, report: REPORT },
      `${passed}, forced without a passing report of every version`,
    ],
  ])('is %s', (_, release, expected) => {
    expect(evidenceOf(release)).toBe(expected);
  });
});
