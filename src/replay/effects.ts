/**
 * What a run does to the world, in the form in which it is compared.
 *
 * Invariants
 * 1. A tool is what its contract says. What nothing declares to be a read counts as a write: activities, child workflows, signals and
 *    cancellations of other runs, Nexus operations. Of all but signals and cancellations, a policy may declare it (`declared-reads.ts`).
 * 2. Calls of models are no writes, those of Temporal's integrations included; nor is what stays within the run (timers, rules, questions, memo).
 * 3. Who is asked is part of the request: the id of a child that was given one, the run id of another run, the endpoint of an operation.
 *    Other options (timeouts, policies, memo) are none: what is asked for is the same.
 * 4. What a history does not say is not compared: mostly it leaves out what a local activity was asked.
 */
import { compareEffects } from '../compare/compare-effects.ts';
import { type CompareRules, NO_RULES } from '../compare/compare-rules.ts';
import type { Difference } from '../compare/difference.ts';
import type { Effect } from '../compare/outcome.ts';
import type { Json } from '../shared/json.ts';
import type { CommandView } from './command-view.ts';
import { type DeclaredReads, NO_READS } from './declared-reads.ts';
import type { RuleBook } from './rule-book.ts';

/** The activities by which `@temporalio/ai-sdk` and `@temporalio/openai-agents` ask models. */
const MODEL_ACTIVITIES: ReadonlySet<string> = new Set([
  'invokeModel',
  'invokeEmbeddingModel',
  'invokeModelActivity',
  'invokeModelStreamActivity',
]);

/** An id that the SDK draws for a child that was given none. */
const DRAWN_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** @param reads of the policy */
export function effectsIn(views: readonly CommandView[], reads: DeclaredReads = NO_READS): Effect[] {
  return views.flatMap((view) => (reads.has(view) ? [] : (effectOf(view) ?? [])));
}

function effectOf(view: CommandView): Effect | undefined {
  const { step, kind, name, request, effect } = view;
  switch (kind) {
    case 'tool':
      return effect === 'write' ? { step, tool: name, request } : undefined;
    case 'activity':
      return MODEL_ACTIVITIES.has(name) ? undefined : { step, kind, tool: name, request: addressed(view) };
    case 'child':
    case 'signal':
      return { step, kind, tool: name, request: addressed(view) };
    default:
      return undefined;
  }
}

/** In the form that the request of a signal has from the start. */
function addressed({ kind, request, options }: CommandView): Json {
  const { endpoint, workflowId } = options;
  if (kind === 'child') {
    const isDrawn = typeof workflowId === 'string' && DRAWN_ID.test(workflowId);
    return { ...(workflowId !== undefined && !isDrawn && { workflowId }), input: request };
  }
  return endpoint === undefined ? request : { endpoint, input: request };
}

/** What changes from ask to ask does not make two writes different. */
export function withoutVolatile(effects: readonly Effect[], rules: RuleBook): Effect[] {
  return effects.map((effect) => {
    const { kind = 'tool', tool: name, request } = effect;
    return { ...effect, request: rules.withoutVolatile({ kind, name, request }) };
  });
}

/** The compare rules of an effect: tools alone declare some. */
export function rulesOfEffect({ kind, tool }: Effect, rules: RuleBook): CompareRules {
  return kind === undefined ? rules.toolRules(tool) : NO_RULES;
}

/** The differences of what two ways do to the world; see `compareEffects`. */
export function compareEffectsOf(
  baseline: readonly CommandView[],
  candidate: readonly CommandView[],
  rules: RuleBook,
  reads: DeclaredReads = NO_READS,
): Difference[] {
  const unknown = new Set(baseline.flatMap(({ localRequest, name }) => (localRequest === 'unknown' ? [name] : [])));
  const known = (view: CommandView): CommandView =>
    view.localRequest !== undefined && unknown.has(view.name) ? { ...view, request: null } : view;
  const [before, after] = [baseline, candidate].map((views) =>
    withoutVolatile(effectsIn(views.map(known), reads), rules),
  );
  return compareEffects(before ?? [], after ?? [], (effect) => rulesOfEffect(effect, rules));
}
