/** The builds that open runs of a mission need, as the server has it: wherever they were started, and moved to since. */
import type { Client } from '@temporalio/client';
import { MEMO_STAMP } from '../mission/wire.ts';
import { anyRunsOf } from '../routing/mission-query.ts';
import { readStamp } from '../routing/run-stamp.ts';
import { type ListedRun, listRunsWith } from '../temporal/listed-runs.ts';
import {
  DEPLOYMENT_VERSION_ATTRIBUTE,
  deploymentVersionIn,
  pinnedBuildId,
  waitingBuildId,
} from '../temporal/run-versioning.ts';

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
    const value = next.done ? undefined : deploymentVersionIn(next.value.searchAttributes);
    if (value === undefined || found.includes(value)) break;
    found.push(value);
  }
  return found.flatMap((value) => pinnedBuildId({ [DEPLOYMENT_VERSION_ATTRIBUTE]: value }) ?? []);
}

/** How many runs that began on one version are asked about until one is found that waits for a build. */
const ASKED_AT_MOST = 10;
const ASKED_AT_ONCE = 16;

/**
 * Of runs that no worker took on yet: the server lists no build of theirs, and those that began on a version are pinned to one.
 * They are read one by one, children too, as what is stamped on them can be read here only. Where workers keep up there are few;
 * who asks again and again does so sparingly (`sparing.ts`).
 */
export async function readWaitingBuilds(client: Client, mission: string): Promise<string[]> {
  const waiting = new Map<string, ListedRun[]>();
  for await (const run of openRuns(
    client,
    `${anyRunsOf([mission])} AND ${DEPLOYMENT_VERSION_ATTRIBUTE} IS NULL`,
    1_000,
  )) {
    const version = stampedVersion(run);
    const first = waiting.get(version ?? '') ?? [];
    if (version !== undefined && first.length < ASKED_AT_MOST) waiting.set(version, [...first, run]);
  }
  const builds = new Set<string>();
  const groups = [...waiting.values()];
  for (let at = 0; at < groups.length; at += ASKED_AT_ONCE) {
    const asked = groups.slice(at, at + ASKED_AT_ONCE).map((runs) => buildOfFirst(client, runs));
    for (const build of await Promise.all(asked)) if (build !== undefined) builds.add(build);
  }
  return [...builds];
}

/** `undefined` for a run that no route started; a run whose stamp cannot be read here may wait for any version, so it is asked about by itself. */
function stampedVersion({ runId, memo, unreadable }: ListedRun): string | undefined {
  if (unreadable !== undefined) return `unreadable ${runId}`;
  return MEMO_STAMP in memo ? (readStamp(memo)?.version ?? 'of others') : undefined;
}

/** A run may have ended although the list still has it, or be pinned to nothing: then the next one tells. */
async function buildOfFirst(client: Client, runs: readonly ListedRun[]): Promise<string | undefined> {
  for (const { workflowId, runId } of runs) {
    const build = await waitingBuildId(client, { workflowId, runId });
    if (build !== undefined) return build;
  }
  return undefined;
}

function openRuns(client: Client, of: string, pageSize: number): AsyncGenerator<ListedRun> {
  const query = `${of} AND ExecutionStatus = 'Running'`;
  return listRunsWith(client, { query, pageSize, memo: (key) => key === MEMO_STAMP });
}
