/**
 * What is carried and kept of a result: as much as a person reads, however much a candidate gave back.
 *
 * Invariants
 * 1. Compared is the whole; cut is what is shown, afterwards. No outcome, no count and no verdict depends on anything that is cut.
 * 2. A result says what was cut of it (`cut`); one of which nothing was cut is left as it is.
 * 3. Done in two steps, each once: where it was found, all but what others have still to judge by; after that, the rest.
 */
import type { RunFailure } from '../recording/trace.ts';
import { outcomeValue } from './compare-ends.ts';
import { type Cutter, createCutter, isTooDeep, shortPlace } from './cut-value.ts';
import type { Difference } from './difference.ts';
import type { CutNote, Divergence, Effect, ReplayedStep, ReplayResult, StepCommand } from './outcome.ts';

/** Characters of each part of a result. */
const ROOM = { divergence: 128 * 1024, differences: 48 * 1024, steps: 64 * 1024, end: 32 * 1024, effects: 16 * 1024 };

/** Entries of lists that are shown one by one. */
const STEPS_MAX = 500;
const EFFECTS_MAX = 1_000;
const PLACES_MAX = 1_000;

/** Cuts all but the ends and the writes, which expected ends and intended changes are judged by, and causes of what `changed`. */
export function cutShown(result: ReplayResult): ReplayResult {
  const divergence = createCutter(ROOM.divergence);
  const differences = createCutter(ROOM.differences);
  const steps = createCutter(ROOM.steps, false);
  const { failure, unanswered, beyond, forgiven, determinism } = result;
  const shown: ReplayResult = {
    ...result,
    divergence: result.divergence && cutDivergence(divergence, result.divergence),
    endDifferences: cutDifferences(differences, result.endDifferences),
    effectDifferences: cutDifferences(differences, result.effectDifferences),
    steps: result.steps.map((step, index) => (isShown(step, index) ? cutStep(steps, step) : passedBy(steps, step))),
    ...(beyond && { beyond: beyond.slice(0, STEPS_MAX).map((step) => cutCommand(steps, step)) }),
    ...(forgiven && { forgiven: forgiven.slice(0, PLACES_MAX).map((place) => steps.text(place)) }),
    ...(failure && { failure: { ...failure, message: divergence.text(failure.message) } }),
    ...(unanswered && { unanswered: cutUnanswered(divergence, unanswered) }),
    determinism: determinism.deterministic
      ? determinism
      : { deterministic: false, reason: divergence.text(determinism.reason) },
  };
  const left = { steps: (beyond?.length ?? 0) - (shown.beyond?.length ?? 0) };
  return noted(result, shown, { ...left, values: divergence.cuts + differences.cuts + steps.cuts });
}

/** Cuts the rest, of a result that has been judged. */
export function cutJudged(result: ReplayResult): ReplayResult {
  const ends = [createCutter(ROOM.end), createCutter(ROOM.end)] as const;
  const effects = createCutter(ROOM.effects, false);
  const shown: ReplayResult = {
    ...result,
    baselineEnd: cutEnd(ends[0], result.baselineEnd),
    candidateEnd: result.candidateEnd && cutEnd(ends[1], result.candidateEnd),
    baselineEffects: cutEffects(effects, result.baselineEffects),
    candidateEffects: cutEffects(effects, result.candidateEffects),
    endDifferences: result.endDifferences.map(withShortPlace),
    effectDifferences: result.effectDifferences.slice(0, EFFECTS_MAX).map(withShortPlace),
    steps: result.steps
      .filter(isShown)
      .map((step) => ({ ...step, id: shortPlace(step.id), name: shortPlace(step.name) })),
  };
  return noted(result, shown, {
    values: ends[0].cuts + ends[1].cuts + effects.cuts,
    steps: result.steps.length - shown.steps.length,
    effects:
      lengthOf(result.baselineEffects, result.candidateEffects) -
      lengthOf(shown.baselineEffects, shown.candidateEffects),
    effectDifferences: result.effectDifferences.length - shown.effectDifferences.length,
  });
}

/** Whether the outcome of a run is nested deeper than anybody can walk down. */
export function isEndlesslyDeep({ candidateEnd, candidateEffects }: ReplayResult): boolean {
  return (
    (candidateEnd !== null && isTooDeep(outcomeValue(candidateEnd))) ||
    candidateEffects.some(({ request }) => isTooDeep(request))
  );
}

function lengthOf(...lists: readonly (readonly unknown[])[]): number {
  return lists.reduce((sum, { length }) => sum + length, 0);
}

/** The result itself where nothing was cut. */
function noted(result: ReplayResult, shown: ReplayResult, cut: CutNote): ReplayResult {
  const before = result.cut;
  const sum = Object.entries(cut).flatMap(([what, count]) => {
    const all = count + (before?.[what as keyof CutNote] ?? 0);
    return all > 0 ? [[what, all] as const] : [];
  });
  return Object.values(cut).every((count) => count === 0) ? result : { ...shown, cut: Object.fromEntries(sum) };
}

function cutDivergence(cutter: Cutter, divergence: Divergence): Divergence {
  return {
    ...divergence,
    step: cutter.text(divergence.step),
    // First what differs, then the two requests that it is in.
    differences: cutDifferences(cutter, divergence.differences),
    candidate: divergence.candidate && cutCommand(cutter, divergence.candidate),
    baseline: divergence.baseline && cutCommand(cutter, divergence.baseline),
  };
}

function cutCommand(cutter: Cutter, command: StepCommand): StepCommand {
  const { step, name, request } = command;
  return { ...command, step: cutter.text(step), name: cutter.text(name), request: cutter.value(request) };
}

/** Differences that were found by others, cut as those of a replay are. */
export function shownDifferences(differences: readonly Difference[]): readonly Difference[] {
  return cutDifferences(createCutter(ROOM.differences), differences);
}

function withShortPlace(difference: Difference): Difference {
  return { ...difference, pointer: shortPlace(difference.pointer) };
}

function cutDifferences(cutter: Cutter, differences: readonly Difference[]): readonly Difference[] {
  return differences.map((difference) => {
    const { pointer, from, baseline, candidate } = difference;
    return {
      ...difference,
      pointer: cutter.text(pointer),
      ...(from !== undefined && { from: cutter.text(from) }),
      ...(baseline !== undefined && { baseline: cutter.value(baseline) }),
      ...(candidate !== undefined && { candidate: cutter.value(candidate) }),
    };
  });
}

/** Answers that were asked for anew are what noise is measured by. */
function isShown({ evidence }: ReplayedStep, index: number): boolean {
  return index < STEPS_MAX || evidence === 'live';
}

/** Of a step that nobody will see: what says which way the run went. */
function passedBy(cutter: Cutter, { id, kind, name, status, result, evidence }: ReplayedStep): ReplayedStep {
  const verdict = kind === 'rule' || kind === 'decision' ? cutter.value(result) : null;
  return { id: cutter.text(id), kind, name: cutter.text(name), status, request: null, result: verdict, evidence };
}

function cutStep(cutter: Cutter, step: ReplayedStep): ReplayedStep {
  const { id, name, request, result, failure } = step;
  return {
    ...step,
    id: cutter.text(id),
    name: cutter.text(name),
    request: cutter.value(request),
    // What was answered anew is given to it again, to count the code that it runs.
    result: step.evidence === 'live' ? result : cutter.value(result),
    ...(failure !== undefined && { failure: cutter.text(failure) }),
  };
}

type Unanswered = NonNullable<ReplayResult['unanswered']>;

function cutUnanswered(cutter: Cutter, unanswered: Unanswered): Unanswered {
  const { step, reason, remedy } = unanswered;
  return { ...unanswered, step: cutter.text(step), reason: cutter.text(reason), remedy: cutter.text(remedy) };
}

function cutEnd(cutter: Cutter, end: ReplayResult['baselineEnd']): ReplayResult['baselineEnd'] {
  if (end.status === 'completed') return { ...end, result: cutter.value(end.result) };
  if (end.status === 'continued-as-new' && end.handedOn !== undefined) {
    const { workflowType, input } = end.handedOn;
    return { ...end, handedOn: { workflowType: cutter.text(workflowType), input: cutter.value(input) } };
  }
  return end.status === 'failed' ? { ...end, failure: cutFailure(cutter, end.failure) } : end;
}

function cutFailure(cutter: Cutter, failure: RunFailure): RunFailure {
  const { type, message, details, cause } = failure;
  const shown = details && cutter.value(details);
  return {
    ...failure,
    type: cutter.text(type),
    message: cutter.text(message),
    ...(shown !== undefined && { details: Array.isArray(shown) ? shown : [shown] }),
    ...(cause && { cause: cutFailure(cutter, cause) }),
  };
}

function cutEffects(cutter: Cutter, effects: readonly Effect[]): readonly Effect[] {
  return effects.slice(0, EFFECTS_MAX).map((effect) => ({
    ...effect,
    step: cutter.text(effect.step),
    tool: cutter.text(effect.tool),
    request: cutter.value(effect.request),
  }));
}
