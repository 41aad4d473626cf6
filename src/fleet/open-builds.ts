/** The builds that open runs of a mission need, as the server has it: wherever they were started, and moved to since. */
import type { Client, RawWorkflowExecutionInfo } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { MEMO_STAMP } from '../mission/wire.ts';
import { anyRunsOf } from '../routing/mission-query.ts';
import { readStamp } from '../routing/run-stamp.ts';
import { DEPLOYMENT_VERSION_ATTRIBUTE, pinnedBuildId, waitingBuildId } from '../temporal/run-versioning.ts';

/**
 * Of runs that a worker took on. Each question leaves out what is known already, so the number of questions is the number of builds and
 * not of runs.
 *
 * @param deployment - the mission's worker deployment
 * @returns build ids
 */
export async function readTakenBuilds(client: Client, deployment: string): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const others = found.map((value) => ` AND ${DEPLOYMENT_VERSION_ATTRIBUTE} != '${value}'`).join('');
    const next = await openRuns(client, `TemporalWorkerDeployment = '${deployment}'${others}`, 1).next();
    const value = next.done ? undefined : deploymentVersionIn(next.value);
    if (value === undefined || found.includes(value)) break;
    found.push(value);
  }
  return found.flatMap((value) => pinnedBuildId({ [DEPLOYMENT_VERSION_ATTRIBUTE]: value }) ?? []);
}

/** Search attributes are never encrypted. */
function deploymentVersionIn({ searchAttributes }: RawWorkflowExecutionInfo): string | undefined {
  const payload = searchAttributes?.indexedFields?.[DEPLOYMENT_VERSION_ATTRIBUTE];
  const found: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  const value: unknown = Array.isArray(found) ? found[0] : found;
  return typeof value === 'string' ? value : undefined;
}

/** How many runs that began on one version are asked about until one is found that waits for a build. */
const ASKED_AT_MOST = 10;

/**
 * Of runs that no worker took on yet: the server lists no build of theirs, and those that began on a version are pinned to one.
 * They are read one by one, children too, as what is stamped on them can be read here only. Where workers keep up there are few;
 * who asks again and again does so sparingly (`sparing.ts`).
 */
export async function readWaitingBuilds(client: Client, mission: string): Promise<string[]> {
  const waiting = new Map<string, RawWorkflowExecutionInfo[]>();
  for await (const run of openRuns(
    client,
    `${anyRunsOf([mission])} AND ${DEPLOYMENT_VERSION_ATTRIBUTE} IS NULL`,
    1_000,
  )) {
    const version = await stampedVersion(client, run);
    const first = waiting.get(version ?? '') ?? [];
    if (version !== undefined && first.length < ASKED_AT_MOST) waiting.set(version, [...first, run]);
  }
  const builds = await Promise.all([...waiting.values()].map((runs) => buildOfFirst(client, runs)));
  return builds.filter((build) => build !== undefined);
}

/** `undefined` for a run that no route started; a stamp whose key is not here is a version of its own, and holds nobody up. */
async function stampedVersion({ options }: Client, { memo }: RawWorkflowExecutionInfo): Promise<string | undefined> {
  const payload = memo?.fields?.[MEMO_STAMP];
  if (!payload) return undefined;
  const stamp = await decodeOptionalSinglePayload(options.loadedDataConverter, payload).catch(() => undefined);
  return readStamp({ [MEMO_STAMP]: stamp })?.version ?? 'unreadable';
}

/** A run may have ended although the list still has it, or be pinned to nothing: then the next one tells. */
async function buildOfFirst(client: Client, runs: readonly RawWorkflowExecutionInfo[]): Promise<string | undefined> {
  for (const { execution } of runs) {
    const build = execution ? await waitingBuildId(client, execution) : undefined;
    if (build !== undefined) return build;
  }
  return undefined;
}

/** The newest first. */
async function* openRuns(client: Client, of: string, pageSize: number): AsyncGenerator<RawWorkflowExecutionInfo> {
  const { namespace } = client.options;
  const query = `${of} AND ExecutionStatus = 'Running'`;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await client.workflowService.listWorkflowExecutions({ namespace, query, pageSize, nextPageToken });
    yield* page.executions;
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
}
