/** Of which runs it is known what has to be redacted. */
import { describe, expect, it } from 'vitest';
import type { Maker } from '../../src/recording/find-makers.ts';
import { knownMakers } from '../../src/recording/known-makers.ts';
import type { History } from '../../src/recording/recording.ts';

const maker: Maker = { mission: 'orders', version: 1, artifact: 'sha256:a' };

/** A run on a task queue, in which these builds completed a task each. */
function run(queue: string, ...builds: readonly string[]): readonly History[] {
  const started = { workflowId: 'order-1', taskQueue: { name: queue } };
  const tasks = builds.map((buildId) => ({
    workflowTaskCompletedEventAttributes: { deploymentVersion: { deploymentName: 'orders', buildId } },
  }));
  return [{ events: [{ workflowExecutionStartedEventAttributes: started }, ...tasks] }];
}

describe('the makers of a run', () => {
  it.each([
    ['of one version', run('mission/orders', 'a'), [maker], 'all'],
    [
      'that was moved between known versions, and back',
      run('mission/orders', 'a', 'b', 'a'),
      [maker, maker, maker],
      'all',
    ],
    ['that a route started and no worker took on', run('mission/orders'), [maker], 'all'],
    ['that somebody else started and no worker took on', run('mission/orders'), [], 'nobody'],
    ['of plain Temporal', run('orders', 'a'), [], 'all'],
  ])('%s', (_what, histories, makers, known) => {
    expect(knownMakers(histories, makers)).toBe(known);
  });

  it.each([
    ['of another registry', run('mission/orders', 'a'), []],
    ['that went on as a version that is not here', run('mission/orders', 'a', 'b'), [maker]],
  ])('are not all known of a run %s', (_what, histories, makers) => {
    expect(() => knownMakers(histories, makers)).toThrow(expect.objectContaining({ code: 'ARTIFACT_UNKNOWN' }));
  });
});
