import {
  MODEL_ACTIVITY,
  type ModelRequest,
  type ModelResponse,
  type StepContext,
  toolActivity,
} from '../mission/wire.ts';
import { activityFailure } from './failure.ts';
import { createModelActivity } from './model-activity.ts';
import type { Tool } from './tools.ts';

/** Asks a model: what every model step of a mission calls. */
export type ModelActivity = (request: ModelRequest, step?: StepContext) => Promise<ModelResponse>;

export interface ActivitiesSpec {
  /** What answers model steps. @default the providers that the worker's environment configures */
  readonly models?: ModelActivity;
  /** From `defineTools`. */
  readonly tools?: Readonly<Record<string, Tool>>;
}

/** Activity type → function, as `Worker.create({ activities })` takes them. */
export type Activities = Readonly<Record<string, (request: never, step?: StepContext) => Promise<unknown>>>;

/** The SDK calls the activity of this name for every type that has no function. */
const ANY_OTHER = 'default';

/**
 * Everything a mission's worker can do: `model`, one `tool:<name>` per tool, and an answer for any other type, which
 * fails at once instead of being tried again until the step's time is over. A module under `activities/` exports it as
 * `activities`.
 */
export function defineActivities({ models = createModelActivity(), tools = {} }: ActivitiesSpec): Activities {
  const activities: Record<string, (request: never, step?: StepContext) => Promise<unknown>> = {
    [MODEL_ACTIVITY]: models,
    [ANY_OTHER]: (_: unknown, step?: StepContext) => Promise.reject(unknownTool(step, Object.keys(tools))),
  };
  for (const [name, { call }] of Object.entries(tools)) {
    activities[toolActivity(name)] = (input: unknown, step?: StepContext) => call(name, input, step);
  }
  return activities;
}

function unknownTool(step: StepContext | undefined, known: readonly string[]): Error {
  const asked = step === undefined ? 'an activity' : `step "${step.step}"`;
  const list = known.length === 0 ? 'none' : known.join(', ');
  return activityFailure('TOOL_UNKNOWN', `This worker has no tool for ${asked}. It has: ${list}.`, {
    details: { step: step?.step ?? null, known: [...known] },
  });
}
