/**
 * Telling a change from the noise of the models: both versions were asked again, several times, about the same recordings.
 *
 * Invariants
 * 1. Fields of outcomes are one family of tests and fields of steps another: a prompt that was changed on purpose makes
 *    its own step differ for sure, and must not lend its certainty to an outcome.
 * 2. A field that was not found to differ is `noise` only if a change of the runs that came out differently would have
 *    been found; otherwise it is `unclear`.
 * 3. The report depends on what was drawn, not on the order in which it came.
 */
import { byText } from './group-counter.ts';
import { type FieldKey, type FieldPart, nameOf, partOf } from './noise-fields.ts';
import { leastChangeSeen } from './noise-power.ts';
import { falseDiscoveryQ, isAlways, pairedP, type Stratum } from './paired-test.ts';

/** One recording's further draws, and what its counted replay came to. */
export interface DrawnRecording {
  /** Draws that came to an end, of each version. */
  readonly baselineDraws: number;
  readonly candidateDraws: number;
  /** In how many of them each field differs from what was recorded. */
  readonly baseline: ReadonlyMap<FieldKey, number>;
  readonly candidate: ReadonlyMap<FieldKey, number>;
  readonly outcome: 'changed' | 'failed' | 'other';
  /** Fields in which the counted replay differs. */
  readonly fields: readonly FieldKey[];
}

export type FieldClass = 'real' | 'noise' | 'unclear';

/** Draws of one version that differ from what was recorded. */
export interface DifferingDraws {
  readonly differing: number;
  readonly draws: number;
}

export interface NoiseField {
  readonly part: FieldPart;
  readonly name: string;
  readonly class: FieldClass;
  readonly baseline: DifferingDraws;
  readonly candidate: DifferingDraws;
  /** Recordings in which the candidate always differs and the baseline never does. */
  readonly always: number;
  /** Recordings whose counted replay differs here. */
  readonly changed: number;
  readonly p: number;
  /** The share of false discoveries at which this field would count as one. */
  readonly q: number;
  /** A change of so many recordings would have been seen; absent when not even a change of all. */
  readonly leastChange?: number;
}

export interface NotReal {
  readonly noise: number;
  readonly unclear: number;
}

/** In a report: how much of what differs is the noise of the models. */
export interface NoiseReport {
  /** Further draws of each version per recording. */
  readonly samples: number;
  readonly falseDiscovery: number;
  /** Recordings of which draws were made: those whose candidate was answered anew. */
  readonly recordings: number;
  /** Draws that came to no end, of which nothing can be said. */
  readonly unanswered: { readonly baseline: number; readonly candidate: number };
  readonly fieldsTested: number;
  /** Those that differ anywhere: real ones first, then by q; the first {@link FIELDS_LISTED}. */
  readonly fields: readonly NoiseField[];
  /** Recordings counted as changed or failed all of whose differences are noise, or cannot be told from it. */
  readonly notReal: { readonly changed: NotReal; readonly failed: NotReal };
  /** Recordings by which the candidate differs more than the baseline, in the real field that differs most; 0 when none is. */
  readonly excess: { readonly changed: number; readonly failed: number };
  /** What would tell the unclear ones: so many draws, or so many recordings. Absent when more of either would not. */
  readonly needed?: { readonly samples: number } | { readonly recordings: number };
}

export interface NoiseOptions {
  readonly samples: number;
  /** 0 to 1 */
  readonly falseDiscovery: number;
}

const FIELDS_LISTED = 200;
const SAMPLES_MAX = 50;
const GROWTH_MAX = 64;

/** Judges all fields. */
export function judgeNoise(recordings: readonly DrawnRecording[], options: NoiseOptions): NoiseReport {
  const tested = recordings.filter(({ baselineDraws, candidateDraws }) => baselineDraws > 0 && candidateDraws > 0);
  const keys = fieldsIn(recordings);
  const steps = judgeFamily(keys.filter(isStep), tested, options);
  const outcomes = judgeFamily(
    keys.filter((key) => !isStep(key)),
    tested,
    options,
  );
  const judged = [...outcomes, ...steps].sort(byClass);
  const classes = new Map(
    outcomes.map(({ part, name, class: found }): [string, FieldClass] => [`${part} ${name}`, found]),
  );
  const needed = neededFor(outcomes, tested.length, options);
  return {
    ...options,
    recordings: recordings.length,
    unanswered: {
      baseline: missing(recordings, options, ({ baselineDraws }) => baselineDraws),
      candidate: missing(recordings, options, ({ candidateDraws }) => candidateDraws),
    },
    fieldsTested: judged.length,
    fields: judged.slice(0, FIELDS_LISTED),
    notReal: { changed: notReal(recordings, 'changed', classes), failed: notReal(recordings, 'failed', classes) },
    excess: {
      changed: excessIn(
        outcomes.filter(({ part }) => part !== 'failure'),
        tested.length,
      ),
      failed: excessIn(
        outcomes.filter(({ part }) => part === 'failure'),
        tested.length,
      ),
    },
    ...(needed !== undefined && { needed }),
  };
}

function isStep(key: FieldKey): boolean {
  return partOf(key) === 'step';
}

function fieldsIn(recordings: readonly DrawnRecording[]): FieldKey[] {
  const keys = recordings.flatMap(({ baseline, candidate, fields }) => [
    ...baseline.keys(),
    ...candidate.keys(),
    ...fields,
  ]);
  return [...new Set(keys)].sort(byText);
}

function judgeFamily(
  keys: readonly FieldKey[],
  tested: readonly DrawnRecording[],
  options: NoiseOptions,
): NoiseField[] {
  const measured = keys.map((key) => measure(key, tested));
  const qs = falseDiscoveryQ(measured.map(({ p }) => p));
  return measured.map((field, index) => {
    const q = qs[index] ?? 1;
    const leastChange = leastSeen(field, tested.length, options.samples, options.falseDiscovery / keys.length);
    const enough = leastChange !== undefined && leastChange <= Math.max(1, field.changed);
    const notFound = enough || field.changed === 0 ? 'noise' : 'unclear';
    return {
      ...field,
      class: q <= options.falseDiscovery ? 'real' : notFound,
      p: rounded(field.p),
      q: rounded(q),
      ...(leastChange !== undefined && { leastChange }),
    };
  });
}

type Measured = Omit<NoiseField, 'class' | 'q' | 'leastChange'>;

function measure(key: FieldKey, tested: readonly DrawnRecording[]): Measured {
  const strata = tested.map((recording) => stratumOf(key, recording));
  const sum = (of: (stratum: Stratum) => number) => strata.reduce((total, stratum) => total + of(stratum), 0);
  return {
    part: partOf(key),
    name: nameOf(key),
    baseline: { differing: sum((one) => one.baselineDiffering), draws: sum((one) => one.baselineDraws) },
    candidate: { differing: sum((one) => one.candidateDiffering), draws: sum((one) => one.candidateDraws) },
    always: strata.filter(isAlways).length,
    changed: tested.filter(({ fields }) => fields.includes(key)).length,
    p: pairedP(strata),
  };
}

function stratumOf(key: FieldKey, { baselineDraws, candidateDraws, baseline, candidate }: DrawnRecording): Stratum {
  return {
    baselineDraws,
    candidateDraws,
    baselineDiffering: baseline.get(key) ?? 0,
    candidateDiffering: candidate.get(key) ?? 0,
  };
}

function leastSeen({ baseline }: Measured, recordings: number, samples: number, alpha: number): number | undefined {
  return leastChangeSeen({ recordings, samples, noise: noiseOf(baseline), alpha });
}

/** A little more than was seen, so that few draws without a difference are not taken for none ever. */
function noiseOf({ differing, draws }: DifferingDraws): number {
  return (differing + 0.5) / (draws + 1);
}

function missing(
  recordings: readonly DrawnRecording[],
  { samples }: NoiseOptions,
  drawsOf: (recording: DrawnRecording) => number,
): number {
  return recordings.reduce((total, recording) => total + samples - drawsOf(recording), 0);
}

/** A recording is noise when all that differs in it is; one that differs really anywhere is real. */
function notReal(
  recordings: readonly DrawnRecording[],
  outcome: DrawnRecording['outcome'],
  classes: ReadonlyMap<string, FieldClass>,
): NotReal {
  let [noise, unclear] = [0, 0];
  for (const { fields, ...recording } of recordings) {
    if (recording.outcome !== outcome) continue;
    const found = fields.map((field) => classes.get(field));
    if (found.length === 0 || found.includes('real')) continue;
    const isTested = recording.baselineDraws > 0 && recording.candidateDraws > 0;
    if (isTested && found.every((one) => one === 'noise')) noise += 1;
    else unclear += 1;
  }
  return { noise, unclear };
}

function excessIn(fields: readonly NoiseField[], recordings: number): number {
  return Math.max(0, ...fields.map((field) => excessOf(field, recordings)));
}

function excessOf({ class: found, baseline, candidate }: NoiseField, recordings: number): number {
  if (found !== 'real') return 0;
  const share = candidate.differing / candidate.draws - baseline.differing / baseline.draws;
  return Math.ceil(share * recordings - 1e-9);
}

/** The most that any unclear field needs. */
function neededFor(fields: readonly NoiseField[], recordings: number, options: NoiseOptions): NoiseReport['needed'] {
  const unclear = fields.filter((field) => field.class === 'unclear');
  if (unclear.length === 0 || recordings === 0) return undefined;
  const alpha = options.falseDiscovery / fields.length;
  const samples = unclear.map((field) => samplesFor(field, recordings, options.samples, alpha));
  if (samples.every((one) => one !== undefined)) return { samples: Math.max(...(samples as number[])) };
  const more = unclear.map((field) => recordingsFor(field, recordings, options.samples, alpha));
  return more.every((one) => one !== undefined) ? { recordings: Math.max(...(more as number[])) } : undefined;
}

function samplesFor(field: NoiseField, recordings: number, from: number, alpha: number): number | undefined {
  for (let samples = from + 1; samples <= SAMPLES_MAX; samples += 1) {
    const least = leastSeen(field, recordings, samples, alpha);
    if (least !== undefined && least <= field.changed) return samples;
  }
  return undefined;
}

/** With more recordings there are more changed ones, in proportion. */
function recordingsFor(field: NoiseField, recordings: number, samples: number, alpha: number): number | undefined {
  for (let growth = 1.5; growth <= GROWTH_MAX; growth *= 1.25) {
    const total = Math.ceil(recordings * growth);
    const least = leastSeen(field, total, samples, alpha);
    if (least !== undefined && least <= Math.floor(field.changed * growth)) return total;
  }
  return undefined;
}

const CLASS_ORDER: Readonly<Record<FieldClass, number>> = { real: 0, unclear: 1, noise: 2 };

function byClass(a: NoiseField, b: NoiseField): number {
  return (
    CLASS_ORDER[a.class] - CLASS_ORDER[b.class] || a.q - b.q || byText(`${a.part} ${a.name}`, `${b.part} ${b.name}`)
  );
}

/** Six digits, so that a report has the same bytes whatever computed its logarithms. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
