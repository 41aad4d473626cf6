/**
 * `defineMission`: what authors write with. A mission is a plain Temporal workflow with steps.
 *
 * Invariants
 * 1. A published mission takes prompts, models, rules and contracts from the definition of its version, which is linked in
 *    as `__MISSION_DEFINITION__`; the literals in the source are only what the next publish will read.
 * 2. An error that leaves the mission's code fails the run. (Temporal's default, a workflow task that is tried again until
 *    a fix is deployed, can never end for a run that is pinned to a version that never changes.)
 */
import { setWorkflowOptions, upsertMemo } from '@temporalio/workflow';
import type * as z from 'zod';
import type { MissionDefinition } from './definition.ts';
import { countLink } from './run-origin.ts';
import { RunState } from './run-state.ts';
import type { MissionSpec, RulesOf } from './spec.ts';
import { createStep, type Step } from './step.ts';
import { DecisionDesk } from './steps/decide-step.ts';
import { parseOrFail } from './steps/parse.ts';
import { toDefinition } from './to-definition.ts';
import { continuesAs, routeNextLink } from './upgrade.ts';
import { MEMO_NOTES } from './wire.ts';

/** Set by the linker of artifacts; absent when the source runs by itself. */
declare const __MISSION_DEFINITION__: MissionDefinition | undefined;

/** Under this key a mission's workflow function carries its {@link MissionDefinition}. */
export const DEFINITION_KEY = Symbol.for('mission-runtime.definition');

/** What a mission's code is given. */
export interface MissionContext<Spec extends MissionSpec> {
  readonly step: Step<Spec>;
  readonly rules: RulesOf<Spec['rules']>;
}

/** A mission's workflow: its type in Temporal is the mission's name. */
export interface MissionWorkflow<Spec extends MissionSpec> {
  (input: z.input<Spec['input']>): Promise<z.output<Spec['output']>>;
  readonly [DEFINITION_KEY]: MissionDefinition;
}

export interface Mission<Spec extends MissionSpec = MissionSpec> {
  readonly name: Spec['name'];
  readonly spec: Spec;
  /** The schemas of the tools, for `defineTools`. */
  readonly tools: NonNullable<Spec['tools']>;
  /** Makes the workflow from the mission's code. */
  workflow(
    run: (context: MissionContext<Spec>, input: z.output<Spec['input']>) => Promise<z.input<Spec['output']>>,
  ): MissionWorkflow<Spec>;
}

/**
 * Declares a mission: everything of it that can change without code.
 *
 * @example
 * ```ts
 * export const triage = defineMission({
 *   name: 'ticket-triage',
 *   input: z.object({ text: z.string() }),
 *   output: z.object({ queue: z.enum(['billing', 'technical']) }),
 *   models: { default: { model: 'gpt-5-mini', temperature: 0 } },
 *   prompts: { route: 'Which queue does this ticket belong to: billing or technical?\n{{text}}' },
 * });
 * ```
 */
export function defineMission<const Spec extends MissionSpec>(spec: Spec): Mission<Spec> {
  return {
    name: spec.name,
    spec,
    tools: (spec.tools ?? {}) as NonNullable<Spec['tools']>,
    workflow(run) {
      const definition = once(() => linkedDefinition(spec.name) ?? toDefinition(spec));
      const workflow = async (input: z.input<Spec['input']>): Promise<z.output<Spec['output']>> => {
        const state = new RunState(definition());
        const desk = new DecisionDesk();
        if (Object.keys(definition().decisions).length > 0) desk.openForAnswers();
        const context: MissionContext<Spec> = {
          step: createStep<Spec>(state, spec.tools ?? {}, desk),
          rules: definition().rules as unknown as RulesOf<Spec['rules']>,
        };
        return closing(state, async () => {
          const parsed = parseOrFail(spec.input, input, `The input of ${spec.name}`, 'InputInvalid') as z.output<
            Spec['input']
          >;
          const ending = run(context, parsed);
          const output = await (spec.upgrade === undefined ? ending : upgrading(spec.name, ending));
          return parseOrFail(spec.output, output, `The output of ${spec.name}`, 'OutputInvalid') as z.output<
            Spec['output']
          >;
        });
      };
      setWorkflowOptions({ failureExceptionTypes: [Error] }, workflow);
      Object.defineProperty(workflow, DEFINITION_KEY, { get: definition });
      return workflow as MissionWorkflow<Spec>;
    },
  };
}

/** A run that continues as new is routed anew, where its mission says so. */
async function upgrading<Output>(name: string, ending: Promise<Output>): Promise<Output> {
  try {
    return await ending;
  } catch (error) {
    if (continuesAs(name, error)) await routeNextLink(error);
    throw error;
  }
}

/** The last notes leave in a memo entry, whichever way the run ends. */
async function closing<Result>(run: RunState, body: () => Promise<Result>): Promise<Result> {
  try {
    return await body();
  } catch (error) {
    countLink(error);
    throw error;
  } finally {
    const { notes } = run.takeNotes();
    if (notes !== undefined) upsertMemo({ [MEMO_NOTES]: notes });
  }
}

function linkedDefinition(name: string): MissionDefinition | undefined {
  return typeof __MISSION_DEFINITION__ !== 'undefined' && __MISSION_DEFINITION__.name === name
    ? __MISSION_DEFINITION__
    : undefined;
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
