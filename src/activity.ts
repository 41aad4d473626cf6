/** `mission-runtime/activity`: what authors make side effects with. For node, never for workflow code. */
export { type Activities, type ActivitiesSpec, defineActivities, type ModelActivity } from './activity/activities.ts';
export type { Noise } from './activity/local-model/noise.ts';
export { type LocalModelOptions, localModel } from './activity/local-model/provider.ts';
export { createModelActivity, type ModelActivityOptions } from './activity/model-activity.ts';
export { type OpenaiCompatibleOptions, openaiCompatible } from './activity/openai-compatible.ts';
export { type ModelProvider, type ProviderSet, providersFromEnvironment } from './activity/providers.ts';
export type { StepLog, StepScope } from './activity/scope.ts';
export {
  defineTools,
  type Tool,
  type ToolContext,
  type ToolContract,
  type ToolFunction,
  type ToolFunctions,
  type ToolOwner,
  tool,
} from './activity/tools.ts';
