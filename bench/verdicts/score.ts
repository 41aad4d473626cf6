/** Labels against what was found. Pure. */
import type { Mutant } from './mutant.ts';
import type { Tried } from './try-mutant.ts';

/** One mutant with what was found of it. */
export interface Judged {
  readonly mission: string;
  readonly mutant: Mutant;
  readonly tried: Tried;
}

/** How well mutants are told from equivalent refactorings. */
export interface Detection {
  readonly changed: number;
  readonly found: number;
  readonly flagged: number;
  /** Of those that change something: how many were flagged. 1 when there are none. */
  readonly recall: number;
  /** Of those flagged: how many change something. 1 when nothing was flagged. */
  readonly precision: number;
}

export interface Share {
  readonly right: number;
  readonly of: number;
}

export interface Score {
  readonly mutants: number;
  readonly ours: Detection;
  readonly official: Detection;
  /** Verdicts that are exactly the label: outcome, request or none. */
  readonly verdict: Share;
  /** Changed outcomes whose causes are exactly those of the label. */
  readonly attribution: Share;
  /** Of these, where more than one component changed, so that there was something to find. */
  readonly amongSeveral: Share;
  /** Of changes that are labelled with a step: whether the report says that runs leave the recorded way there. */
  readonly place: Share;
}

/** Scores mutants that a replay can see. */
export function scoreOf(all: readonly Judged[]): Score {
  const judged = all.filter(({ mutant }) => mutant.beyond === undefined);
  const outcomes = judged.filter(({ mutant, tried }) => mutant.changes === 'outcome' && tried.verdict === 'outcome');
  return {
    mutants: judged.length,
    ours: detection(judged, ({ verdict }) => verdict !== 'none'),
    official: detection(judged, ({ official }) => official.refused > 0),
    verdict: share(judged, ({ mutant, tried }) => mutant.changes === tried.verdict),
    attribution: share(outcomes, isAttributed),
    amongSeveral: share(
      outcomes.filter(({ tried }) => tried.components > 1),
      isAttributed,
    ),
    place: share(
      judged.filter(({ mutant }) => mutant.step !== undefined),
      isPlaced,
    ),
  };
}

function detection(judged: readonly Judged[], isFlagged: (tried: Tried) => boolean): Detection {
  const changed = judged.filter(({ mutant }) => mutant.changes !== 'none');
  const found = changed.filter(({ tried }) => isFlagged(tried)).length;
  const flagged = judged.filter(({ tried }) => isFlagged(tried)).length;
  return {
    changed: changed.length,
    found,
    flagged,
    recall: changed.length === 0 ? 1 : found / changed.length,
    precision: flagged === 0 ? 1 : found / flagged,
  };
}

function share(judged: readonly Judged[], isRight: (one: Judged) => boolean): Share {
  return { right: judged.filter(isRight).length, of: judged.length };
}

function isAttributed({ mutant, tried }: Judged): boolean {
  const [wanted, found] = [new Set(mutant.cause), new Set(tried.causes)];
  return wanted.size === found.size && [...wanted].every((cause) => found.has(cause));
}

/** `audit#1/turn-2` is a place in the step `audit`. */
function isPlaced({ mutant: { step = '' }, tried }: Judged): boolean {
  return tried.steps.some((found) => found === step || found.startsWith(`${step}#`));
}

/** What is wrong with our verdict of a mutant, in a sentence; `undefined` when nothing is. */
export function mistakeIn(judged: Judged): string | undefined {
  const { mutant, tried } = judged;
  if (mutant.beyond !== undefined) return undefined;
  if (mutant.changes === 'none' && tried.verdict !== 'none')
    return `false flag: ${tried.verdict} at ${tried.steps.join(', ')}`;
  if (mutant.changes !== 'none' && tried.verdict === 'none') return `missed: labelled ${mutant.changes}`;
  if (mutant.changes !== tried.verdict)
    return `another verdict: ${tried.verdict} at ${[...tried.steps, ...tried.reasons].join(', ')}, labelled ${mutant.changes}`;
  if (mutant.step !== undefined && !isPlaced(judged))
    return `another place: ${tried.steps.join(', ')}; labelled ${mutant.step}`;
  if (mutant.changes !== 'outcome' || isAttributed(judged)) return undefined;
  return `another cause: ${tried.causes.join(' · ') || 'none'}; labelled ${mutant.cause?.join(' · ') ?? 'none'}`;
}
