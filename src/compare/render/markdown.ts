/**
 * A report as GitHub-flavoured Markdown, for a pull request comment.
 *
 * Invariants:
 * 1. Whatever comes from a run or an author stands in code, where Markdown, HTML and @mentions mean nothing.
 * 2. Bounded, so that it stays under the 65,536 characters that a comment may have; what is left out is counted.
 */
import { shortDigest } from '../../shared/digest.ts';
import { describeCauses } from '../attribution.ts';
import { DIVERGENCE_WORDS, describePointer, describeSides, printable, WHOLE_REQUEST, wholeOf } from '../describe.ts';
import type { Group, Report } from '../report.ts';
import { type ChangeLine, changeLines, changeTitle } from './change-lines.ts';
import { details, escapeText, fence, inlineCode, table } from './markdown-pieces.ts';
import { nextSteps } from './next-steps.ts';
import { requestChange } from './request-change.ts';
import { cutWords, excludedReasons } from './terminal-counts.ts';
import {
  coverageWords,
  missedChanges,
  NOT_EXERCISED,
  neverTaken,
  partlyCovered,
  partName,
  unreachedWords,
} from './terminal-coverage.ts';
import { intendedWords } from './terminal-intended.ts';
import { shareWords } from './terminal-sample.ts';
import {
  artifactWords,
  EFFECT_WORDS,
  EXCLUDED_MEANING,
  flipsByField,
  headline,
  liveWords,
  noiseWords,
  OUTCOME_MEANING,
  OUTCOME_ORDER,
  percentOf,
  recordingName,
} from './words.ts';

const CHANGES_SHOWN = 20;
const CHANGE_LINES_SHOWN = 60;
const LINE_LENGTH = 200;
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

/** Why runs changed, as found by swapping each change into the baseline. */
function causeList({ attribution }: Report): string[] {
  if (attribution === undefined) return [];
  const { examined, groups } = attribution;
  const lines = groups.map(
    ({ causes, count, example }) =>
      `- ${count} of ${examined}: ${escapeText(describeCauses(causes))} (e.g. ${inlineCode(recordingName(example))})`,
  );
  return ['', '**Why** (each change was swapped into the baseline)', '', ...lines];
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

function outcomeTable({ counts }: Report): string[] {
  const rows = OUTCOME_ORDER.map((outcome) => [
    outcome,
    String(counts.outcomes[outcome]),
    percentOf(counts.outcomes[outcome], counts.faithful),
    OUTCOME_MEANING[outcome],
  ]);
  return table(['outcome', 'runs', 'share', ''], rows, [2, 3]);
}

function recordingSentence({ counts, cohort, excluded, partial }: Report): string {
  const reasons = excludedReasons(excluded).map(
    ({ reason, count }) => `${count} ${reason} (${EXCLUDED_MEANING[reason]})`,
  );
  const left = reasons.length === 0 ? 'none excluded' : `${counts.excluded} excluded: ${reasons.join(', ')}`;
  const seen = partial ? `, of which ${counts.recordings} were seen before the replay was stopped` : '';
  return `${cohort.recordings} recordings in the cohort (${inlineCode(cohort.selection)})${seen}: ${counts.faithful} faithful, ${left}.`;
}

function flipTable({ flips }: Report): string[] {
  if (flips.length === 0) return [];
  const rows = flipsByField(flips).flatMap(({ shown, others, otherRuns }) => [
    ...shown.map((flip) => {
      const [from, to] = describeSides(flip.pointer, flip.from, flip.to, 80);
      const sides = flip.folded === undefined ? [inlineCode(from), inlineCode(to)] : ['other values', ''];
      return [inlineCode(describePointer(flip.pointer)), ...sides, String(flip.count), example(flip)];
    }),
    ...(others === 0 ? [] : [['', `and ${others} other changes`, '', String(otherRuns), '']]),
  ]);
  return [
    '',
    '**What would come out differently**',
    '',
    ...table(['field', 'from', 'to', 'runs', 'example'], rows, [4]),
  ];
}

function intendedTable({ intended }: Report): string[] {
  if (intended === undefined) return [];
  const rows = intended.changes.map((change) => [
    inlineCode(change.name),
    intendedWords(change),
    inlineCode(change.reason),
    inlineCode(change.owner),
    change.example === undefined ? '' : inlineCode(recordingName(change.example)),
  ]);
  return ['', '**What was meant to change**', '', ...table(['change', '', 'reason', 'owner', 'example'], rows, [])];
}

function sampleSentence({ cohort: { sample } }: Report): string[] {
  if (sample === undefined) return [];
  const rows = sample.strata.map(({ name, population, sampled, changed }) => [
    inlineCode(name),
    String(population),
    String(sampled),
    String(changed),
  ]);
  return [
    '',
    escapeText(shareWords(sample)),
    ...details(
      `The sample: ${sample.strataCount} strata`,
      table(['stratum', 'recordings', 'sampled', 'changed'], rows, [2, 3, 4]),
    ),
  ];
}

function coverageTable({ coverage }: Report): string[] {
  if (coverage === undefined || coverage.recordings === 0) return [];
  const missed = missedChanges(coverage);
  const rows = [
    ...missed.map(({ what, text }) => [
      inlineCode(what),
      '0',
      text === '' ? NOT_EXERCISED : `${NOT_EXERCISED}: ${inlineCode(text)}`,
    ]),
    ...partlyCovered(coverage).map((part) => [
      inlineCode(partName(part)),
      String(part.runs),
      `never ${codeWords(neverTaken(part))}`,
    ]),
  ];
  return [
    escapeText(coverageWords(coverage)),
    '',
    ...table(['part', 'runs', ''], rows, [2]),
    ...unreachedWords(coverage).flatMap((words) => ['', escapeText(words)]),
  ];
}

function codeWords(words: readonly string[]): string {
  return words.map(inlineCode).join(', ');
}

function noiseTable({ noise }: Report): string[] {
  if (noise === undefined) return [];
  const rows = noise.fields.map((field) => [
    inlineCode(`${field.part} ${field.name}`),
    percentOf(field.baseline.differing, field.baseline.draws),
    percentOf(field.candidate.differing, field.candidate.draws),
    String(field.p),
    String(field.q),
    field.class,
  ]);
  return [
    '',
    '**Noise of the models** (share of draws that differ from what was recorded)',
    '',
    ...table(['field', 'baseline', 'candidate', 'p', 'q', ''], rows, [2, 3, 4, 5]),
    '',
    escapeText(noiseWords(noise)),
  ];
}

function effectTable({ effects }: Report): string[] {
  const rows = effects.map((group) => [
    inlineCode(group.tool),
    EFFECT_WORDS[group.kind],
    codeList(group.pointers, WHOLE_REQUEST),
    String(group.count),
    example(group),
  ]);
  return table(['write', '', 'where', 'runs', 'example'], rows, [4]);
}

function divergenceTable(report: Report): string[] {
  const rows = report.divergences.map((group) => [
    inlineCode(group.step),
    DIVERGENCE_WORDS[group.kind],
    codeList(group.pointers, wholeOf(group)),
    String(group.count),
    example(group),
  ]);
  const requests = report.divergences.flatMap((group) => {
    const lines = requestChange(report, group);
    return lines.length === 0 ? [] : ['', `${inlineCode(group.step)}, in ${example(group)}:`, ...diffBlock(lines)];
  });
  return [...table(['step', '', 'where', 'runs', 'example'], rows, [4]), ...requests];
}

function unansweredTable({ unanswered }: Report): string[] {
  const rows = unanswered.map((group) => [
    inlineCode(group.step),
    inlineCode(group.reason),
    inlineCode(group.remedy),
    String(group.count),
    example(group),
  ]);
  return table(['step', 'why', 'to go on', 'runs', 'example'], rows, [4]);
}

function failureTable({ failures }: Report): string[] {
  const rows = failures.map((group) => [
    inlineCode(group.step ?? 'workflow'),
    inlineCode(group.message),
    String(group.count),
    example(group),
  ]);
  return table(['step', 'failure', 'runs', 'example'], rows, [3]);
}

const DIFF_SIGNS: Readonly<Record<ChangeLine['kind'], string>> = {
  same: ' ',
  removed: '-',
  added: '+',
  value: '!',
  skip: '#',
};

function changeBlocks({ changes }: Report): string[] {
  const shown = changes.slice(0, CHANGES_SHOWN).flatMap((change) => {
    return [`- ${inlineCode(changeTitle(change))}`, ...diffBlock(changeLines(change))];
  });
  return changes.length > CHANGES_SHOWN ? [...shown, `- and ${changes.length - CHANGES_SHOWN} more`] : shown;
}

function diffBlock(changed: readonly ChangeLine[]): string[] {
  if (changed.length === 0) return [];
  const lines = changed.map((one) => {
    const text = `${DIFF_SIGNS[one.kind]} ${one.parts.map((part) => part.text).join('')}`;
    return text.length > LINE_LENGTH ? `${text.slice(0, LINE_LENGTH - 1)}…` : text;
  });
  const more = lines.length - CHANGE_LINES_SHOWN;
  const block = [...lines.slice(0, CHANGE_LINES_SHOWN), ...(more > 0 ? [`# and ${more} more lines`] : [])];
  return ['', ...fence('diff', block), ''];
}

function nextBlock(report: Report): string[] {
  return fence(
    'sh',
    nextSteps(report).flatMap(({ command, why }) => [`# ${why}`, printable(command)]),
  );
}

function example(group: Group): string {
  return group.folded === undefined ? inlineCode(recordingName(group.example)) : `${group.folded} kinds together`;
}

function codeList(pointers: readonly string[], whole: string | undefined): string {
  return pointers
    .slice(0, 3)
    .map((pointer) => inlineCode(describePointer(pointer, whole)))
    .join(', ');
}
