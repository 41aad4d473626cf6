/** Starting the shadow of a run that has started: with the same input, pinned to the candidate, once. */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { MEMO_SHADOW, type ShadowStamp } from '../mission/wire.ts';
import { runIdOf, startedOf } from '../recording/history-events.ts';
import { payloadsToJson } from '../recording/payloads.ts';
import type { ShadowRun } from '../registry/shadows.ts';
import { placementOf } from '../routing/placement.ts';
import { isNotHosted } from '../routing/start-failure.ts';
import { messageOf } from '../shared/errors.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { readChain } from './read-chain.ts';

export type ShadowStart =
  | { readonly kind: 'started' }
  /** It may go well a little later. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'impossible'; readonly why: string };

/** @param deploymentName - of the mission, by the registry. Never throws for what the server says. */
export async function startShadow(client: Client, run: ShadowRun, deploymentName: string): Promise<ShadowStart> {
  try {
    const [first] = (await readChain(client, { workflowId: run.primaryWorkflowId, runId: run.primaryRunId })) ?? [];
    if (first === undefined || runIdOf(first) !== run.primaryRunId) {
      return { kind: 'impossible', why: 'the real run had begun before it was routed so' };
    }
    await startPinned(client, run, deploymentName, payloadsToJson(startedOf(first).input));
    return { kind: 'started' };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'started' };
    const why = isNotHosted(error) ? `no worker hosts ${versionOf(run)}` : messageOf(error);
    return { kind: 'refused', why };
  }
}

function startPinned(client: Client, run: ShadowRun, deploymentName: string, args: unknown[]) {
  const { taskQueue, deployment } = placementOf(run.mission, run.artifact, deploymentName);
  const stamp: ShadowStamp = {
    version: versionOf(run),
    artifact: run.artifact,
    workflowId: run.primaryWorkflowId,
    runId: run.primaryRunId,
    primary: formatVersionRef({ mission: run.mission, number: run.primaryVersion }),
    reason: run.reason,
    revision: run.revision,
  };
  return client.workflow.start(run.mission, {
    workflowId: run.workflowId,
    taskQueue,
    args,
    versioningOverride: { pinnedTo: deployment },
    memo: { [MEMO_SHADOW]: stamp },
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
  });
}

function versionOf({ mission, version }: ShadowRun): string {
  return formatVersionRef({ mission, number: version });
}
