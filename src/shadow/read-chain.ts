/** The histories of a run as they are now: open or ended, and also before its first task was begun. */
import type { Client } from '@temporalio/client';
import { previousLinkOf, successorOf } from '../recording/chain.ts';
import { decodePayloads } from '../recording/decode-payloads.ts';
import type { History } from '../replay/proto.ts';
import { grpcStatusOf } from '../temporal/grpc-status.ts';

export interface ChainRef {
  readonly workflowId: string;
  /** Of any link. The latest one when absent. */
  readonly runId?: string;
}

/**
 * The whole continue-as-new chain, first link first, its payloads decoded as the client decodes them.
 *
 * @returns `undefined` when the server does not keep it any more
 * @throws what the client throws when the server does not answer.
 */
export async function readChain(
  client: Client,
  { workflowId, runId }: ChainRef,
): Promise<readonly History[] | undefined> {
  try {
    const chain = [await readLink(client, workflowId, runId)];
    for (let previous = linkBefore(chain); previous !== undefined; previous = linkBefore(chain)) {
      chain.unshift(await readLink(client, workflowId, previous));
    }
    for (let next = linkAfter(chain); next !== undefined; next = linkAfter(chain)) {
      chain.push(await readLink(client, workflowId, next));
    }
    return chain;
  } catch (error) {
    if (grpcStatusOf(error) === 'NOT_FOUND' || (error as Error).name === 'WorkflowNotFoundError') return undefined;
    throw error;
  }
}

async function readLink(client: Client, workflowId: string, runId: string | undefined): Promise<History> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return decodePayloads(history, client.options.loadedDataConverter.payloadCodecs, workflowId);
}

function linkBefore([first]: readonly History[]): string | undefined {
  return first && previousLinkOf(first);
}

function linkAfter(chain: readonly History[]): string | undefined {
  const last = chain.at(-1);
  const next = last && successorOf(last);
  return next?.kind === 'continue-as-new' ? next.runId : undefined;
}
