/**
 * The replay of one recording: lockstep as far as it goes, then simulation, then the comparison.
 *
 * Invariants
 * 1. Lockstep ends at the first command that differs, payload included; everything before it is known to be the same.
 * 2. The result is a function of recording, candidate and policy (and of the live answers, where the policy asks for them).
 */
import { classifyOutcome } from '../compare/classify-outcome.ts';
import { compareEnds } from '../compare/compare-ends.ts';
import { forgivenPointers, outputPlace, toolPlace } from '../compare/forgiven.ts';
import type { Determinism, ReplayResult, StepCommand } from '../compare/outcome.ts';
import { candidateViews, replayedSteps } from './candidate-way.ts';
import { checkPayloads, type MatchedPair } from './command-check.ts';
import { StepNamer } from './command-view.ts';
import { type Continuation, continueAfter, readPrefix } from './continuation.ts';
import { DeclaredReads } from './declared-reads.ts';
import {
  type Departure,
  factsOf,
  identityOf,
  type ReplayCandidate,
  type ReplayInput,
  type ReplayOptions,
} from './departure.ts';
import { judgeDeterminism } from './determinism.ts';
import { describeDivergence } from './divergence.ts';
import { compareEffectsOf, effectsIn } from './effects.ts';
import type { CommandCheck } from './lockstep/command-queue.ts';
import { type LockstepEnd, runInLockstep } from './lockstep-run.ts';
import { isOpen, refusedInFlight, stepsBeyond, withoutBeyond } from './open-runs.ts';
import { type RecordedCommands, readCommands } from './recorded-commands.ts';
import { RuleBook } from './rule-book.ts';
import { checkUpTo } from './sampling.ts';
import type { Sandbox } from './sandbox.ts';

/** Replays one recording. Never throws for what the candidate does; its failures are outcomes. */
export async function replayRecording(
  candidate: ReplayCandidate,
  input: ReplayInput,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const startedMs = performance.now();
  const { definition, rulesOf } = candidate;
  const rules = RuleBook.of(rulesOf?.candidate ?? definition, rulesOf?.baseline ?? options.baselineDefinition);
  const reads = new DeclaredReads(options.reads, definition);
  const matched: MatchedPair[] = [];
  const forgiven = new Set<string>();
  // An open run goes on as the one it is: Temporal will tell it of the patches that it has.
  const assumesPatches = options.answers.patches === 'as-new' && !isOpen(input);
  const assumedPatches = assumesPatches ? new Set<string>() : undefined;
  const payloads = checkPayloads(rules, matched, forgiven);
  const check = options.anew === undefined ? payloads : checkUpTo(options.anew, payloads);
  const { lockstep, link } = await followLinks(candidate.sandbox, input, check, assumedPatches);
  const departure: Departure = {
    candidate,
    input,
    options,
    rules,
    reads,
    forgiven,
    matched,
    lockstep,
    link,
    assumedPatches,
  };
  try {
    const found = lockstep.end.kind === 'followed' ? await followed(departure) : await departed(departure);
    noteForgivenAtEnd(found, rules, forgiven);
    return {
      ...found,
      ...(forgiven.size > 0 ? { forgiven: [...forgiven].sort() } : {}),
      ...(assumedPatches && assumedPatches.size > 0 ? { assumedPatches: [...assumedPatches].sort() } : {}),
      recording: input.summary,
      durationMs: performance.now() - startedMs,
    };
  } finally {
    await lockstep.run?.dispose();
  }
}

type Found = Omit<ReplayResult, 'recording' | 'durationMs' | 'assumedPatches' | 'forgiven'>;

/** What the rules forgave of the end and of the writes of a run that left the recorded way. Writes of tools are paired by their order. */
function noteForgivenAtEnd(found: Found, rules: RuleBook, forgiven: Set<string>): void {
  const { outcome, baselineEnd, candidateEnd, baselineEffects, candidateEffects } = found;
  if (outcome === 'matched' || candidateEnd === null) return;
  if (baselineEnd.status === 'completed' && candidateEnd.status === 'completed') {
    for (const pointer of forgivenPointers(baselineEnd.result, candidateEnd.result, rules.output))
      forgiven.add(outputPlace(pointer));
  }
  const [recorded, issued] = [baselineEffects, candidateEffects].map((all) =>
    all.filter(({ kind }) => kind === undefined),
  );
  for (const [index, { tool, request }] of (issued ?? []).entries()) {
    const before = recorded?.[index];
    if (before?.tool !== tool) continue;
    for (const pointer of forgivenPointers(before.request, request, rules.toolRules(tool)))
      forgiven.add(toolPlace(tool, pointer));
  }
}

async function followLinks(
  sandbox: Sandbox,
  input: ReplayInput,
  check: CommandCheck,
  assumedPatches: Set<string> | undefined,
) {
  const last = input.histories.length - 1;
  for (let link = 0; ; link += 1) {
    const history = input.histories[link] ?? {};
    const lockstep = await runInLockstep(history, {
      sandbox,
      facts: factsOf(history),
      identity: identityOf(input, link),
      check,
      assumedPatches,
    });
    if (lockstep.end.kind !== 'followed' || link >= last) return { lockstep, link };
    await lockstep.run?.dispose();
  }
}

async function followed(departure: Departure): Promise<Found> {
  const { input, matched, reads } = departure;
  const beyond = stepsBeyond(departure);
  return {
    outcome: 'matched',
    ...(beyond.length > 0 && { beyond }),
    ...usedReads(reads, () => [...readPrefix(matched, new StepNamer()).map(({ view }) => view), ...beyond]),
    baselineEnd: input.end,
    candidateEnd: input.end,
    endDifferences: [],
    baselineEffects: [],
    candidateEffects: [],
    effectDifferences: [],
    divergence: null,
    steps: [],
    determinism: await determinismOf(departure),
    evidence: { exact: matched.length },
  };
}

async function departed(departure: Departure): Promise<Found> {
  const { input, rules, reads, lockstep } = departure;
  const commands = readCommands(input.histories);
  const way = await continueAfter(departure, commands);
  const determinism = await determinismOf(departure);
  const ownFailure = failureOf(lockstep.end) ?? way.failure;
  const failure = ownFailure ?? refusedInFlight(input, determinism);
  const divergence = describeDivergence(departure, commands, way);
  const { endDifferences, effectDifferences } = compareFinished(departure, commands, way);
  const { unanswered } = way;
  const facts = { endDifferences, effectDifferences, divergence, unanswered, failure };
  return {
    outcome: classifyOutcome(facts),
    baselineEnd: input.end,
    candidateEnd: way.end,
    endDifferences,
    ...usedReads(reads, () => [...commands.views, ...candidateViews(way)]),
    baselineEffects: effectsIn(commands.views, reads),
    candidateEffects: effectsIn(candidateViews(way), reads),
    effectDifferences,
    divergence,
    steps: replayedSteps(way, commands),
    ...(unanswered === undefined ? {} : { unanswered }),
    ...(failure === undefined ? {} : { failure }),
    determinism,
    evidence: countGrades(way),
  };

  function compareFinished({ input }: Departure, recorded: RecordedCommands, continued: Continuation) {
    if (continued.end === null) return { endDifferences: [], effectDifferences: [] };
    return {
      endDifferences: compareEnds(input.end, continued.end, rules.output),
      effectDifferences: withoutBeyond(
        compareEffectsOf(recorded.views, candidateViews(continued), rules, reads),
        input,
        continued,
        reads,
      ),
    };
  }
}

function usedReads(reads: DeclaredReads, stepsOf: () => readonly StepCommand[]): Pick<Found, 'readsUsed'> {
  const used = reads.usedBy(stepsOf);
  return used.length === 0 ? {} : { readsUsed: used };
}

function failureOf(end: LockstepEnd): ReplayResult['failure'] {
  if (end.kind !== 'failed') return undefined;
  const { kind: _, ...failure } = end;
  return failure;
}

/** Where lockstep was followed as recorded, nothing is left to ask. */
async function determinismOf({ candidate, input, lockstep, options, assumedPatches }: Departure): Promise<Determinism> {
  const asRecorded = assumedPatches === undefined || assumedPatches.size === 0;
  if (options.judgesDeterminism === false) return { deterministic: true };
  if (lockstep.end.kind === 'followed' && asRecorded) return { deterministic: true };
  const identities = input.histories.map((_, link) => identityOf(input, link));
  return judgeDeterminism(candidate.sandbox, input.histories, factsOf(input.histories[0]), identities);
}

function countGrades(way: Continuation): Found['evidence'] {
  const counts: Record<string, number> = { exact: way.prefix.length };
  for (const { grade } of way.steps) counts[grade] = (counts[grade] ?? 0) + 1;
  return counts;
}
