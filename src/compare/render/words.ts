/** The words that all renderings of a report share. */
import type { ComponentChange } from '../../artifact/component-change.ts';
import { shortDigest } from '../../shared/digest.ts';
import { printable } from '../describe.ts';
import type { NoiseReport } from '../noise.ts';
import type { EvidenceGrade, ExcludedRecording, ReplayOutcome } from '../outcome.ts';
import {
  type EffectGroup,
  type FlipGroup,
  type Group,
  type LiveUse,
  NOT_SELF_CHECKED,
  type Report,
  type ReportCounts,
  type VersionIdentity,
} from '../report.ts';

/** Outcomes in the order in which they are shown. */
export const OUTCOME_ORDER: readonly ReplayOutcome[] = ['matched', 'changed', 'diverged', 'unanswered', 'failed'];

export const OUTCOME_MEANING: Readonly<Record<ReplayOutcome, string>> = {
  matched: 'same steps, same end',
  changed: 'another end, or other writes',
  diverged: 'other steps, same end and writes',
  unanswered: 'asked what is not recorded',
  failed: 'the candidate itself failed',
};

export const EXCLUDED_MEANING: Readonly<Record<ExcludedRecording['reason'], string>> = {
  unfaithful: 'the baseline itself does not replay them as they were',
  unreadable: 'their histories cannot be read',
  unsupported: 'they hold what replay does not support',
  'still-open': 'their runs have not ended',
  deleted: 'retention has deleted them since',
};

export const EFFECT_WORDS: Readonly<Record<EffectGroup['kind'], string>> = {
  dropped: 'would no longer be made',
  added: 'would be made in addition',
  changed: 'would be made with another request',
  moved: 'would be made in another order',
};

export const EVIDENCE_ORDER: readonly EvidenceGrade[] = ['exact', 'volatile', 'stale', 'live', 'simulated', 'none'];

export const EVIDENCE_WORDS: Readonly<Record<EvidenceGrade, string>> = {
  exact: 'exactly as recorded',
  volatile: 'recorded, but for volatile fields',
  stale: 'recorded for another request',
  live: 'asked anew',
  simulated: 'simulated',
  none: 'without evidence',
};

/** The artifact's digest in short, or that there is none. */
export function artifactWords({ artifact }: VersionIdentity): string {
  return artifact === NOT_SELF_CHECKED ? artifact : shortDigest(artifact);
}

/** What the word promises. */
export function faithfulMeaning({ cohort, baseline }: Report): string {
  return cohort.kind === 'histories' && baseline.artifact === NOT_SELF_CHECKED
    ? 'these are counted; not self-checked, as no baseline was given'
    : 'the baseline replays them exactly: these are counted';
}

/** What the draws came to, in one sentence. */
export function noiseWords({ notReal, excess, needed, recordings, unanswered }: NoiseReport): string {
  if (recordings === 0) return 'Nothing was asked anew, so there was no noise to measure.';
  const { noise, unclear } = notReal.changed;
  const lost = unanswered.baseline + unanswered.candidate;
  const parts = [
    `${plural(noise, 'changed run')} within noise`,
    ...(unclear > 0 ? [`${unclear} not to be told from it${neededWords(needed)}`] : []),
    ...(excess.changed > 0 ? [`about ${plural(excess.changed, 'run')} changed beyond it`] : []),
    ...(lost > 0 ? [`${plural(lost, 'draw')} came to no end`] : []),
  ];
  return `${parts.join('; ')}.`;
}

function neededWords(needed: NoiseReport['needed']): string {
  if (needed === undefined) return '';
  return 'samples' in needed
    ? ` (--noise ${needed.samples} would tell)`
    : ` (about ${needed.recordings} recordings would tell)`;
}

/** `12 calls, 3,400 tokens, 0.02 (by the prices of the policy); 40 answers from earlier replays`. */
export function liveWords({ calls, cached, inputTokens, outputTokens, cost, unpriced }: LiveUse): string {
  const tokens = (inputTokens + outputTokens).toLocaleString('en');
  const parts = [
    plural(calls, 'call'),
    `${tokens} tokens`,
    ...(cost > 0 ? [`${cost} by the prices of the policy${unpriced > 0 ? `, ${unpriced} without a price` : ''}`] : []),
    `${plural(cached, 'answer')} from earlier replays`,
  ];
  return parts.join(', ');
}

/** `1 run`, `34 runs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `27.1 %` */
export function percentOf(count: number, of: number): string {
  return of === 0 ? '–' : `${((count / of) * 100).toFixed(1)} %`;
}

/** A recording as people know it: its workflow id. */
export function recordingName(id: string): string {
  const end = id.lastIndexOf('/');
  return printable(end > 0 ? id.slice(0, end) : id);
}

/** An example, or what a folded group stands for. */
export function exampleWords(group: Group): string {
  return group.folded === undefined ? `e.g. ${recordingName(group.example)}` : `${group.folded} kinds together`;
}

/** The changed component that a step is named after, if there is one: a place to look first, not a proof of cause. */
export function changeOfStep(report: Report, step: string): ComponentChange | undefined {
  const name = step.replace(/#\d+$/, '');
  return report.changes.find((change) => NAMED_STEPS.has(change.component) && change.name === name);
}

const NAMED_STEPS: ReadonlySet<ComponentChange['component']> = new Set(['prompt', 'tool', 'decision']);

/** Flip groups of one field that are shown one by one. */
const FLIPS_SHOWN = 4;

/** Flips by field: those to show one by one, and how many others there are. Flips that happened once add little. */
export function flipsByField(flips: readonly FlipGroup[]): { shown: FlipGroup[]; others: number; otherRuns: number }[] {
  const fields = new Map<string, FlipGroup[]>();
  for (const flip of flips) {
    const field = fields.get(flip.pointer);
    if (field === undefined) fields.set(flip.pointer, [flip]);
    else field.push(flip);
  }
  return [...fields.values()].map((field) => {
    const telling = field.filter((flip, index) => index === 0 || (flip.count > 1 && flip.folded === undefined));
    const shown = field.length <= FLIPS_SHOWN ? field : telling.slice(0, FLIPS_SHOWN - 1);
    const others = field.filter((flip) => !shown.includes(flip));
    return {
      shown,
      others: others.reduce((sum, flip) => sum + (flip.folded ?? 1), 0),
      otherRuns: others.reduce((sum, flip) => sum + flip.count, 0),
    };
  });
}

/** One sentence that says what the replay found. */
export function headline(report: Report): string {
  const { counts, candidate, baseline, verdict } = report;
  const { changed, failed, diverged } = counts.outcomes;
  const [to, from] = [printable(candidate.name), printable(baseline.name)];
  if (verdict.verdict === 'inconclusive') return `No verdict on ${to}: ${verdict.reasons[0] ?? 'nothing was judged'}.`;
  if (changed > 0) {
    const isNoise = (report.noise?.notReal.changed.noise ?? 0) >= changed;
    const isIntended = (report.intended?.asIntended ?? 0) >= changed;
    const within = isNoise ? ', within the noise of the models' : ', within what the policy allows';
    const allowed = verdict.verdict === 'passed' ? (isIntended ? ', as intended' : within) : '';
    return `${sentenceStart(runsOf(changed, counts))} would come out differently under ${to}${allowed}.`;
  }
  if (counts.determinismDisagreements > 0) return `Temporal's own replayer disagrees about ${to}.`;
  if (failed > 0) return `${to} fails in ${runsOf(failed, counts)}.`;
  if (verdict.verdict === 'failed') return `${to} takes other steps in ${runsOf(diverged, counts)}.`;
  return `${allRuns(counts, to, from)}.`;
}

/** That all came out alike; some by other steps. */
function allRuns({ faithful, outcomes: { diverged } }: ReportCounts, to: string, from: string): string {
  if (faithful === 1) {
    const way = diverged > 0 ? ', by other steps' : '';
    return `The one recorded run comes out under ${to} as it did under ${from}${way}`;
  }
  const way = diverged > 0 ? `; ${diverged} ${diverged === 1 ? 'gets' : 'get'} there by other steps` : '';
  return `All ${faithful} recorded runs come out under ${to} as they did under ${from}${way}`;
}

/** `34 of 214 recorded runs`; of one there is no share. */
function runsOf(count: number, { faithful }: ReportCounts): string {
  return faithful === 1 ? 'the one recorded run' : `${count} of ${faithful} recorded runs`;
}

function sentenceStart(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
