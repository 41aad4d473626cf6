/**
 * Runs as the server lists them. Others may be there, and what is written on theirs may be encrypted with keys that are not here: a
 * run that cannot be read is listed, says why, and holds up no other.
 */
import type { Client, RawWorkflowExecutionInfo } from '@temporalio/client';
import { decodeSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes.js';
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { optionalTsToDate, tsToDate } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { asError, MissionError, messageOf } from '../shared/errors.ts';
import { grpcStatusOf } from './grpc-status.ts';

export interface ListedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly taskQueue: string;
  /** `RUNNING`, `COMPLETED`, … */
  readonly status: { readonly name: string };
  readonly startTime: Date;
  readonly closeTime?: Date | undefined;
  /** Of the entries that were asked for, those that can be read here. */
  readonly memo: Readonly<Record<string, unknown>>;
  /** Why another one of them cannot: most often `ENCRYPTION_KEY_MISSING`. */
  readonly unreadable?: Error;
  /** The server's own among them; they are never encrypted. */
  readonly searchAttributes: Readonly<Record<string, unknown>>;
}

/** What of a run is of interest. */
export interface ListedRunsOptions {
  /** In Temporal's visibility query language. */
  readonly query: string;
  /** Which entries of its memo; the others are not even decoded. */
  readonly memo: (key: string) => boolean;
  /** @default 200 */
  readonly pageSize?: number;
}

/**
 * The runs that a query finds, the newest first. The server's list is a second or so behind.
 *
 * @throws MissionError `USAGE` when the server refuses the query, `TEMPORAL_UNAVAILABLE` when it does not answer.
 */
export async function* listRunsWith(client: Client, options: ListedRunsOptions): AsyncGenerator<ListedRun> {
  for await (const page of pagesOfRuns(client, options.query, options.pageSize)) {
    for (const raw of page) yield await readListed(client, raw, options.memo);
  }
}

const PAGE = 200;

/**
 * The same page by page, as the server gives them.
 *
 * @throws MissionError `USAGE` when the server refuses the query, `TEMPORAL_UNAVAILABLE` when it does not answer.
 */
export async function* pagesOfRuns(
  { options: { namespace }, workflowService }: Client,
  query: string,
  pageSize = PAGE,
): AsyncGenerator<readonly RawWorkflowExecutionInfo[]> {
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await workflowService
      .listWorkflowExecutions({ namespace, query, pageSize, nextPageToken })
      .catch((cause: unknown) => {
        throw unlisted(query, namespace, cause);
      });
    yield page.executions;
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
}

function unlisted(query: string, namespace: string, cause: unknown): MissionError {
  const refused = grpcStatusOf(cause) === 'INVALID_ARGUMENT';
  return new MissionError(
    refused ? 'USAGE' : 'TEMPORAL_UNAVAILABLE',
    `Runs could not be listed: ${messageOf(cause)}.`,
    {
      remedy: `Check ${refused ? '' : 'the connection, and '}the query: ${query}`,
      details: { query, namespace },
      cause,
    },
  );
}

const { WorkflowExecutionStatus } = proto.temporal.api.enums.v1;
const STATUS_PREFIX = 'WORKFLOW_EXECUTION_STATUS_';
/** As the SDK spells it. */
const SPELLED: Readonly<Record<string, string>> = { CANCELED: 'CANCELLED' };

function statusName(status: RawWorkflowExecutionInfo['status']): string {
  const name = (WorkflowExecutionStatus[status ?? 0] ?? '').slice(STATUS_PREFIX.length);
  return SPELLED[name] ?? name;
}

async function readListed(
  { options }: Client,
  raw: RawWorkflowExecutionInfo,
  isWanted: (key: string) => boolean,
): Promise<ListedRun> {
  const memo: Record<string, unknown> = {};
  let unreadable: Error | undefined;
  for (const [key, payload] of Object.entries(raw.memo?.fields ?? {}).filter(([key]) => isWanted(key))) {
    try {
      memo[key] = await decodeOptionalSinglePayload(options.loadedDataConverter, payload);
    } catch (error) {
      unreadable ??= asError(error);
    }
  }
  const { execution, type, taskQueue, status, startTime, closeTime, searchAttributes } = raw;
  return {
    workflowId: execution?.workflowId ?? '',
    runId: execution?.runId ?? '',
    type: type?.name ?? '',
    taskQueue: taskQueue ?? '',
    status: { name: statusName(status) },
    startTime: tsToDate(startTime ?? {}),
    closeTime: optionalTsToDate(closeTime),
    memo,
    ...(unreadable !== undefined && { unreadable }),
    searchAttributes: decodeSearchAttributes(searchAttributes?.indexedFields),
  };
}
