/**
 * Drift after an activation: did the version change what comes out, or did the world?
 *
 * Invariants:
 * 1. The version differs only by what it makes of the same recordings: what is new in the world is the same for both.
 * 2. The world moved only by runs of one and the same version, before and now: what the version changed is not in it.
 * 3. What could not be looked at is `unclear`, never `same` or `steady`.
 * 4. Outcomes of replays are compared only where each replay came to an end. Which ones do depends on the two versions, so those
 *    that did are no sample of the day.
 */
import type { NoiseReport } from './noise.ts';
import type { Report, ReportCounts } from './report.ts';
import { type CategoryCounts, compareSets, type MovedCategory } from './two-sample.ts';

export interface VersionPart {
  readonly finding: 'differs' | 'same' | 'unclear';
  /** Recordings that both versions decided, and how many come out differently, noise left out. */
  readonly recordings: number;
  readonly changed: number;
  /** Recordings of which nothing can be said: unanswered, or not to be told from noise. */
  readonly unclear: number;
  /** Recordings that are not counted, as this version does not reproduce them itself. */
  readonly excluded: number;
  /** Recordings of the window; more than were replayed where they are a sample. */
  readonly population: number;
  /** Digest of the report on the earlier version; `null` when there was nothing to replay. */
  readonly report: string | null;
}

export interface WorldPart {
  readonly finding: 'moved' | 'steady' | 'unclear';
  /** The version whose runs were compared: those before with those now. */
  readonly version: string;
  /** Whether its runs now are replays of the other version's recordings. */
  readonly isReplayed: boolean;
  readonly runsBefore: number;
  readonly runsNow: number;
  /** Runs now whose replay came to no end. With any, outcomes are not compared. */
  readonly unended: number;
  /** Categories that were tested, and those that moved, the surest first; at most {@link MOVED_LISTED}. */
  readonly tested: number;
  readonly moved: readonly MovedCategory[];
}

export type DriftVerdict = 'none' | 'version' | 'world' | 'both' | 'unclear';

/** What a look at one window of time found. */
export interface Drift {
  readonly mission: string;
  /** `refund-eligibility@4`: the version that ran, and the one before it. */
  readonly version: string;
  readonly against: string;
  /** The window, and the one before it that is as long; ISO 8601. */
  readonly before: string;
  readonly from: string;
  readonly to: string;
  readonly verdict: DriftVerdict;
  /** Why, each with its arithmetic. */
  readonly reasons: readonly string[];
  readonly onVersion: VersionPart;
  readonly onWorld: WorldPart;
}

const MOVED_LISTED = 20;

/** Share of false alarms among categories that are said to have moved. */
const DRIFT_FALSE_DISCOVERY = 0.05;

/** How categories of outcomes begin: `outcome /approve=true`, `outcome completed`. */
const OF_OUTCOMES = 'outcome ';

/**
 * What the replay of the earlier version says.
 *
 * @param excludedMost - recordings that may be excluded without the others saying too little
 */
export function judgeVersion(
  replay: {
    readonly counts: ReportCounts;
    readonly cohort: Pick<Report['cohort'], 'sample'>;
    readonly partial: boolean;
    readonly noise?: NoiseReport;
    readonly digest: string;
  },
  excludedMost: number,
): VersionPart {
  const { counts, cohort, partial, noise, digest } = replay;
  const { recordings, faithful, excluded } = counts;
  const { changed, failed, unanswered } = counts.outcomes;
  const within = (noise?.notReal.changed.noise ?? 0) + (noise?.notReal.failed.noise ?? 0);
  const doubtful = (noise?.notReal.changed.unclear ?? 0) + (noise?.notReal.failed.unclear ?? 0);
  const certain = Math.max(0, changed + failed - within - doubtful);
  const unclear = unanswered + doubtful;
  const isKnown = unclear === 0 && faithful > 0 && excluded <= excludedMost && !partial;
  const finding = certain > 0 ? 'differs' : isKnown ? 'same' : 'unclear';
  const population = cohort.sample?.population ?? recordings;
  return { finding, recordings: faithful, changed: certain, unclear, excluded, population, report: digest };
}

export interface WorldSets {
  readonly version: string;
  readonly isReplayed: boolean;
  readonly before: CategoryCounts;
  readonly now: CategoryCounts;
  /** Of `now`: runs of which the outcome is not known. */
  readonly unended: number;
}

export function judgeWorld({ version, isReplayed, before, now, unended }: WorldSets): WorldPart {
  const isEmpty = before.runs === 0 || now.runs === 0;
  const [had, has] = unended === 0 ? [before, now] : [withoutOutcomes(before), withoutOutcomes(now)];
  const all = isEmpty ? [] : compareSets(had, has);
  const moved = all.filter(({ q }) => q <= DRIFT_FALSE_DISCOVERY);
  const finding = moved.length > 0 ? 'moved' : isEmpty || unended > 0 ? 'unclear' : 'steady';
  return {
    finding,
    version,
    isReplayed,
    runsBefore: before.runs,
    runsNow: now.runs,
    unended,
    tested: all.length,
    moved: moved.slice(0, MOVED_LISTED),
  };
}

function withoutOutcomes({ runs, counts }: CategoryCounts): CategoryCounts {
  return { runs, counts: new Map([...counts].filter(([name]) => !name.startsWith(OF_OUTCOMES))) };
}

/** Both parts in one word, with the reasons. */
export function judgeDrift(
  { version, against }: Pick<Drift, 'version' | 'against'>,
  onVersion: VersionPart,
  onWorld: WorldPart,
): Pick<Drift, 'verdict' | 'reasons'> {
  const [differs, moved] = [onVersion.finding === 'differs', onWorld.finding === 'moved'];
  const isUnclear = onVersion.finding === 'unclear' || onWorld.finding === 'unclear';
  const found = differs ? (moved ? 'both' : 'version') : moved ? 'world' : undefined;
  return {
    verdict: found ?? (isUnclear ? 'unclear' : 'none'),
    reasons: [versionReason(version, against, onVersion), worldReason(onWorld)],
  };
}

const TITLES: Readonly<Record<DriftVerdict, string>> = {
  none: 'No drift: the same answers, in a world like before.',
  version: 'The version: it decides otherwise than the one before, on the same recordings.',
  world: 'The world: both versions decide alike on the same recordings, and what comes in or out has moved.',
  both: 'Both: the version decides otherwise, and the world has moved.',
  unclear: 'It cannot be told.',
};

/** What was found, in a line, and which half could not be looked at beside it. */
export function driftTitle({ verdict, onVersion, onWorld }: Pick<Drift, 'verdict' | 'onVersion' | 'onWorld'>): string {
  if (verdict === 'world' && onVersion.finding === 'unclear') {
    return 'The world: what comes in or out has moved. Whether the version decides otherwise cannot be told.';
  }
  if (verdict === 'version' && onWorld.finding === 'unclear') {
    return `${TITLES.version} Whether the world has moved cannot be told.`;
  }
  return TITLES[verdict];
}

function versionReason(version: string, against: string, part: VersionPart): string {
  const { finding, changed, recordings, unclear, excluded, population } = part;
  const replayed = recordings + excluded;
  const sampled = population > replayed ? ` (sampled from ${population})` : '';
  const of = `${recordings} recordings of ${version}${sampled}`;
  const left = excluded === 0 ? '' : `; ${excluded} of ${replayed} are excluded`;
  if (finding === 'differs') return `version: ${changed} of ${of} come out differently under ${against}${left}`;
  if (finding === 'same') return `version: all ${of} come out alike under ${against}${left}`;
  if (recordings === 0) return `version: ${version} has no recordings that could be replayed${left}`;
  if (unclear > 0) return `version: what ${against} would have made of ${unclear} of ${of} cannot be told${left}`;
  if (excluded === 0) return `version: the replay was stopped after ${of}`;
  return `version: too little can be told by ${of}${left}`;
}

function worldReason({ finding, version, moved, tested, runsBefore, runsNow, unended }: WorldPart): string {
  if (runsBefore === 0 || runsNow === 0)
    return `world: ${runsBefore} runs before and ${runsNow} now of ${version} cannot be compared`;
  const over = `over ${runsBefore} runs before and ${runsNow} now`;
  const left =
    unended === 0
      ? ''
      : `; outcomes cannot be compared, as ${unended} of ${runsNow} replays on ${version} came to no end`;
  if (finding !== 'moved') {
    return `world: none of ${tested} categories${unended === 0 ? '' : ' of what comes in'} moved, ${over}${left}`;
  }
  const [first] = moved;
  const words = first === undefined ? '' : `: ${movedWords(first, runsBefore, runsNow)}`;
  return `world: ${moved.length} of ${tested} categories moved${words}${left}`;
}

/** `outcome /approve=true 71.0 % → 48.3 % (q 0.002)` */
export function movedWords({ name, before, now, q }: MovedCategory, runsBefore: number, runsNow: number): string {
  return `${name} ${percent(before, runsBefore)} → ${percent(now, runsNow)} (q ${Number(q.toPrecision(2))})`;
}

function percent(count: number, of: number): string {
  return of === 0 ? '–' : `${((100 * count) / of).toFixed(1)} %`;
}
