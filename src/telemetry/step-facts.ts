/** What of an activity may be told outside: names and numbers, never its request. Pure. */
import { MODEL_ACTIVITY, toolOfActivity } from '../mission/wire.ts';

/** One attempt of a step, or of an activity of a plain workflow. */
export interface StepFacts {
  readonly mission: string;
  /** `refund-eligibility@3`; absent for a run that no route started. */
  readonly version: string | undefined;
  /** Workflow id. */
  readonly run: string;
  readonly runId: string;
  /** Id of the step in its run: `judge#1`. */
  readonly step: string;
  /** Name of the prompt or tool: one of a few, whatever the run. */
  readonly name: string;
  readonly kind: 'model' | 'tool' | 'activity';
  /** 1 is the first. */
  readonly attempt: number;
}

export interface ActivityFacts {
  readonly activityId: string;
  readonly activityType: string;
  readonly attempt: number;
  readonly workflowExecution?: { readonly workflowId: string; readonly runId: string } | undefined;
}

/** @param args - request and context, as `mission/wire.ts` has them; of a plain activity anything */
export function describeStep(
  mission: string,
  version: string | undefined,
  info: ActivityFacts,
  args: readonly unknown[],
): StepFacts {
  const { workflowId: run = '', runId = '' } = info.workflowExecution ?? {};
  const facts = {
    mission,
    version,
    run,
    runId,
    attempt: info.attempt,
    step: textIn(args[1], 'step') ?? info.activityId,
  };
  const tool = toolOfActivity(info.activityType);
  if (tool !== undefined) return { ...facts, name: tool, kind: 'tool' };
  const prompt = info.activityType === MODEL_ACTIVITY ? textIn(args[0], 'prompt') : undefined;
  if (prompt !== undefined) return { ...facts, name: prompt, kind: 'model' };
  return { ...facts, name: info.activityType, kind: 'activity' };
}

export interface TokenCount {
  readonly model: string;
  readonly direction: 'input' | 'output' | 'reasoning';
  readonly tokens: number;
}

/** The usage in the result of a model step; nothing for what is no such result. */
export function tokensOf(result: unknown): readonly TokenCount[] {
  const model = textIn(result, 'model');
  const usage = memberOf(result, 'usage');
  if (model === undefined) return [];
  const directions = [
    ['input', 'inputTokens'],
    ['output', 'outputTokens'],
    ['reasoning', 'reasoningTokens'],
  ] as const;
  return directions.flatMap(([direction, member]) => {
    const tokens = memberOf(usage, member);
    return typeof tokens === 'number' && tokens > 0 ? [{ model, direction, tokens }] : [];
  });
}

function textIn(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
