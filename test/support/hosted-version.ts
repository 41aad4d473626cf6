/** A plain worker of one deployment version on a real server, for as long as a test needs it. */
import { fileURLToPath } from 'node:url';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { TemporalConnection } from '../../src/temporal/connection.ts';

/** Its workflow is `greet`. */
export function bundleGreeting(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../temporal/workflows/greet.ts', import.meta.url)),
  });
}

export interface HostedVersion {
  readonly version: WorkerDeploymentVersion;
  readonly taskQueue: string;
  readonly workflowBundle: WorkflowBundleWithSourceMap;
  /** The worker's name on the server. @default the SDK's own */
  readonly identity?: string;
}

export async function whileHosted<T>(
  temporal: TemporalConnection,
  { version, ...hosted }: HostedVersion,
  work: () => Promise<T>,
): Promise<T> {
  const connection = await temporal.openNative();
  const worker = await Worker.create({
    connection,
    ...hosted,
    workerDeploymentOptions: { useWorkerVersioning: true, version, defaultVersioningBehavior: 'PINNED' },
  });
  try {
    return await worker.runUntil(work);
  } finally {
    await connection.close();
  }
}
