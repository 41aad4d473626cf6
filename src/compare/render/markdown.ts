/**
 * A report as GitHub-flavoured Markdown, for a pull request comment.
 *
 * Invariants:
 * 1. Whatever comes from a run or an author stands in code, where Markdown, HTML and @mentions mean nothing.
 * 2. Bounded, so that it stays under the 65,536 characters that a comment may have; what is left out is counted.
 */
import { shortDigest } from '../../shared/digest.ts';
import { printable } from '../describe.ts';
import type { Report } from '../report.ts';
import { changeBlocks } from './markdown-changes.ts';
import { outcomeTable, recordingSentence, sampleSentence } from './markdown-counts.ts';
import { coverageTable } from './markdown-coverage.ts';
import { divergenceTable, effectTable, failureTable, flipTable, unansweredTable } from './markdown-groups.ts';
import { details, escapeText, fence } from './markdown-pieces.ts';
import { causeList, intendedTable, noiseTable } from './markdown-reasons.ts';
import { nextSteps } from './next-steps.ts';
import { cutWords } from './terminal-counts.ts';
import { artifactWords, headline, liveWords } from './words.ts';

const MAX_SECTIONS_LENGTH = 58_000;

const MARKS = { passed: '✅', failed: '❌', inconclusive: '⚠️' } as const;

/** The report as Markdown. */
export function renderMarkdown(report: Report): string {
  const { verdict } = report;
  const head = [
    `### ${MARKS[verdict.verdict]} ${escapeText(headline(report))}`,
    '',
    `**${verdict.verdict}**: ${verdict.reasons.map(escapeText).join('; ')}`,
    '',
    ...(verdict.warnings ?? []).flatMap((warning) => [`⚠️ ${escapeText(warning)}`, '']),
    ...outcomeTable(report),
    '',
    recordingSentence(report),
    ...(report.cut === undefined ? [] : ['', `⚠️ ${escapeText(`${cutWords(report.cut)}.`)}`]),
  ];
  const sections = [
    sampleSentence(report),
    flipTable(report),
    intendedTable(report),
    noiseTable(report),
    causeList(report),
    details('Writes that would differ (none was executed)', effectTable(report)),
    details('Where runs first leave the recorded way', divergenceTable(report)),
    details('What changed between the two versions', changeBlocks(report)),
    details('Coverage: what the recordings exercised', coverageTable(report)),
    details('Where the evidence ended', unansweredTable(report)),
    details('Where the candidate failed', failureTable(report)),
    details('What asking anew took', report.live === undefined ? [] : [escapeText(liveWords(report.live))]),
    details('Next', nextBlock(report)),
  ];
  return [head, ...fitting(sections), ['', identitySentence(report), '']].flat().join('\n');
}

/** The sections that fit, in order; one that does not is replaced by a sentence. */
function fitting(sections: readonly string[][]): string[][] {
  let left = MAX_SECTIONS_LENGTH;
  return sections.map((section) => {
    const length = section.join('\n').length;
    if (length <= left) {
      left -= length;
      return section;
    }
    return ['', 'A section is left out here, for it is too long for a comment; the report has it.'];
  });
}

function identitySentence({ counts, digest, candidate, baseline, cohort, policy }: Report): string {
  const parts = [
    `report ${shortDigest(digest)}`,
    `candidate ${shortDigest(candidate.artifact)}`,
    `baseline ${artifactWords(baseline)}`,
    `cohort ${shortDigest(cohort.digest)}`,
    `policy ${shortDigest(policy.digest)}`,
    `Temporal's own replayer: asked about ${counts.determinismChecked}, disagrees on ${counts.determinismDisagreements}`,
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}

function nextBlock(report: Report): string[] {
  return fence(
    'sh',
    nextSteps(report).flatMap(({ command, why }) => [`# ${why}`, printable(command)]),
  );
}
