import type { Json } from '../../shared/json.ts';
import type { RunState } from '../run-state.ts';

/** `step.rule(name, result)`: a rule that was evaluated in place. */
export function ruleStep<Result extends Json>(run: RunState, name: string, result: Result): Result {
  run.addNote({ step: run.nextStepId(name), kind: 'rule', name, result });
  return result;
}

/** `step.rule(name, input, evaluate)`: a rule with the input it looked at, so that the trace shows why. */
export function ruleStepOver<Input extends Json, Result extends Json>(
  run: RunState,
  name: string,
  input: Input,
  evaluate: (input: Input) => Result,
): Result {
  const result = evaluate(input);
  run.addNote({ step: run.nextStepId(name), kind: 'rule', name, input, result });
  return result;
}

/** `step.observe(name, value)`: a fact worth keeping in the trace. */
export function observeStep(run: RunState, name: string, value: Json): void {
  run.addNote({ step: run.nextStepId(name), kind: 'observe', name, result: value });
}
