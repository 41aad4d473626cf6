import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { originOf } from '../run-origin.ts';
import type { RunState } from '../run-state.ts';
import type { ToolSpec } from '../spec.ts';
import { toolActivity } from '../wire.ts';
import { parseOrFail } from './parse.ts';
import { scheduleStep } from './schedule.ts';
import type { StepOptions } from './step-options.ts';

export type ToolSpecs = Readonly<Record<string, ToolSpec>>;

/** `step.tool(name, input)`: the input is parsed before it leaves the mission, the output as it comes back. */
export async function toolStep(
  run: RunState,
  tools: ToolSpecs,
  tool: string,
  input: unknown,
  options: StepOptions & { readonly agent?: string } = {},
): Promise<unknown> {
  const spec = tools[tool];
  const contract = run.definition.tools[tool];
  if (spec === undefined || contract === undefined) {
    throw ApplicationFailure.nonRetryable(`The mission has no tool "${tool}".`, 'ToolUnknown');
  }
  const request = parseOrFail(spec.input, input, `The input of tool "${tool}"`, 'ToolInputInvalid');
  const step = run.nextStepId(tool, options.id);
  const output = await scheduleStep<unknown>(run, {
    activityType: toolActivity(tool),
    request,
    context: {
      step,
      kind: 'tool',
      effect: contract.effect,
      origin: originOf(workflowInfo()),
      ...(options.agent === undefined ? {} : { agent: options.agent }),
    },
    summary: tool,
    timeoutMs: contract.timeoutMs,
    attempts: contract.attempts,
  });
  return parseOrFail(spec.output, output, `The output of tool step "${step}"`, 'ToolOutputInvalid');
}
