/**
 * A process that starts runs, to be killed. It is told which orders to start; what cannot be started for now it tries again
 * under the same workflow id, as a program that must not lose an order would.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createMissionClient } from '../../src/client/mission-client.ts';
import { bounded } from '../../src/recording/bounded.ts';
import { isMissionError } from '../../src/shared/errors.ts';

export interface RouterSetup {
  readonly databaseUrl: string;
  readonly address: string;
  readonly mission: string;
  /** Where the tools act. */
  readonly folder: string;
  /** Of the workflow ids. */
  readonly prefix: string;
}

export type RouterOrder =
  | { readonly start: { readonly from: number; readonly to: number } }
  | { readonly tell: 'freshness' };

/** A run that is there, started by this process or by another before it. */
export interface RunStarted {
  readonly workflowId: string;
  readonly runId: string;
  readonly version: string;
  readonly started: boolean;
  readonly stale: boolean;
}

export type RouterWord = 'ready' | 'done' | { readonly freshness: string | undefined } | { readonly run: RunStarted };

const AT_ONCE = 8;
const RETRY_MS = 200;
const PASSING = ['TEMPORAL_UNAVAILABLE', 'REGISTRY_UNAVAILABLE'];

const { databaseUrl, address, mission, folder, prefix }: RouterSetup = JSON.parse(process.env['SHOP_ROUTER'] ?? '{}');
// Longer than any outage of a test on a slow machine.
const client = await createMissionClient({ databaseUrl, temporal: { address, env: {} }, staleMs: 600_000 });
const shop = client.mission(mission);

process.on('message', (order: RouterOrder) => void obey(order));
say('ready');

async function obey(order: RouterOrder): Promise<void> {
  if ('tell' in order) return say({ freshness: client.router.missions()[0]?.freshness });
  for await (const run of bounded(range(order.start), AT_ONCE, startOrder)) say({ run });
  say('done');
}

async function* range({ from, to }: { readonly from: number; readonly to: number }): AsyncGenerator<number> {
  for (let index = from; index < to; index += 1) yield index;
}

async function startOrder(index: number): Promise<RunStarted> {
  const order = `${prefix}-${index}`;
  for (;;) {
    try {
      const run = await shop.start({ order, folder }, { workflowId: order });
      const { workflowId, version, started, stale } = run;
      return { workflowId, runId: run.runId ?? '', version, started, stale: stale !== undefined };
    } catch (error) {
      if (!isMissionError(error) || !PASSING.includes(error.code)) throw error;
      await delay(RETRY_MS);
    }
  }
}

function say(word: RouterWord): void {
  process.send?.(word);
}
