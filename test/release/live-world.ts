/** Live answers of a small mission, whose activities the test acts for. */
import type { LoadedActivities } from '../../src/artifact/load-activities.ts';
import type { MissionDefinition } from '../../src/mission/definition.ts';
import { liveAnswersOf } from '../../src/release/live-answers.ts';
import type { LiveMeter } from '../../src/release/live-meter.ts';
import type { CommandView } from '../../src/replay/command-view.ts';
import type { Json } from '../../src/shared/json.ts';

const schema = { input: {}, output: {} };

const definition: MissionDefinition = {
  format: 1,
  name: 'refund',
  input: {},
  output: {},
  prompts: {},
  models: {},
  rules: {},
  tools: {
    getOrder: { effect: 'read', replayable: true, ...schema },
    getPolicy: { effect: 'read', ...schema },
    issueRefund: { effect: 'write', ...schema },
    /** Says that it may be asked again, and acts. */
    liar: { effect: 'write', replayable: true, ...schema },
  },
  decisions: {},
};

export function view(
  kind: CommandView['kind'],
  name: string,
  request: Json = {},
  effect?: 'read' | 'write',
): CommandView {
  return { step: `${name}#1`, kind, name, request, notes: [], options: {}, ...(effect !== undefined && { effect }) };
}

interface World {
  readonly calls: string[];
  readonly live: ReturnType<typeof liveAnswersOf>;
}

export type Act = (request: Json) => Promise<unknown>;

interface Way {
  readonly signal?: AbortSignal;
  readonly meter?: LiveMeter;
  readonly pause?: (ms: number) => Promise<void>;
}

export function world(act: Act, limits = {}, way: Way = {}): World {
  const calls: string[] = [];
  const spy = (type: string) => async (request: Json) => {
    calls.push(type);
    return act(request);
  };
  const types = ['model', ...Object.keys(definition.tools).map((name) => `tool:${name}`)];
  const activities = Object.fromEntries(types.map((type) => [type, spy(type)])) as unknown as LoadedActivities;
  const live = liveAnswersOf({
    activities,
    definition,
    limits: { liveCalls: 100, liveConcurrency: 2, ...limits },
    ...way,
  });
  return { calls, live };
}
