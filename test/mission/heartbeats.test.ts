/** Which steps have heartbeats: those that could be tried again earlier than at the end of their time. */
import Long from 'long';
import { beforeAll, expect, it } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { type Activation, toMs } from '../../src/replay/proto.ts';
import { createSandbox } from '../../src/replay/sandbox.ts';
import { copyProject } from '../artifact/project.ts';

const mission = 'beats';
const terms = {
  usual: '',
  long: 'timeoutMs: 3_600_000',
  short: 'timeoutMs: 30_000',
  once: 'timeoutMs: 3_600_000, attempts: 1',
};
const heartbeatMs = new Map<string, number>();

beforeAll(async () => {
  const tools = Object.entries(terms).map(
    ([name, term]) => `${name}: { effect: 'read', input: z.null(), output: z.null(), ${term} }`,
  );
  const root = await copyProject({
    [`workflows/${mission}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const beats = defineMission({ name: '${mission}', input: z.null(), output: z.null(), tools: { ${tools.join(', ')} } });`,
    [`workflows/${mission}/workflow.ts`]: () => `
      import { beats } from './mission.ts';
      export const run = beats.workflow(async ({ step }) => {
        await Promise.all([${Object.keys(terms)
          .map((name) => `step.tool('${name}', null)`)
          .join(', ')}]);
        return null;
      });`,
    [`activities/${mission}.ts`]: () => 'export default { nothing: () => null };',
  });
  const sandbox = await createSandbox(await linkWorkflowBundle(await buildArtifact({ root, mission })));
  const at = { seconds: Long.fromNumber(1_700_000_000), nanos: 0 };
  const data = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('null') };
  const initializeWorkflow = {
    workflowType: mission,
    workflowId: 'w',
    arguments: [data],
    randomnessSeed: Long.UONE,
    startTime: at,
  };
  const first: Activation = { runId: 'r', timestamp: at, isReplaying: false, jobs: [{ initializeWorkflow }] };
  const run = await sandbox.start(first, { namespace: 'default', taskQueue: 'queue' });
  const answer = await run.activate(first);
  if (answer.failure) throw new Error(answer.failure.message);
  for (const { scheduleActivity } of answer.commands) {
    const { activityType, heartbeatTimeout } = scheduleActivity ?? {};
    heartbeatMs.set(activityType ?? '', heartbeatTimeout ? toMs(heartbeatTimeout) : 0);
  }
}, 120_000);

it.each([
  ['usual', 30_000],
  ['long', 30_000],
  ['short', 0],
  ['once', 0],
])('a step with %s terms is taken for lost after %i ms of silence (0: never)', (tool, ms) => {
  expect(heartbeatMs.get(`tool:${tool}`)).toBe(ms);
});
