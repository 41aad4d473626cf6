/**
 * Which deployment version a run is pinned to on the server, and pinning it to another.
 *
 * The server keeps the pin in a search attribute of its own, which is there from a run's first workflow task on, and
 * right at once for moved and continued runs; what a start stamped on a run says where it began, and cannot be changed from outside.
 */
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';
import { grpcStatusOf } from './grpc-status.ts';
import type { DeploymentPlace } from './worker-deployments.ts';

const { WORKFLOW_EXECUTION_STATUS_RUNNING } = proto.temporal.api.enums.v1.WorkflowExecutionStatus;

/** The server's own search attribute: `<deployment>:<build id>`. */
export const DEPLOYMENT_VERSION_ATTRIBUTE = 'TemporalWorkerDeploymentVersion';

/** As the server's visibility has a deployment version. */
export function deploymentVersionText({ deploymentName, buildId }: WorkerDeploymentVersion): string {
  return `${deploymentName}:${buildId}`;
}

/** The deployment version that a run is on, as the server has it; `undefined` before its first workflow task, pinned or not. */
export function deploymentVersionIn(searchAttributes: Readonly<Record<string, unknown>>): string | undefined {
  const value = searchAttributes[DEPLOYMENT_VERSION_ATTRIBUTE];
  const text: unknown = Array.isArray(value) ? value[0] : value;
  return typeof text === 'string' ? text : undefined;
}

/** The same, its build id alone. */
export function pinnedBuildId(searchAttributes: Readonly<Record<string, unknown>>): string | undefined {
  const text = deploymentVersionIn(searchAttributes);
  return text?.slice(text.lastIndexOf(':') + 1);
}

type Execution = { readonly workflowId?: string | null; readonly runId?: string | null };
type ExecutionInfo = proto.temporal.api.workflow.v1.IWorkflowExecutionInfo;

/**
 * The build id that an open run is pinned to though no worker took it on yet: then its search attribute is not there, and the
 * server tells of one run at a time. `undefined` for a run that has ended, and one that nothing pinned.
 */
export async function waitingBuildId(client: Client, execution: Execution): Promise<string | undefined> {
  const info = await describeExecution(client, execution);
  return info?.status === WORKFLOW_EXECUTION_STATUS_RUNNING ? overrideIn(info) : undefined;
}

/**
 * The build id that a run's next workflow task goes to, or that its last one went to: as it is now, while lists are behind.
 * `undefined` for a run that is not kept any more, and one that nothing pinned and no worker took on.
 */
export async function currentBuildId(client: Client, execution: Execution): Promise<string | undefined> {
  const info = await describeExecution(client, execution);
  return info && (overrideIn(info) ?? (info.versioningInfo?.deploymentVersion?.buildId || undefined));
}

async function describeExecution(client: Client, execution: Execution): Promise<ExecutionInfo | undefined> {
  const { namespace } = client.options;
  const described = await client.workflowService
    .describeWorkflowExecution({ namespace, execution })
    .catch((error: unknown) => {
      // It was there a moment ago; what is not kept any more is nowhere.
      if (grpcStatusOf(error) !== 'NOT_FOUND') throw error;
      return undefined;
    });
  return described?.workflowExecutionInfo ?? undefined;
}

function overrideIn({ versioningInfo }: ExecutionInfo): string | undefined {
  const override = versioningInfo?.versioningOverride;
  // Servers before 1.30 give the older form.
  return (override?.pinned?.version?.buildId ?? override?.pinnedVersion?.replace(/^.*\./, '')) || undefined;
}

const { VersioningBehavior } = proto.temporal.api.enums.v1;
const { PinnedOverrideBehavior } = proto.temporal.api.workflow.v1.VersioningOverride;

/**
 * Pins an open run to a version: its next workflow task goes there. The run's history records it, with who.
 *
 * @returns `pinned`; `ended` when the run is over; `not-hosted` when no worker of the version ever polled.
 */
export async function pinRun(
  place: DeploymentPlace,
  run: { readonly workflowId: string; readonly runId: string },
  version: WorkerDeploymentVersion,
  by: string,
): Promise<'pinned' | 'ended' | 'not-hosted'> {
  const pinned = { behavior: PinnedOverrideBehavior.PINNED_OVERRIDE_BEHAVIOR_PINNED, version };
  // Servers before 1.30 read the older form.
  const older = {
    behavior: VersioningBehavior.VERSIONING_BEHAVIOR_PINNED,
    pinnedVersion: `${version.deploymentName}.${version.buildId}`,
  };
  try {
    await place.connection.workflowService.updateWorkflowExecutionOptions({
      namespace: place.namespace,
      workflowExecution: run,
      workflowExecutionOptions: { versioningOverride: { ...older, pinned } },
      updateMask: { paths: ['versioning_override'] },
      identity: `mission-runtime ${by}`,
    });
    return 'pinned';
  } catch (error) {
    const status = grpcStatusOf(error);
    if (status === 'NOT_FOUND') return 'ended';
    if (status === 'FAILED_PRECONDITION') return 'not-hosted';
    throw error;
  }
}

/** Takes the pin of a start off: the run stays on the version that it is on, and may go elsewhere when it continues. */
export async function unpinRun(
  place: DeploymentPlace,
  run: { readonly workflowId: string; readonly runId: string },
): Promise<void> {
  await place.connection.workflowService.updateWorkflowExecutionOptions({
    namespace: place.namespace,
    workflowExecution: run,
    workflowExecutionOptions: {},
    updateMask: { paths: ['versioning_override'] },
    identity: 'mission-runtime',
  });
}
