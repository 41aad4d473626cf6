/** `mission-runtime/mission`: what a mission's workflow code imports. Safe inside the workflow sandbox. */
export { compare, redact, volatile } from './mission/annotations.ts';
export type { MissionDefinition } from './mission/definition.ts';
export { defineMission, type Mission, type MissionContext, type MissionWorkflow } from './mission/mission.ts';
export type { DecisionSpec, MissionSpec, PromptSpec, ToolSpec } from './mission/spec.ts';
export type { Step } from './mission/step.ts';
export type { AgentOptions } from './mission/steps/agent-step.ts';
export type { Decision } from './mission/steps/decide-step.ts';
export type { StepOptions } from './mission/steps/step-options.ts';
