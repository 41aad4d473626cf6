/**
 * A process that starts runs all the time: `router-process.ts <database URL> <Temporal address> <mission> <starts per second>`.
 * Of each start that the server took, it tells its parent when (milliseconds since the epoch) and on which version; of each
 * revision of the route, when it was in force here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createMissionClient } from '../../src/client/mission-client.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';

export interface AcceptedStart {
  readonly version: string;
  readonly atMs: number;
}

export interface RevisionInForce {
  readonly revision: number;
  /** Of the system's clock, as revisions are dated. */
  readonly atMs: number;
}

const AT_ONCE = 4;

const [databaseUrl, address = '', mission = '', rate = '10'] = process.argv.slice(2);
const client = await createMissionClient({
  databaseUrl,
  temporal: { address, env: {} },
  onEvent: (event) => {
    if (event.kind === 'changed') process.send?.({ revision: event.revision, atMs: Date.now() });
  },
});
const requests = generateRequests(process.pid, 500);
let sequence = 0;
let isStopping = false;
process.once('disconnect', () => {
  isStopping = true;
});

/** One start, then a pause of its share of the rate. */
async function startAgainAndAgain(): Promise<void> {
  while (!isStopping) {
    sequence += 1;
    const dueMs = performance.now() + (AT_ONCE * 1_000) / Number(rate);
    const input = requests[sequence % requests.length] as never;
    const run = await client.mission(mission).start(input, { workflowId: `router-${process.pid}-${sequence}` });
    if (!isStopping) process.send?.({ version: run.version, atMs: performance.timeOrigin + performance.now() });
    await delay(Math.max(0, dueMs - performance.now()));
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, startAgainAndAgain));
await client.close();
