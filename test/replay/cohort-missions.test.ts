/** Cohorts of a mission: neither the order of the recordings nor the number of processes shows in the report. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { renderJson } from '../../src/compare/render/json.ts';
import { buildReport } from '../../src/compare/report-builder.ts';
import { encodeRecordingContent } from '../../src/recording/content.ts';
import { type ReplaySource, type ReplayTarget, replayCohort } from '../../src/replay/replay-cohort.ts';
import { sampleEnding, sampleSubject } from '../support/sample-report.ts';
import { CLERK, CLERK_WORKFLOW, clerk } from './missions/clerk.ts';
import { answerQuestions, buildMission, lenient, recordMission } from './missions/lab.ts';

async function targetOf(name: string, artifact: Artifact): Promise<ReplayTarget> {
  return { name, bundle: await linkWorkflowBundle(artifact), definition: artifact.definition };
}

async function* streamOf(sources: readonly ReplaySource[]): AsyncGenerator<ReplaySource> {
  yield* sources;
}

describe('a candidate of a mission that changes outcomes', () => {
  let sources: readonly ReplaySource[];
  let baseline: ReplayTarget;
  let candidate: ReplayTarget;

  beforeAll(async () => {
    const made = await buildMission(CLERK, clerk);
    const edit = [
      CLERK_WORKFLOW,
      'soon.option, soon.by, fine.option',
      "fine.option === 'no' ? 'never' : 'now', soon.by, fine.option",
    ] as const;
    baseline = await targetOf('baseline', made);
    candidate = await targetOf('candidate', await buildMission(CLERK, clerk, [edit]));
    const wanted = ['a', 'b', 'c', 'd', 'e', 'f'].map((text, index) => ({
      input: { text },
      drive: answerQuestions(index % 2 === 0 ? 'yes' : 'no', ({ name }) => name === 'fine'),
    }));
    const inputs = await recordMission(inject('temporalAddress'), made, wanted);
    sources = inputs.map(({ summary, histories }) => ({ summary, content: encodeRecordingContent(histories) }));
  });

  /** The report's bytes, with the time that each replay took left out. */
  async function reportOf(given: readonly ReplaySource[], workers: number): Promise<string> {
    const { answers, limits } = lenient;
    const options = { candidate, baselineOf: async () => baseline, answers, limits, secondOpinion: 2, workers };
    const results: ReplayResult[] = [];
    for await (const event of replayCohort(options, streamOf(given))) {
      if (event.kind === 'result') results.push({ ...event.result, durationMs: 0 });
    }
    expect(results).toHaveLength(given.length);
    return renderJson(buildReport(sampleSubject, results, [], sampleEnding));
  }

  it('has a report of the same bytes, whatever the order and the number of processes', async () => {
    const first = await reportOf(sources, 1);
    expect(JSON.parse(first)).toMatchObject({ counts: { outcomes: { changed: 6 } } });
    for (const workers of [1, 2, 3]) {
      const [given] = fc.sample(fc.shuffledSubarray([...sources], { minLength: sources.length }), 1);
      expect(await reportOf(given ?? [], workers)).toBe(first);
    }
  }, 180_000);
});
