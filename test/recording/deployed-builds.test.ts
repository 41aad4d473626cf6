import { expect, it } from 'vitest';
import { deployedBuilds } from '../../src/recording/deployed-builds.ts';
import type { History } from '../../src/recording/recording.ts';

/** A history whose workflow tasks were done by these builds; an empty text is a worker without one. */
function decidedBy(...builds: readonly string[]): History {
  const events = builds.map((buildId) => ({
    workflowTaskCompletedEventAttributes: buildId === '' ? {} : { deploymentVersion: { deploymentName: 'd', buildId } },
  }));
  return { events } as History;
}

it.each<[string, readonly History[], readonly string[]]>([
  ['a run of one build', [decidedBy('a', 'a')], ['a']],
  ['a run that was moved', [decidedBy('a', 'b', 'b')], ['a', 'b']],
  ['a run that came back', [decidedBy('a', 'b', 'a')], ['a', 'b', 'a']],
  ['a run that went on as another version', [decidedBy('a'), decidedBy('b', 'b')], ['a', 'b']],
  ['a run that went on as the same', [decidedBy('a'), decidedBy('a')], ['a']],
  ['workers without a deployment', [decidedBy('', '')], []],
])('%s has the builds that took over, in order', (_, histories, builds) => {
  expect(deployedBuilds(histories).map(({ buildId }) => buildId)).toEqual(builds);
});
