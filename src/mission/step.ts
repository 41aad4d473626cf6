import type * as z from 'zod';
import type { Json } from '../shared/json.ts';
import type { RunState } from './run-state.ts';
import type { MissionSpec, NamesOf, PromptVariables } from './spec.ts';
import { type AgentOptions, agentStep } from './steps/agent-step.ts';
import type { Decision, DecisionDesk } from './steps/decide-step.ts';
import { modelStep } from './steps/model-step.ts';
import { observeStep, ruleStep, ruleStepOver } from './steps/note-steps.ts';
import type { StepOptions } from './steps/step-options.ts';
import { type ToolSpecs, toolStep } from './steps/tool-step.ts';

type Prompts<Spec extends MissionSpec> = NonNullable<Spec['prompts']>;
type Tools<Spec extends MissionSpec> = NonNullable<Spec['tools']>;
type Decisions<Spec extends MissionSpec> = NonNullable<Spec['decisions']>;

/** The steps of a mission. Names, inputs and outputs are those of its definition. */
export interface Step<Spec extends MissionSpec> {
  /** Asks a model with one of the mission's prompts, for a text or for an object that fits `schema`. */
  model<Name extends NamesOf<Spec['prompts']>>(
    prompt: Name,
    variables: PromptVariables<Prompts<Spec>[Name]>,
  ): Promise<string>;
  model<Name extends NamesOf<Spec['prompts']>, Schema extends z.ZodType>(
    prompt: Name,
    variables: PromptVariables<Prompts<Spec>[Name]>,
    schema: Schema,
    options?: StepOptions,
  ): Promise<z.output<Schema>>;
  /** Calls one of the mission's tools. */
  tool<Name extends NamesOf<Spec['tools']>>(
    tool: Name,
    input: z.input<Tools<Spec>[Name]['input']>,
    options?: StepOptions,
  ): Promise<z.output<Tools<Spec>[Name]['output']>>;
  /** Records a rule and its result; with `input` and `evaluate`, also what it looked at. */
  rule<Result extends Json>(name: string, result: Result): Result;
  rule<Input extends Json, Result extends Json>(name: string, input: Input, evaluate: (input: Input) => Result): Result;
  /** Lets a model call tools until it answers; every call is a step of its own. */
  agent<Name extends NamesOf<Spec['prompts']>>(
    prompt: Name,
    variables: PromptVariables<Prompts<Spec>[Name]>,
    options: AgentOptions & { readonly tools: readonly NamesOf<Spec['tools']>[] },
  ): Promise<string>;
  agent<Name extends NamesOf<Spec['prompts']>, Schema extends z.ZodType>(
    prompt: Name,
    variables: PromptVariables<Prompts<Spec>[Name]>,
    options: AgentOptions & { readonly tools: readonly NamesOf<Spec['tools']>[] },
    schema: Schema,
  ): Promise<z.output<Schema>>;
  /** Asks a person and waits for the answer. `evidence` is what they should see. */
  decide<Name extends NamesOf<Spec['decisions']>>(
    decision: Name,
    evidence: Json,
    options?: StepOptions,
  ): Promise<Decision<Decisions<Spec>[Name]['options'][number]>>;
  /** Keeps a fact in the trace. */
  observe(name: string, value: Json): void;
}

/** Binds the steps to one run. */
export function createStep<Spec extends MissionSpec>(run: RunState, tools: ToolSpecs, desk: DecisionDesk): Step<Spec> {
  const step = {
    model: (prompt: string, variables: Readonly<Record<string, unknown>>, schema?: z.ZodType, options?: StepOptions) =>
      modelStep(run, prompt, variables, schema, options),
    tool: (tool: string, input: unknown, options?: StepOptions) => toolStep(run, tools, tool, input, options),
    rule: (name: string, input: Json, evaluate?: (input: Json) => Json) =>
      evaluate === undefined ? ruleStep(run, name, input) : ruleStepOver(run, name, input, evaluate),
    agent: (prompt: string, variables: Readonly<Record<string, unknown>>, options: AgentOptions, schema?: z.ZodType) =>
      agentStep(run, tools, prompt, variables, options, schema),
    decide: (decision: string, evidence: Json, options?: StepOptions) => desk.ask(run, decision, evidence, options),
    observe: (name: string, value: Json) => observeStep(run, name, value),
  };
  return step as unknown as Step<Spec>;
}
