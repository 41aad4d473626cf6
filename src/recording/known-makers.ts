/** Whether the registry knows every version that made a run of a mission: only then is it known what has to be redacted in it. */
import { missionOfTaskQueue } from '../routing/placement.ts';
import { MissionError } from '../shared/errors.ts';
import { deployedBuilds } from './deployed-builds.ts';
import type { Maker } from './find-makers.ts';
import { startedOf } from './history-events.ts';
import type { History } from './recording.ts';

/**
 * `nobody` took part in a run of a mission that ended before a worker took it on, and that no route started: nothing was decided in it.
 * Of plain Temporal workflows nothing is declared, so that nothing is unknown.
 *
 * @throws MissionError `ARTIFACT_UNKNOWN` when a build took part that is none of this registry's versions.
 */
export function knownMakers(histories: readonly History[], makers: readonly Maker[]): 'all' | 'nobody' {
  const [first] = histories;
  const { workflowId, taskQueue } = first === undefined ? {} : startedOf(first);
  const mission = missionOfTaskQueue(taskQueue?.name ?? '');
  if (mission === undefined) return 'all';
  const builds = deployedBuilds(histories).length;
  if (makers.length >= builds) return makers.length === 0 ? 'nobody' : 'all';
  throw new MissionError(
    'ARTIFACT_UNKNOWN',
    `A version of ${mission} that this registry does not know made run ${workflowId}.`,
    {
      remedy:
        'It is not stored: what has to be redacted in it is not known. If versions are missing here, restore the registry; a run of another registry is recorded there.',
      details: { mission, workflowId: workflowId ?? '' },
    },
  );
}
