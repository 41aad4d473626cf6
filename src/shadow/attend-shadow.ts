/**
 * One look at one shadow run: it is started, told what its real run was told, ended when nothing more can come, or counted.
 * Every look may be the first or be made again: what is done already is not done twice.
 */
import type { Client } from '@temporalio/client';
import { MEMO_DECISION_PREFIX } from '../mission/wire.ts';
import { findMakers } from '../recording/find-makers.ts';
import { eventTimeMs } from '../recording/history-events.ts';
import { redactByAll } from '../recording/maker-schemas.ts';
import { runEndOf } from '../recording/run-end.ts';
import { readQuestion } from '../recording/wire-schema.ts';
import type { ShadowRun } from '../registry/shadows.ts';
import type { History } from '../replay/proto.ts';
import { formatDuration } from '../shared/duration.ts';
import type { Json } from '../shared/json.ts';
import { comparePair } from './compare-pair.ts';
import { outsideNews } from './outside-news.ts';
import { readChain } from './read-chain.ts';
import { excluded, type ShadowFinding } from './shadow-finding.ts';
import type { ShadowRegistry } from './shadow-registry.ts';
import { tellShadow } from './tell-shadow.ts';

export interface AttendOptions {
  readonly client: Client;
  readonly registry: Pick<ShadowRegistry, 'artifacts' | 'versions' | 'interventions' | 'deployments'>;
  /** The secret of `loadRedactionKey`: what is kept of a comparison is redacted as recordings are. */
  readonly redactionKey: Uint8Array;
  /** How long after its real run a shadow may go on, in milliseconds. */
  readonly lateMs: number;
  readonly now: Date;
}

/** @returns what was found, once both are at their ends; `undefined` while there is more to come */
export async function attendShadow(options: AttendOptions, run: ShadowRun): Promise<ShadowFinding | undefined> {
  const pair = await fetchPair(options.client, run);
  if (pair === undefined) return excluded('a history is gone: the server kept it too short');
  const [primary, shadow] = [isOver(pair.primary), isOver(pair.shadow)];
  if (primary && shadow) return judge(options, run, pair);
  if (!shadow) await tellNews(options, run, pair);
  return undefined;
}

interface Pair {
  readonly primary: readonly History[];
  readonly shadow: readonly History[];
}

async function fetchPair(client: Client, run: ShadowRun): Promise<Pair | undefined> {
  const [primary, shadow] = await Promise.all([
    readChain(client, { workflowId: run.primaryWorkflowId, runId: run.primaryRunId }),
    readChain(client, { workflowId: run.workflowId }),
  ]);
  return primary && shadow && { primary, shadow };
}

function isOver(chain: readonly History[]): boolean {
  const last = chain.at(-1);
  return last !== undefined && runEndOf(last).status !== 'open';
}

async function tellNews({ client, lateMs, now }: AttendOptions, { workflowId }: ShadowRun, pair: Pair): Promise<void> {
  const { memo = {} } = await client.workflow.getHandle(workflowId).describe();
  const questions = Object.entries(memo)
    .filter(([key]) => key.startsWith(MEMO_DECISION_PREFIX))
    .flatMap(([, value]) => readQuestion(value as Json | undefined) ?? []);
  const news = outsideNews({ ...pair, questions });
  for (const one of news) await tellShadow(client, workflowId, one);
  const endedMs = isOver(pair.primary) ? endedAtMs(pair.primary) : undefined;
  if (endedMs === undefined || now.getTime() - endedMs < lateMs || news.some(({ kind }) => kind === 'stop')) return;
  const reason = `it was still open ${formatDuration(lateMs)} after the real run's end`;
  await tellShadow(client, workflowId, { kind: 'stop', stopped: { kind: 'late', step: '', reason } });
}

function endedAtMs(chain: readonly History[]): number {
  const last = chain.at(-1)?.events?.at(-1);
  return last === undefined ? 0 : eventTimeMs(last);
}

async function judge(options: AttendOptions, run: ShadowRun, pair: Pair): Promise<ShadowFinding> {
  const { registry, redactionKey } = options;
  const maker = (await findMakers(registry, pair.primary)).at(-1);
  if (maker !== undefined && maker.artifact !== run.primaryArtifact) {
    return excluded('the real run was moved to another version');
  }
  const [candidate, primary] = await Promise.all(
    [run.artifact, run.primaryArtifact].map(async (digest) => (await registry.artifacts.manifest(digest)).definition),
  );
  if (candidate === undefined || primary === undefined) return excluded('a definition is gone');
  const redact = (chain: readonly History[]) => redactByAll(chain, redactionKey, [primary, candidate]);
  return comparePair({
    primary: redact(pair.primary),
    shadow: redact(pair.shadow),
    definitions: { candidate, primary },
  });
}
