/** Which ended runs a Temporal server has, and their whole histories. */
import type { Client } from '@temporalio/client';
import { MissionError, messageOf } from '../shared/errors.ts';
import { grpcStatusOf } from '../temporal/grpc-status.ts';
import { pagesOfRuns } from '../temporal/listed-runs.ts';
import { previousLinkOf, successorOf } from './chain.ts';
import { decodePayloads } from './decode-payloads.ts';
import type { History } from './recording.ts';
import { validateHistory } from './validate-history.ts';

export interface RunRef {
  readonly workflowId: string;
  /** The latest run of the workflow when absent. */
  readonly runId?: string;
}

export interface EndedRunsFilter {
  /** Started at or after this instant, ISO 8601. */
  readonly since?: string | undefined;
  /** More conditions in Temporal's visibility query language. */
  readonly query?: string | undefined;
  readonly workflowIds?: readonly string[] | undefined;
}

/** A continued run is part of the run that it continues as, so it is not an end. */
const ENDED = ['Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut'];

/** The visibility query for ended runs. Pure. */
export function endedRunsQuery({ since, query, workflowIds }: EndedRunsFilter): string {
  const conditions = [`ExecutionStatus IN (${ENDED.map(quoted).join(', ')})`];
  if (since !== undefined) conditions.push(`StartTime >= ${quoted(since)}`);
  if (workflowIds !== undefined) conditions.push(`WorkflowId IN (${workflowIds.map(quoted).join(', ')})`);
  if (query !== undefined && query.trim() !== '') conditions.push(`(${query})`);
  return conditions.join(' AND ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const IDS_PER_QUERY = 50;

/**
 * Pages of ended runs, latest first.
 *
 * @throws MissionError `USAGE` when the server refuses the query, `TEMPORAL_UNAVAILABLE` when it does not answer.
 */
export async function* listEndedRuns(client: Client, filter: EndedRunsFilter): AsyncGenerator<readonly RunRef[]> {
  const { workflowIds } = filter;
  if (workflowIds === undefined || workflowIds.length <= IDS_PER_QUERY) {
    yield* listPages(client, endedRunsQuery(filter));
    return;
  }
  for (let at = 0; at < workflowIds.length; at += IDS_PER_QUERY) {
    yield* listPages(client, endedRunsQuery({ ...filter, workflowIds: workflowIds.slice(at, at + IDS_PER_QUERY) }));
  }
}

/**
 * Pages of the runs that a visibility query finds, ended or open, latest first.
 *
 * @throws MissionError `USAGE` when the server refuses the query, `TEMPORAL_UNAVAILABLE` when it does not answer.
 */
export async function* listPages(client: Client, query: string): AsyncGenerator<readonly RunRef[]> {
  for await (const page of pagesOfRuns(client, query)) {
    yield page.map(({ execution }) => ({
      workflowId: execution?.workflowId ?? '',
      runId: execution?.runId ?? '',
    }));
  }
}

/** A chain is at most this long; a longer one never ends, and is not what a recording is for. */
const LINKS_MAX = 1_000;

/**
 * The whole continue-as-new chain that a run is part of, first link first, each history complete.
 *
 * @throws MissionError `RUN_UNKNOWN` when a link is no longer kept by the server, `HISTORY_INVALID` when it is no history.
 */
export async function fetchChain(client: Client, run: RunRef): Promise<History[]> {
  const chain = [await fetchHistory(client, run.workflowId, run.runId)];
  for (let previous = linkBefore(chain); previous !== undefined; previous = linkBefore(chain)) {
    chain.unshift(await fetchHistory(client, run.workflowId, previous));
    checkLength(chain, run);
  }
  for (let next = linkAfter(chain); next !== undefined; next = linkAfter(chain)) {
    chain.push(await fetchHistory(client, run.workflowId, next));
    checkLength(chain, run);
  }
  return chain;
}

function linkBefore([first]: readonly History[]): string | undefined {
  return first === undefined ? undefined : previousLinkOf(first);
}

function linkAfter(chain: readonly History[]): string | undefined {
  const last = chain.at(-1);
  const next = last === undefined ? undefined : successorOf(last);
  return next?.kind === 'continue-as-new' ? next.runId : undefined;
}

function checkLength(chain: readonly History[], { workflowId }: RunRef): void {
  if (chain.length <= LINKS_MAX) return;
  throw new MissionError('HISTORY_INVALID', `Workflow "${workflowId}" continued itself more than ${LINKS_MAX} times.`, {
    remedy: 'Leave it out by a query, or record a shorter run of the same workflow.',
    details: { workflowId },
  });
}

/**
 * The whole history of one run, its payloads decoded as the client decodes them.
 *
 * @throws MissionError `RUN_UNKNOWN` when the server does not keep it any more, `HISTORY_INVALID` when it is no history.
 */
export async function fetchHistory(client: Client, workflowId: string, runId: string | undefined): Promise<History> {
  const where = runId === undefined ? workflowId : `${workflowId}/${runId}`;
  let history: History;
  try {
    history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  } catch (cause) {
    if (isOutage(cause)) throw outage(where, cause);
    throw new MissionError('RUN_UNKNOWN', `The history of run ${where} cannot be read: ${messageOf(cause)}.`, {
      remedy: 'Its retention may be over: record runs before Temporal deletes them, or restore it from an archive.',
      details: { workflowId, ...(runId !== undefined && { runId }) },
      cause,
    });
  }
  return decodePayloads(validateHistory(history, where), client.options.loadedDataConverter.payloadCodecs, where);
}

/** The server may well have it; this was no answer. */
function isOutage(error: unknown): boolean {
  const status = grpcStatusOf(error);
  return status === 'UNAVAILABLE' || status === 'DEADLINE_EXCEEDED' || status === 'UNAUTHENTICATED';
}

function outage(where: string, cause: unknown): MissionError {
  return new MissionError(
    'TEMPORAL_UNAVAILABLE',
    `The history of run ${where} cannot be read now: ${messageOf(cause)}.`,
    {
      remedy: 'Look whether the server is up and lets you in: mission doctor.',
      cause,
    },
  );
}
