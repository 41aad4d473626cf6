/** Which versions made a run, by its stamp, its builds and the ledger. */
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { MEMO_STAMP } from '../../src/mission/wire.ts';
import { findMakers, type MakerLedger } from '../../src/recording/find-makers.ts';
import type { History } from '../../src/recording/recording.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { buildIdOf } from '../../src/temporal/worker-deployments.ts';

const [first, second] = [digestOf('first'), digestOf('second')];
const makers = [first, second].map((artifact, index) => ({ mission: 'orders', version: index + 1, artifact }));

/** Two versions; the mission's deployment has a prefix, so that another registry's has another. */
const ledger = {
  versions: { list: async () => makers.map(({ version, artifact }) => ({ number: version, artifact })) },
  interventions: { list: async () => [] },
  deployments: { nameOf: async () => 'production/orders' },
} as unknown as MakerLedger;

/** A run that a route started on version 1, and these builds took on. */
function run(...builds: readonly [deployment: string, artifact: string][]): readonly History[] {
  const stamp = { mission: 'orders', version: 'orders@1', artifact: first, reason: 'weight', revision: 1 };
  const memo = { fields: { [MEMO_STAMP]: defaultPayloadConverter.toPayload(stamp) } };
  const tasks = builds.map(([deploymentName, artifact]) => ({
    workflowTaskCompletedEventAttributes: { deploymentVersion: { deploymentName, buildId: buildIdOf(artifact) } },
  }));
  return [{ events: [{ workflowExecutionStartedEventAttributes: { workflowId: 'order-1', memo } }, ...tasks] }];
}

describe('the makers of a run that was stamped', () => {
  it.each([
    ['no build but that of its stamp', run(['production/orders', first]), [makers[0]]],
    ['no build at all', run(), [makers[0]]],
    ['a build that it was moved to', run(['production/orders', first], ['production/orders', second]), makers],
    ['a build of another registry’s deployment, of the same artifact', run(['staging/orders', first]), []],
    ['such a build after its own', run(['production/orders', first], ['staging/orders', second]), [makers[0]]],
  ])('are told by %s', async (_, histories, expected) => {
    expect(await findMakers(ledger, histories)).toEqual(expected);
  });
});
