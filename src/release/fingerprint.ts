/**
 * What one replay did, as far as there is something to explain of it: two replays with equal fingerprints came out alike.
 *
 * | outcome | what counts |
 * |---|---|
 * | `changed` | the end and the writes, without what the compare rules forgive |
 * | `failed` | what was thrown, and in which function; of a limit, which |
 * | `unanswered` | the step that nobody could answer |
 * | `diverged` | the step at which the recorded way was left, and what came instead |
 *
 * What happened on the way there does not count: another change may have made it longer. Nor does what is asked at that step: two
 * changes of one prompt each make the recorded answer useless. Only what a run hands on as it continues as new does: that is its
 * outcome, and no recorded answer is to be had for it.
 */
import type { Fingerprint } from '../compare/attribution.ts';
import { normalise } from '../compare/normalise.ts';
import type { ReplayResult, StepCommand } from '../compare/outcome.ts';
import type { RunEnd, RunFailure } from '../recording/trace.ts';
import { rulesOfEffect, withoutVolatile } from '../replay/effects.ts';
import type { RuleBook } from '../replay/rule-book.ts';
import { digestOfJson } from '../shared/digest.ts';
import type { Json } from '../shared/json.ts';

/**
 * @param judged with the outcome that is counted
 * @param replayed where that is another: the same, against what was recorded
 * @returns nothing where there is nothing to explain: it matched, or it is as wrong as it was recorded
 */
export function fingerprintOf(
  judged: ReplayResult,
  rules: RuleBook,
  replayed: ReplayResult = judged,
): Fingerprint | undefined {
  const { outcome } = judged;
  if (outcome === 'matched' || (outcome === 'changed' && replayed.outcome !== 'changed')) return undefined;
  // A digest: there is one for every run, and a run may have given back a lot.
  return digestOfJson({ outcome, ...DEEDS[outcome](replayed, rules) } as Json);
}

type Deed = (result: ReplayResult, rules: RuleBook) => Readonly<Record<string, unknown>>;

const DEEDS: Readonly<Record<Exclude<ReplayResult['outcome'], 'matched'>, Deed>> = {
  changed: ({ candidateEnd, candidateEffects }, rules) => ({
    end: endOf(candidateEnd, rules),
    writes: withoutVolatile(candidateEffects, rules).map((effect) => ({
      kind: effect.kind ?? 'tool',
      tool: effect.tool,
      request: normalise(effect.request, rulesOfEffect(effect, rules)) ?? null,
    })),
  }),
  failed: ({ failure }) => ({ message: withoutPlaces(failure?.message ?? ''), thrownIn: failure?.thrownIn ?? null }),
  unanswered: ({ unanswered }) => ({ step: unanswered?.step ?? null, kind: unanswered?.kind ?? null }),
  diverged: ({ divergence }) => ({
    recorded: divergence?.baseline?.step ?? null,
    issued: divergence?.candidate?.step ?? null,
    ...handedOn(divergence?.candidate),
  }),
};

/** Of a run that continues as new. As it is shown: what was cut of it is told by its digest. */
function handedOn(issued: StepCommand | null | undefined): Readonly<Record<string, unknown>> {
  return issued?.kind === 'end' && issued.name === 'continued-as-new' ? { handedOn: issued.request } : {};
}

function endOf(end: RunEnd | null, rules: RuleBook): unknown {
  if (end?.status === 'completed') return { ...end, result: normalise(end.result, rules.output) ?? null };
  if (end?.status !== 'failed') return end;
  return { ...end, failure: failureOf(end.failure) };
}

function failureOf(failure: RunFailure): RunFailure {
  const { message, cause } = failure;
  return { ...failure, message: withoutPlaces(message), ...(cause && { cause: failureOf(cause) }) };
}

/** A message without the stack that some carry, and without positions in a bundle: another bundle has other ones. */
function withoutPlaces(message: string): string {
  return message
    .replaceAll(/\n[^\S\n]+at [^\n]*/g, '')
    .replaceAll(/(workflow-bundle)-\d+/g, '$1')
    .replaceAll(/(\.[cm]?[jt]sx?):\d+(?::\d+)?/g, '$1');
}
