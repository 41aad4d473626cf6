/**
 * Histories straight from a Temporal server, by a visibility query: ended runs, and runs that are still open.
 *
 * 1. Every run that the query finds comes out once: as a recording, within the chain of another one, or as a problem.
 * 2. A run comes with the links of its continue-as-new chain around it, {@link LINKS_MAX} at most on
 *    either side. Links that the server no
 *    longer keeps are missed; what is there can be replayed.
 * 3. As many runs are held as are fetched at once.
 */
import type { Client } from '@temporalio/client';
import { bounded } from './bounded.ts';
import { previousLinkOf, successorOf } from './chain.ts';
import { fetchHistory, listPages, type RunRef } from './ended-runs.ts';
import { runIdOf } from './history-events.ts';
import { type HistoryRead, unreadable } from './history-read.ts';
import type { History } from './recording.ts';

/** A workflow that continues itself for ever has any number of links. */
const LINKS_MAX = { before: 20, after: 30 };

export interface QueryOptions {
  /** Runs looked at, the latest first. @default all */
  readonly limit?: number | undefined;
  /** Runs fetched at once. @default 4 */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the runs that a query in Temporal's visibility language finds: `WorkflowType = 'order' AND ExecutionStatus =
 * 'Running'`.
 *
 * @returns runs and problems, as they come.
 * @throws MissionError `USAGE` when the server refuses the query, `TEMPORAL_UNAVAILABLE` when it does not answer.
 */
export async function* readQueriedHistories(
  client: Client,
  query: string,
  { limit, concurrency = 4, signal }: QueryOptions = {},
): AsyncGenerator<HistoryRead> {
  const seen = new Set<string>();
  const runs = listedRuns(client, query, limit ?? Number.POSITIVE_INFINITY, seen);
  for await (const { run, read } of bounded(runs, concurrency, (one) => fetchRun(client, one, seen))) {
    if (signal?.aborted) return;
    if (run.runId !== undefined && seen.has(run.runId)) continue;
    if ('histories' in read) for (const history of read.histories) seen.add(runIdOf(history));
    yield read;
  }
}

async function* listedRuns(
  client: Client,
  query: string,
  limit: number,
  seen: ReadonlySet<string>,
): AsyncGenerator<RunRef> {
  let left = limit;
  for await (const page of listPages(client, query)) {
    for (const run of page.slice(0, left)) if (run.runId === undefined || !seen.has(run.runId)) yield run;
    left -= Math.min(left, page.length);
    if (left === 0) return;
  }
}

async function fetchRun(client: Client, run: RunRef, seen: ReadonlySet<string>) {
  const { workflowId, runId } = run;
  const where = runId === undefined ? workflowId : `${workflowId}/${runId}`;
  try {
    const history = await fetchHistory(client, workflowId, runId);
    return { run, read: { where, histories: await withNeighbours(client, workflowId, history, seen) } };
  } catch (error) {
    return { run, read: unreadable(where, error) };
  }
}

async function withNeighbours(
  client: Client,
  workflowId: string,
  history: History,
  seen: ReadonlySet<string>,
): Promise<History[]> {
  const fetchLink = (runId: string | undefined) => {
    if (runId === undefined || seen.has(runId)) return undefined;
    return fetchHistory(client, workflowId, runId).catch(() => undefined);
  };
  const before = await follow(history, LINKS_MAX.before, (link) => fetchLink(previousLinkOf(link)));
  const after = await follow(history, LINKS_MAX.after, (link) => fetchLink(nextLinkOf(link)));
  return [...before.reverse(), history, ...after];
}

function nextLinkOf(history: History): string | undefined {
  const next = successorOf(history);
  return next?.kind === 'continue-as-new' ? next.runId : undefined;
}

/** From link to link in one direction, until there is none or the limit is reached. */
async function follow(
  from: History,
  limit: number,
  step: (link: History) => Promise<History | undefined> | undefined,
): Promise<History[]> {
  const links: History[] = [];
  for (let link = await step(from); link !== undefined; link = await step(link)) {
    links.push(link);
    if (links.length === limit) break;
  }
  return links;
}
