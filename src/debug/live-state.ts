/** What a run can be asked at a moment: its queries, its handlers, and where its code waits. */

import { failureMessage } from '../recording/failure-message.ts';
import { payloadToJson } from '../recording/payloads.ts';
import type { Activation, Job } from '../replay/proto.ts';
import type { SandboxRun } from '../replay/sandbox.ts';
import { isJsonObject, type Json } from '../shared/json.ts';
import type { LiveState, StackPlace } from './moment.ts';

/** Asks a run that stands still. Its queries change nothing, or Temporal would refuse them too. */
export async function askState(run: SandboxRun, at: Activation): Promise<LiveState> {
  const metadata = await ask(run, at, '__temporal_workflow_metadata');
  const stacks = await ask(run, at, '__enhanced_stack_trace');
  const names = namesIn(metadata.result, 'queryDefinitions').filter((name) => !name.startsWith('__'));
  const queries: { name: string; result?: Json; failure?: string }[] = [];
  for (const name of names) queries.push({ name, ...(await ask(run, at, name)) });
  return {
    queries,
    signals: namesIn(metadata.result, 'signalDefinitions'),
    updates: namesIn(metadata.result, 'updateDefinitions'),
    stacks: stacksIn(stacks.result),
  };
}

async function ask(
  run: SandboxRun,
  { runId, timestamp }: Activation,
  queryType: string,
): Promise<{ readonly result?: Json; readonly failure?: string }> {
  // The workflow's side asks which variant it is, as core's own objects know it.
  const job = {
    variant: 'queryWorkflow',
    queryWorkflow: { queryId: queryType, queryType, arguments: [], headers: {} },
  } as Job;
  const answer = await run.activate({
    runId: runId ?? '',
    timestamp: timestamp ?? null,
    isReplaying: true,
    jobs: [job],
  });
  if (answer.failure) return { failure: answer.failure.message };
  const response = answer.commands.find(({ respondToQuery }) => respondToQuery)?.respondToQuery;
  if (response?.failed) return { failure: failureMessage(response.failed) };
  return { result: payloadToJson(response?.succeeded?.response) };
}

function namesIn(metadata: Json | undefined, member: string): string[] {
  const definition = isJsonObject(metadata) ? metadata['definition'] : undefined;
  const list = isJsonObject(definition) ? definition[member] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: Json) => (isJsonObject(one) && typeof one['name'] === 'string' ? [one['name']] : []));
}

/** Frames of the author's own code; those of the SDK, of the kit and of packages say nothing about where it waits. */
function stacksIn(answer: Json | undefined): StackPlace[][] {
  const stacks = isJsonObject(answer) ? answer['stacks'] : undefined;
  if (!Array.isArray(stacks)) return [];
  const read = stacks.map((stack: Json) => {
    const locations = isJsonObject(stack) ? stack['locations'] : undefined;
    return (Array.isArray(locations) ? locations : []).flatMap((place: Json) => placeIn(place) ?? []);
  });
  return read.filter(
    (places, index) => places.length > 0 && !read.some((other, at) => says(other, places, at < index)),
  );
}

/** Whether a stack says all that another one does: promises that wait for each other share the outer part of theirs. */
function says(stack: readonly StackPlace[], other: readonly StackPlace[], isBefore: boolean): boolean {
  if (stack.length < other.length || (stack.length === other.length && !isBefore)) return false;
  return JSON.stringify(stack.slice(stack.length - other.length)) === JSON.stringify(other);
}

/** The last three are our own frames around the SDK's hook: inside, in a process that was made of sources, and as built. */
const NOT_THE_AUTHORS =
  /^(mission-runtime|@temporalio|node:)|node_modules|\/replay\/workflow-bundle|evalmachine\.<anonymous>|\[stdin\]|\/replay\/sandbox\.[jt]s$/;

function placeIn(place: Json): StackPlace | undefined {
  if (!isJsonObject(place)) return undefined;
  const { file_path: file, function_name: name, line, column } = place;
  if (typeof file !== 'string' || NOT_THE_AUTHORS.test(file) || typeof line !== 'number') return undefined;
  return { function: typeof name === 'string' ? name : '', file, line, column: Number(column ?? 0) };
}
