/** What missions ask of a namespace for production: that versions can be deployed in it, and that it keeps histories long enough. */
import type { Connection } from '@temporalio/client';
import { formatDuration } from '../shared/duration.ts';
import { messageOf } from '../shared/errors.ts';
import type { DoctorFinding } from './doctor.ts';
import { grpcStatusOf } from './grpc-status.ts';

export interface NamespaceFacts {
  /** How long the server keeps histories of ended runs, in milliseconds; absent where it does not tell. */
  readonly retentionMs: number | undefined;
  /** Whether worker deployments can be listed: not on a server where they are switched off. */
  readonly deployments: { readonly state: 'there' } | { readonly state: 'off' | 'unknown'; readonly message: string };
}

const DAY_MS = 86_400_000;
/** An outage of recorders that is shorter costs no recording. */
const RETENTION_WARN_MS = 3 * DAY_MS;

/** Reads, and changes nothing. Never throws. */
export async function lookAtNamespace(connection: Connection, namespace: string): Promise<NamespaceFacts> {
  const [retentionMs, deployments] = await Promise.all([
    readRetentionMs(connection, namespace).catch(() => undefined),
    lookAtDeployments(connection, namespace),
  ]);
  return { retentionMs, deployments };
}

async function readRetentionMs({ workflowService }: Connection, namespace: string): Promise<number | undefined> {
  const { config } = await workflowService.describeNamespace({ namespace });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  return seconds > 0 ? seconds * 1_000 : undefined;
}

const OFF = ['UNIMPLEMENTED', 'FAILED_PRECONDITION', 'INVALID_ARGUMENT'];

async function lookAtDeployments(connection: Connection, namespace: string): Promise<NamespaceFacts['deployments']> {
  try {
    await connection.workflowService.listWorkerDeployments({ namespace, pageSize: 1 });
    return { state: 'there' };
  } catch (error) {
    return { state: OFF.includes(grpcStatusOf(error) ?? '') ? 'off' : 'unknown', message: messageOf(error) };
  }
}

/** @param isOwn - the project's own server, which is for development: it may forget soon */
export function namespaceFactFindings({ retentionMs, deployments }: NamespaceFacts, isOwn: boolean): DoctorFinding[] {
  return [
    deploymentsFinding(deployments),
    ...(retentionMs === undefined ? [] : [retentionFinding(retentionMs, isOwn)]),
  ];
}

function deploymentsFinding(deployments: NamespaceFacts['deployments']): DoctorFinding {
  const check = 'worker versioning';
  if (deployments.state === 'there') return { check, status: 'ok', found: 'worker deployments are there' };
  if (deployments.state === 'unknown') {
    const remedy = 'Runs are pinned to versions: where workers cannot register theirs, nothing can be started.';
    return { check, status: 'warn', found: `the server does not tell: ${deployments.message}`, remedy };
  }
  return {
    check,
    status: 'fail',
    found: `worker deployments are switched off: ${deployments.message}`,
    remedy:
      'Ask who administers the server to set system.enableDeploymentVersions and frontend.workerVersioningWorkflowAPIs for this namespace.',
  };
}

function retentionFinding(retentionMs: number, isOwn: boolean): DoctorFinding {
  const check = 'retention';
  const found = `histories of ended runs are kept for ${formatDuration(retentionMs)}`;
  if (isOwn || retentionMs >= RETENTION_WARN_MS) return { check, status: 'ok', found };
  return {
    check,
    status: 'warn',
    found,
    remedy: `What is not recorded by then is lost for replay. For production, give the namespace ${formatDuration(7 * DAY_MS)}: temporal operator namespace update --retention 168h.`,
  };
}
