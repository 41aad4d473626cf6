/**
 * What of a mission's own code the recordings exercised: functions, what in them never ran, changed lines, and constants among the
 * rules. Some recordings of each way are replayed once more, in a process that counts (`replay/code-walks.ts`).
 *
 * Invariants
 * 1. Only the author's workflow code counts: not the kit, not packages, not activities, which no replay runs.
 * 2. The report says how many recordings were counted, of how many: of two versions, by the one in which fewer could be. What ran in none of them is `no`, never `unknown`.
 * 3. The choice of recordings and what they run depend on the cohort alone, not on the order in which results came.
 */
import type { Artifact } from '../artifact/artifact.ts';
import { type AuthorCode, readAuthorCode } from '../artifact/author-code.ts';
import { type ChangedLine, changedLines } from '../artifact/changed-code.ts';
import { linkWorkflowBundle } from '../artifact/link-workflow-bundle.ts';
import { type CodeNaming, type CodeRange, clipped, createCodeCoverage } from '../compare/code-coverage.ts';
import type { CoverageReport, CoveredChange, MissedLine } from '../compare/coverage.ts';
import { byText } from '../compare/group-counter.ts';
import { WalkedCode } from '../compare/walked-code.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { codeWalks } from '../replay/code-walks.ts';
import type { CoverageTask } from '../replay/coverage-protocol.ts';
import type { TracedSource } from './recording-notes.ts';
import { ruleProbe } from './rule-probe.ts';
import type { SampledWalk, WalkSample } from './walk-sample.ts';

export interface CoverMissionOptions {
  readonly candidate: Artifact;
  readonly baseline: Artifact;
  readonly policy: ReplayPolicy;
  readonly sample: WalkSample;
  /** Reads recordings once more. */
  readonly again: (ids: ReadonlySet<string>) => AsyncIterable<TracedSource>;
  readonly signal?: AbortSignal | undefined;
}

/** Lines of one change that are named; all are counted. */
const MISSED_SHOWN = 20;

/**
 * @returns the coverage of steps with that of code; as it was when no code was counted, or it was interrupted; where counting was given up, with the
 *   reason. Code that cannot be read costs nobody the report of a long replay: its changes stay `unknown`.
 */
export async function coverMission(steps: CoverageReport, options: CoverMissionOptions): Promise<CoverageReport> {
  try {
    return await coverCode(steps, options);
  } catch (error) {
    if (error instanceof SyntaxError) return steps;
    throw error;
  }
}

async function coverCode(steps: CoverageReport, options: CoverMissionOptions): Promise<CoverageReport> {
  const { candidate, baseline, sample, signal } = options;
  if (sample.count === 0 || signal?.aborted === true) return steps;
  const stops: string[] = [];
  const after = await walkSide(candidate, options, (reason) => void stops.push(reason));
  if (after === undefined) return isAborted(signal) ? steps : { ...steps, ...counted(0, sample, stops) };
  const edits = new Map<string, readonly ChangedLine[] | undefined>();
  for (const { component, name } of steps.changes) {
    if (component === 'code') edits.set(name, await changedLines(name, baseline, candidate));
  }
  const asksBaseline =
    [...edits.values()].some((lines) => lines?.some(({ side }) => side === 'baseline')) ||
    steps.changes.some(
      ({ component, name }) => component === 'rule' && !Object.hasOwn(candidate.definition.rules, name),
    );
  const onStopped = (reason: string) => void stops.push(`of the baseline, ${reason}`);
  const before = asksBaseline ? await walkSide(baseline, options, onStopped) : undefined;
  if (isAborted(signal)) return steps;
  const sides = { baseline: before, candidate: after };
  const matched = new Set(sample.walks().flatMap(({ id, isMatched }) => (isMatched ? [id] : [])));
  return {
    ...steps,
    parts: [...steps.parts, ...after.parts].sort((a, b) => byText(a.part, b.part) || byText(a.name, b.name)),
    changes: steps.changes.map((change) => coveredChange(change, { sides, edits, matched })),
    ...counted(Math.min(...countedIn(after, before)), sample, stops),
  };
}

/** Nothing where no code was counted and nobody can say why. */
function counted(walked: number, sample: WalkSample, [stopped]: readonly string[]): Pick<CoverageReport, 'code'> {
  if (stopped !== undefined) return { code: { walked, of: sample.count, stopped } };
  return walked === 0 ? {} : { code: { walked, of: sample.count } };
}

function countedIn(...sides: readonly (WalkedSide | undefined)[]): number[] {
  return sides.flatMap((side) => (side === undefined ? [] : [side.walked.recordings]));
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** One version's code, and what of it ran. */
interface WalkedSide {
  readonly code: AuthorCode;
  /** Where in the bundle the author's code begins. */
  readonly authorAt: number;
  readonly walked: WalkedCode;
  /** In the bundle. */
  readonly rules: ReadonlyMap<string, CodeRange>;
  readonly parts: CoverageReport['parts'];
}

/** @returns `undefined` when not one recording could be walked */
async function walkSide(
  artifact: Artifact,
  { candidate, policy, sample, again, signal }: CoverMissionOptions,
  onStopped: (reason: string) => void,
): Promise<WalkedSide | undefined> {
  const probe = ruleProbe(artifact.definition);
  const { code: bundle, authorAt } = await linkWorkflowBundle(artifact, { prelude: probe.prelude, isWhole: true });
  const preludeAt = authorAt - 1 - probe.prelude.length;
  const code = readAuthorCode(artifact);
  const functionsRun = createCodeCoverage(namedByAuthor(code, bundle, authorAt));
  const walked = new WalkedCode();
  const modules = [{ start: preludeAt, end: authorAt + artifact.code.workflow.length }];
  const { answers, limits, reads } = policy;
  const walks = sample.walks().map((walk) => (artifact === candidate ? walk : { ...walk, given: undefined }));
  const options = { code: bundle, definition: artifact.definition, modules, answers, limits, reads };
  for await (const { id, functions } of codeWalks(options, tasksOf(walks, again), signal, onStopped)) {
    walked.add(id, functions);
    functionsRun.add(functions, []);
  }
  if (walked.recordings === 0) return undefined;
  const rules = [...probe.rules].map(([name, { start, end }]) => [name, shifted({ start, end }, preludeAt)] as const);
  return { code, authorAt, walked, rules: new Map(rules), parts: functionsRun.finish().parts };
}

async function* tasksOf(
  walks: readonly SampledWalk[],
  again: CoverMissionOptions['again'],
): AsyncGenerator<CoverageTask> {
  const byId = new Map(walks.map((walk) => [walk.id, walk]));
  for await (const { summary, content } of again(new Set(byId.keys()))) {
    yield { summary, content, given: byId.get(summary.id)?.given };
  }
}

function shifted({ start, end }: CodeRange, by: number): CodeRange {
  return { start: start + by, end: end + by };
}

/** `workflows/refund-eligibility/rules.ts:12 refundAmount`, `line 18 sale.returnFee` */
function namedByAuthor(code: AuthorCode, bundle: string, authorAt: number): CodeNaming {
  const placeOf = (at: number) => (at < authorAt ? undefined : code.placeOf(at - authorAt));
  return {
    functionName: ({ start, name }) => {
      const place = placeOf(start);
      return place && `${place.file}:${place.line} ${name === '' ? clipped(code.textFrom(place)) : name}`;
    },
    blockWords: ({ start, end }) => {
      const [before = ''] = /^\s*(?:\?\?|\|\||&&|[?:])?\s*/.exec(bundle.slice(start, end)) ?? [];
      const place = placeOf(start + before.length);
      if (place === undefined) return '';
      const isBlock = bundle[start + before.length] === '{';
      return `line ${place.line} ${clipped(isBlock ? code.lineOf(place) : code.textFrom(place))}`;
    },
  };
}

interface Facts {
  readonly sides: { readonly baseline: WalkedSide | undefined; readonly candidate: WalkedSide };
  readonly edits: ReadonlyMap<string, readonly ChangedLine[] | undefined>;
  /** Recordings that came out alike in every way. */
  readonly matched: ReadonlySet<string>;
}

function coveredChange(change: CoveredChange, facts: Facts): CoveredChange {
  if (change.component === 'rule') return coveredRule(change, facts);
  return change.component === 'code' ? coveredCode(change, facts) : change;
}

function coveredRule(change: CoveredChange, { sides, matched }: Facts): CoveredChange {
  const { component, name } = change;
  const side = sides.candidate.rules.has(name) ? sides.candidate : sides.baseline;
  const place = side?.rules.get(name);
  if (side === undefined || place === undefined) return change;
  const runs = side.walked.ranWithin(place);
  const differing = differingOf(runs, matched);
  return { component, name, exercised: runs.size > 0 ? 'yes' : 'no', runs: runs.size, differing };
}

function coveredCode(change: CoveredChange, { sides, edits, matched }: Facts): CoveredChange {
  const { component, name } = change;
  const edited = edits.get(name) ?? [];
  // Of a version that could not be replayed with counters nothing is known, and so not of all that changed.
  if (edited.some(({ side }) => sides[side] === undefined)) return change;
  const lines = edited.flatMap((line) => walkedLine(line, sides[line.side]) ?? []);
  if (lines.length === 0) return change;
  const missed = lines.filter(({ isWhole }) => !isWhole);
  const runs = new Set(lines.flatMap(({ ranIn }) => [...ranIn]));
  return {
    component,
    name,
    exercised: exercisedBy(missed.length, lines.length),
    runs: runs.size,
    differing: differingOf(runs, matched),
    ...(missed.length > 0 && {
      missed: missed.slice(0, MISSED_SHOWN).map(({ words }) => words),
      missedCount: missed.length,
    }),
  };
}

function exercisedBy(missed: number, lines: number): CoveredChange['exercised'] {
  if (missed === 0) return 'yes';
  return missed < lines ? 'partly' : 'no';
}

function differingOf(runs: ReadonlySet<string>, matched: ReadonlySet<string>): number {
  return [...runs].filter((id) => !matched.has(id)).length;
}

interface WalkedLine {
  readonly words: MissedLine;
  /** Whether all that changed on it ran, be it in several recordings. */
  readonly isWhole: boolean;
  readonly ranIn: ReadonlySet<string>;
}

/** `undefined` where nothing of the line is left in the bundle: it does nothing. */
function walkedLine(
  { file, line, side, places }: ChangedLine,
  walkedSide: WalkedSide | undefined,
): WalkedLine | undefined {
  if (walkedSide === undefined) return undefined;
  const { code, walked, authorAt } = walkedSide;
  const ran = places.flatMap((place) => {
    const characters = code.charactersOf(place);
    return characters === undefined ? [] : [walked.ranIn(characters.map((at) => at + authorAt))];
  });
  const [place] = places;
  if (ran.length === 0 || place === undefined) return undefined;
  return {
    words: {
      place: `${file}:${line}`,
      text: clipped(code.lineOf(place)),
      ...(side === 'baseline' && { isRemoved: true as const }),
    },
    isWhole: ran.every((ids) => ids.size > 0),
    ranIn: new Set(ran.flatMap((ids) => [...ids])),
  };
}
