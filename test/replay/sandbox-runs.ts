/** Runs in a sandbox, driven by hand. */
import Long from 'long';
import type { Activation, Command } from '../../src/replay/proto.ts';
import type { Sandbox, SandboxRun } from '../../src/replay/sandbox.ts';

const facts = { namespace: 'default', taskQueue: 'queue' };

export function activation(runId: string, jobs: Activation['jobs']): Activation {
  return {
    runId,
    timestamp: { seconds: Long.fromNumber(1_700_000_000), nanos: 0 },
    isReplaying: true,
    // What workers of today record: timeouts of code have scopes of their own.
    availableInternalFlags: [1],
    jobs: jobs ?? null,
  };
}

/** A run after its first activation, and what it came to by then. */
export async function startRun(sandbox: Sandbox, workflowType: string, runId: string = workflowType) {
  const initializeWorkflow = {
    workflowType,
    workflowId: 'w',
    arguments: [],
    randomnessSeed: Long.UONE,
    startTime: { seconds: Long.fromNumber(1_700_000_000), nanos: 0 },
  };
  const first = activation(runId, [{ initializeWorkflow }]);
  const run = await sandbox.start(first, facts);
  return { run, result: await resultOf(run, first) };
}

export async function commandsOf(run: SandboxRun, given: Activation): Promise<readonly Command[]> {
  const answer = await run.activate(given);
  if (answer.failure) throw new Error(answer.failure.message);
  return answer.commands;
}

/** What the run came to, if it ended. */
export async function resultOf(run: SandboxRun, given: Activation): Promise<unknown> {
  const commands = await commandsOf(run, given);
  const [data] = commands.flatMap((command) => command.completeWorkflowExecution?.result?.data ?? []);
  return data ? (JSON.parse(Buffer.from(data).toString()) as unknown) : undefined;
}

/** What a run came to that waits for nothing. */
export async function runToEnd(sandbox: Sandbox, workflowType: string): Promise<unknown> {
  const { run, result } = await startRun(sandbox, workflowType);
  await run.dispose();
  return result;
}
