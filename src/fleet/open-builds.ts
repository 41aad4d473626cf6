/** The builds that open runs of a mission need, as the server has it: wherever they were started, and moved to since. */
import type { Client, RawWorkflowExecutionInfo } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../mission/wire.ts';
import { DEPLOYMENT_VERSION_ATTRIBUTE, pinnedBuildId, waitingBuildId } from '../temporal/run-versioning.ts';

/**
 * Each question leaves out what is known already, so the number of questions is the number of builds and not of runs.
 *
 * @param deployment - the mission's worker deployment
 * @returns build ids, perhaps some of them twice
 */
export async function readOpenBuilds(client: Client, mission: string, deployment: string): Promise<string[]> {
  const [taken, waiting] = await Promise.all([readTakenBuilds(client, deployment), readWaitingBuilds(client, mission)]);
  return [...taken, ...waiting];
}

async function readTakenBuilds(client: Client, deployment: string): Promise<string[]> {
  const found = await distinctValues(
    client,
    DEPLOYMENT_VERSION_ATTRIBUTE,
    `TemporalWorkerDeployment = '${deployment}'`,
  );
  return found.flatMap((value) => pinnedBuildId({ [DEPLOYMENT_VERSION_ATTRIBUTE]: value }) ?? []);
}

/** Of runs that no worker took on yet: the server lists no build of theirs, and those that began on a version are pinned to one. */
async function readWaitingBuilds(client: Client, mission: string): Promise<string[]> {
  const of = `${SEARCH_ATTRIBUTES.mission} = '${mission}' AND ${SEARCH_ATTRIBUTES.version} IS NOT NULL AND ${DEPLOYMENT_VERSION_ATTRIBUTE} IS NULL`;
  const versions = await distinctValues(client, SEARCH_ATTRIBUTES.version, of);
  const builds = await Promise.all(
    versions.map((version) => buildOfFirst(client, `${of} AND ${SEARCH_ATTRIBUTES.version} = '${version}'`)),
  );
  return builds.filter((build) => build !== undefined);
}

/** How many runs of a version are asked about until one is found that waits for a build. */
const ASKED_AT_MOST = 10;

/** A run may have ended although the list still has it, or be pinned to nothing: then the next one tells. */
async function buildOfFirst(client: Client, of: string): Promise<string | undefined> {
  for (const { execution } of await openRuns(client, of, ASKED_AT_MOST)) {
    const build = execution ? await waitingBuildId(client, execution) : undefined;
    if (build !== undefined) return build;
  }
  return undefined;
}

async function distinctValues(client: Client, attribute: string, of: string): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const others = found.map((value) => ` AND ${attribute} != '${value}'`).join('');
    const [run] = await openRuns(client, `${of}${others}`, 1);
    const value = run && attributeOf(run, attribute);
    if (value === undefined || found.includes(value)) return found;
    found.push(value);
  }
}

/** The newest first. */
async function openRuns(client: Client, of: string, pageSize: number): Promise<readonly RawWorkflowExecutionInfo[]> {
  const { namespace } = client.options;
  const query = `${of} AND ExecutionStatus = 'Running'`;
  return (await client.workflowService.listWorkflowExecutions({ namespace, query, pageSize })).executions;
}

/** Search attributes are never encrypted, so a run whose key is not here holds nobody up. */
function attributeOf({ searchAttributes }: RawWorkflowExecutionInfo, name: string): string | undefined {
  const payload = searchAttributes?.indexedFields?.[name];
  const found: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  const value: unknown = Array.isArray(found) ? found[0] : found;
  return typeof value === 'string' ? value : undefined;
}
