/** A real run and its shadow, both at their ends: what the candidate would have done otherwise. Pure. */
import { classifyOutcome } from '../compare/classify-outcome.ts';
import { compareEnds } from '../compare/compare-ends.ts';
import type { Difference } from '../compare/difference.ts';
import { runEndOf } from '../recording/run-end.ts';
import type { RunEnd } from '../recording/trace.ts';
import type { CommandView } from '../replay/command-view.ts';
import { compareEffectsOf } from '../replay/effects.ts';
import type { History } from '../replay/proto.ts';
import { readCommands } from '../replay/recorded-commands.ts';
import { isJsonObject } from '../shared/json.ts';
import { firstDivergence } from './first-divergence.ts';
import { excluded, fewDifferences, type ShadowFinding } from './shadow-finding.ts';
import { rulesOf, type ShadowDefinitions, withKnownEffect } from './step-sources.ts';
import { endingBy } from './stopped-shadow.ts';

export interface EndedPair {
  readonly primary: readonly History[];
  readonly shadow: readonly History[];
  readonly definitions: ShadowDefinitions;
}

export function comparePair({ primary, shadow, definitions }: EndedPair): ShadowFinding {
  const [baselineEnd, candidateEnd] = [endOf(primary), endOf(shadow)];
  if (baselineEnd.status === 'terminated' || baselineEnd.status === 'timed-out') {
    return excluded(`the real run was ${baselineEnd.status === 'terminated' ? 'terminated' : 'timed out'}`);
  }
  const stopped = endingBy(shadow.at(-1) ?? {});
  if (stopped?.kind === 'late') return excluded(stopped.reason);
  if (stopped === undefined && candidateEnd.status === 'terminated') return excluded('somebody terminated the shadow');
  const unanswered = stopped?.kind === 'unanswered' ? stopped : undefined;
  return compareWays({ baselineEnd, candidateEnd, unanswered, ...viewsOf(primary, shadow, definitions) }, definitions);
}

function endOf(chain: readonly History[]): RunEnd {
  const last = chain.at(-1);
  return last === undefined ? { status: 'open' } : runEndOf(last);
}

interface Ways {
  readonly baselineEnd: RunEnd;
  readonly candidateEnd: RunEnd;
  readonly baseline: readonly CommandView[];
  readonly candidate: readonly CommandView[];
  readonly unanswered: { readonly step: string; readonly reason: string } | undefined;
}

function viewsOf(primary: readonly History[], shadow: readonly History[], definitions: ShadowDefinitions) {
  const [baseline, candidate] = [primary, shadow].map((chain) =>
    readCommands(chain).views.map((view) => withKnownEffect(view, definitions)),
  );
  return { baseline: baseline ?? [], candidate: candidate ?? [] };
}

function compareWays(ways: Ways, definitions: ShadowDefinitions): ShadowFinding {
  const { baselineEnd, candidateEnd, baseline, candidate, unanswered } = ways;
  const rules = rulesOf(definitions);
  const failure = failureOf(baselineEnd, candidateEnd, unanswered !== undefined);
  const isWhole = unanswered === undefined && failure === undefined;
  const end = isWhole ? compareEnds(baselineEnd, candidateEnd, rules.output) : [];
  const all = compareEffectsOf(baseline, candidate, rules);
  const effects = isWhole ? all : all.filter(({ kind }) => kind !== 'removed' && kind !== 'moved');
  const divergence = firstDivergence(baseline, candidate, rules, isWhole);
  const facts = { endDifferences: end, effectDifferences: effects, divergence };
  const outcome = classifyOutcome({
    ...facts,
    unanswered: unanswered && { ...unanswered, kind: 'tool', remedy: '' },
    failure,
  });
  const reason = unanswered?.reason ?? failure?.message;
  return {
    outcome,
    step: unanswered?.step ?? divergence?.step ?? stepIn(effects) ?? null,
    detail: {
      end: fewDifferences(end),
      effects: fewDifferences(effects),
      divergence: divergence && {
        kind: divergence.kind,
        step: divergence.step,
        differences: fewDifferences(divergence.differences),
      },
      ...(reason !== undefined && { reason }),
    },
  };
}

/** A candidate that fails where the real run did not has come to no end that could be compared. */
function failureOf(baseline: RunEnd, candidate: RunEnd, isUnanswered: boolean) {
  if (isUnanswered || baseline.status === 'failed') return undefined;
  if (candidate.status === 'failed') return { message: `${candidate.failure.type}: ${candidate.failure.message}` };
  return candidate.status === 'timed-out' ? { message: 'it timed out' } : undefined;
}

function stepIn([first]: readonly Difference[]): string | undefined {
  const effect = first?.candidate ?? first?.baseline ?? null;
  const step = isJsonObject(effect) ? effect['step'] : undefined;
  return typeof step === 'string' ? step : undefined;
}
