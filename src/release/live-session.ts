/** All that one replay asks anew: of several versions, under one budget, with answers that outlast it. */
import type { Artifact } from '../artifact/artifact.ts';
import { loadActivities } from '../artifact/load-activities.ts';
import type { LiveUse } from '../compare/report.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import type { Registry } from '../registry/registry.ts';
import type { LiveAnswers } from '../replay/live-answers.ts';
import { digestOf } from '../shared/digest.ts';
import { createAnswerCache } from './answer-cache.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { liveAnswersOf } from './live-answers.ts';
import { createLiveMeter } from './live-meter.ts';

export interface LiveSession {
  /**
   * The answers that this version's own activities give.
   *
   * @throws MissionError `ARTIFACT_LOAD_FAILED`
   */
  answersOf(artifact: Artifact): Promise<LiveAnswers>;
  use(): LiveUse;
}

export interface SessionOptions {
  /** Where answers outlast the replay. @default nowhere: the next replay asks again */
  readonly registry?: Pick<Registry, 'answers'> | undefined;
  readonly policy: ReplayPolicy;
  readonly signal?: AbortSignal | undefined;
}

/** Whether a policy lets anything be asked anew. */
export function asksAnew({ answers }: ReplayPolicy): boolean {
  return answers.model === 'live' || answers.read === 'live';
}

export function openLiveSession({ registry, policy, signal }: SessionOptions): LiveSession {
  const { limits, prices } = policy;
  const meter = createLiveMeter({ limits, prices });
  const concurrency = createConcurrencyLimit(limits.liveConcurrency);
  return {
    async answersOf(artifact) {
      const { definition, code } = artifact;
      const activities = await loadActivities(artifact);
      const answers = registry?.answers;
      const cache = answers && createAnswerCache({ answers, definition, code: digestOf(code.activity) });
      return liveAnswersOf({ activities, definition, limits, cache, meter, concurrency, signal });
    },
    use: () => meter.use(),
  };
}
