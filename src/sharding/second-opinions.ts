/** Temporal's own replayer about a sample of a cohort that was replayed elsewhere. */
import type { CohortJob, JudgedRecording, JudgedResult } from '../release/judge-recordings.ts';
import { targetOf } from '../release/maker-targets.ts';
import { OfficialReplayer } from '../replay/official-replayer.ts';
import { SampledOpinions } from '../replay/sampled-opinions.ts';
import { stoppingBy } from '../replay/stopping.ts';
import { asksAll } from './shard-plan.ts';

/** The same recordings, with opinions on those that a replay in one process would ask about. */
export async function* askSecondOpinions(
  job: CohortJob,
  judged: AsyncIterable<JudgedRecording>,
): AsyncGenerator<JudgedRecording> {
  const { secondOpinion } = job.policy;
  const opinions = new SampledOpinions<JudgedRecording>(asksAll(job.policy) ? 0 : secondOpinion);
  for await (const one of judged) {
    yield* opinions.offer(one, one.kind === 'judged' ? one.result : undefined);
  }
  yield* ask(
    job,
    opinions.take().filter((one) => one.kind === 'judged'),
  );
}

async function* ask(job: CohortJob, sample: readonly JudgedResult[]): AsyncGenerator<JudgedResult> {
  if (sample.length === 0) return;
  const waiting = new Map(sample.map((one) => [one.result.recording.id, one]));
  const stopping = stoppingBy(job.signal);
  const { bundle } = await targetOf(job.candidateName, job.candidate);
  const replayer = new OfficialReplayer(bundle.code, job.policy.limits);
  try {
    for await (const { summary, content } of job.again(new Set(waiting.keys()))) {
      const one = waiting.get(summary.id);
      if (one === undefined || stopping.isStopped) break;
      const official = await stopping.orStop(replayer.ask(content, summary.workflowId));
      if (official === undefined) break;
      waiting.delete(summary.id);
      yield { ...one, result: { ...one.result, official } };
    }
    // What was not asked about any more counts all the same.
    yield* waiting.values();
  } finally {
    stopping.end();
    await replayer.close();
  }
}
