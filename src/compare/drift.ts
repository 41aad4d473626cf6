/**
 * Drift after an activation: did the version change what comes out, or did the world?
 *
 * Invariants:
 * 1. The version differs only by what it makes of the same recordings: what is new in the world is the same for both.
 * 2. The world moved only by runs of one and the same version, before and now: what the version changed is not in it.
 * 3. What could not be looked at is `unclear`, never `same` or `steady`.
 */
import type { NoiseReport } from './noise.ts';
import type { ReportCounts } from './report.ts';
import { type CategoryCounts, compareSets, type MovedCategory } from './two-sample.ts';

export interface VersionPart {
  readonly finding: 'differs' | 'same' | 'unclear';
  /** Recordings that both versions decided, and how many come out differently, noise left out. */
  readonly recordings: number;
  readonly changed: number;
  /** Recordings of which nothing can be said: unanswered, or not to be told from noise. */
  readonly unclear: number;
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

/** What the replay of the earlier version says. */
export function judgeVersion(replay: {
  readonly counts: ReportCounts;
  readonly partial: boolean;
  readonly noise?: NoiseReport;
  readonly digest: string;
}): VersionPart {
  const { counts, partial, noise, digest } = replay;
  const { changed, failed, unanswered } = counts.outcomes;
  const within = (noise?.notReal.changed.noise ?? 0) + (noise?.notReal.failed.noise ?? 0);
  const doubtful = (noise?.notReal.changed.unclear ?? 0) + (noise?.notReal.failed.unclear ?? 0);
  const certain = Math.max(0, changed + failed - within - doubtful);
  const unclear = unanswered + doubtful;
  const isKnown = unclear === 0 && counts.faithful > 0 && !partial;
  const finding = certain > 0 ? 'differs' : isKnown ? 'same' : 'unclear';
  return { finding, recordings: counts.faithful, changed: certain, unclear, report: digest };
}

export interface WorldSets {
  readonly version: string;
  readonly isReplayed: boolean;
  readonly before: CategoryCounts;
  readonly now: CategoryCounts;
}

export function judgeWorld({ version, isReplayed, before, now }: WorldSets): WorldPart {
  const all = before.runs === 0 || now.runs === 0 ? [] : compareSets(before, now);
  const moved = all.filter(({ q }) => q <= DRIFT_FALSE_DISCOVERY);
  const finding = moved.length > 0 ? 'moved' : before.runs === 0 || now.runs === 0 ? 'unclear' : 'steady';
  return {
    finding,
    version,
    isReplayed,
    runsBefore: before.runs,
    runsNow: now.runs,
    tested: all.length,
    moved: moved.slice(0, MOVED_LISTED),
  };
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

function versionReason(version: string, against: string, part: VersionPart): string {
  const { finding, changed, recordings, unclear } = part;
  const of = `of ${recordings} recordings of ${version}`;
  if (finding === 'differs') return `version: ${changed} ${of} come out differently under ${against}`;
  if (finding === 'same') return `version: all ${recordings} recordings of ${version} come out alike under ${against}`;
  if (recordings === 0) return `version: ${version} has no recordings that could be replayed`;
  return `version: what ${against} would have made of ${unclear} ${of} cannot be told`;
}

function worldReason({ finding, version, moved, tested, runsBefore, runsNow }: WorldPart): string {
  if (finding === 'unclear')
    return `world: ${runsBefore} runs before and ${runsNow} now of ${version} cannot be compared`;
  if (finding === 'steady')
    return `world: none of ${tested} categories moved, over ${runsBefore} runs before and ${runsNow} now`;
  const [first] = moved;
  const words = first === undefined ? '' : `: ${movedWords(first, runsBefore, runsNow)}`;
  return `world: ${moved.length} of ${tested} categories moved${words}`;
}

/** `outcome /approve=true 71.0 % → 48.3 % (q 0.002)` */
export function movedWords({ name, before, now, q }: MovedCategory, runsBefore: number, runsNow: number): string {
  return `${name} ${percent(before, runsBefore)} → ${percent(now, runsNow)} (q ${Number(q.toPrecision(2))})`;
}

function percent(count: number, of: number): string {
  return of === 0 ? '–' : `${((100 * count) / of).toFixed(1)} %`;
}
