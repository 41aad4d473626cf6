/** On whose word a version took a decision, for people. */
import type { MoveGround } from '../registry/interventions.ts';
import type { Explanation } from '../release/explanation.ts';
import { forcedWords } from '../release/forced-words.ts';
import { shortDigest } from '../shared/digest.ts';
import type { Output } from './output.ts';
import { atMinute } from './words.ts';

const GROUND_WORDS: Readonly<Record<MoveGround, string>> = {
  replayed: 'its history replayed there',
  'same-artifact': 'the same artifact',
  forced: 'without a check',
  found: 'recorded afterwards',
};

/** The part of an explanation that says how the version came to have traffic, and the run to the version. */
export function releaseLines({ version, routing, moves, release, audit }: Explanation, output: Output): string[] {
  const { palette } = output;
  const { route, report } = release;
  const released =
    route === null
      ? 'no revision of the route gave it traffic'
      : `${atMinute(route.createdAt)} UTC by ${route.by}, revision ${route.revision}: ${route.reason}`;
  const forced = route === null ? '' : forcedWords(route, version.kind);
  const evidence =
    report === null
      ? forced === ''
        ? 'no report was needed'
        : palette.yellow(forced)
      : `report ${shortDigest(report.digest)}: ${report.candidate.name} against ${report.baseline.name}, ${report.verdict.verdict} under policy ${shortDigest(report.policy.digest)}${forced === '' ? '' : palette.yellow(`, ${forced}`)}`;
  return [
    palette.bold('Released'),
    `  ${released}`,
    `  ${evidence}`,
    palette.bold('Routed here'),
    `  by revision ${routing.revision}: ${routing.reason}`,
    ...moves.map(
      ({ mission, from, to, by, reason, ground, createdAt }) =>
        `  ${from === null ? 'moved' : `began on ${mission}@${from}, moved`} to @${to} at ${atMinute(createdAt)} UTC by ${by} (${GROUND_WORDS[ground ?? 'found']}): ${reason}`,
    ),
    palette.dim(
      `  Audit trail: entries ${[...new Set(Object.values(audit.concerning).filter((seq) => seq !== null))].join(', ')}; its head is ${audit.head.seq}:${audit.head.hash}`,
    ),
  ];
}
