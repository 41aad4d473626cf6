/** One measurement in a process of its own: `measure.ts <ours|checked|official> <folder> <recordings> <workers>`, JSON on the last line. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { missionDefinition } from '../../src/mission/definition.ts';
import { decodeRecordingContent } from '../../src/recording/content.ts';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import { type ReplaySource, replayCohort } from '../../src/replay/replay-cohort.ts';

const [kind = 'ours', folder = '.', recordings = '100', workers = '1'] = process.argv.slice(2);
const total = Number(recordings);

async function readSources(): Promise<ReplaySource[]> {
  const sources: ReplaySource[] = [];
  for (let index = 0; ; index += 1) {
    const summary = await readFile(join(folder, `${index}.json`), 'utf8').catch(() => undefined);
    if (summary === undefined) return sources;
    sources.push({ summary: JSON.parse(summary), content: await readFile(join(folder, `${index}.bin`)) });
  }
}

/** The same recordings over and over, under other ids: as many as asked for. */
async function* repeated(sources: readonly ReplaySource[]): AsyncGenerator<ReplaySource> {
  for (let index = 0; index < total; index += 1) {
    const { summary, content } = sources[index % sources.length] as ReplaySource;
    yield { summary: { ...summary, id: `${summary.id}/${index}` }, content };
  }
}

let peakRss = 0;
const watch = setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage().rss);
}, 50);

async function ours(checked: boolean): Promise<{ matched: number; firstMs: number }> {
  const code = await readFile(join(folder, 'bundle.js'), 'utf8');
  const definition = missionDefinition.parse(JSON.parse(await readFile(join(folder, 'definition.json'), 'utf8')));
  const candidate = { name: 'candidate', bundle: { code }, definition };
  const baseline = { ...candidate, name: 'baseline' };
  const options = {
    candidate,
    answers: answerPolicy.parse({}),
    limits: replayLimits.parse({}),
    secondOpinion: 0,
    workers: Number(workers),
  };
  const startedMs = performance.now();
  let [matched, firstMs] = [0, 0];
  const events = replayCohort(
    checked ? { ...options, baselineOf: async () => baseline } : options,
    repeated(await readSources()),
  );
  for await (const event of events) {
    if (firstMs === 0) firstMs = performance.now() - startedMs;
    if (event.kind === 'result' && event.result.outcome === 'matched') matched += 1;
  }
  return { matched, firstMs };
}

async function official(): Promise<{ matched: number; firstMs: number }> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const code = await readFile(join(folder, 'bundle.js'), 'utf8');
  const startedMs = performance.now();
  let [matched, firstMs] = [0, 0];
  const results = Worker.runReplayHistories({ workflowBundle: { code } }, histories(repeated(await readSources())));
  for await (const result of results) {
    if (firstMs === 0) firstMs = performance.now() - startedMs;
    if (result.error === undefined) matched += 1;
  }
  return { matched, firstMs };
}

async function* histories(sources: AsyncIterable<ReplaySource>) {
  for await (const { summary, content } of sources) {
    for (const history of decodeRecordingContent(content)) yield { workflowId: summary.workflowId, history };
  }
}

const startedMs = performance.now();
const { matched, firstMs } = kind === 'official' ? await official() : await ours(kind === 'checked');
const seconds = (performance.now() - startedMs) / 1_000;
clearInterval(watch);
console.log(
  JSON.stringify({
    kind,
    total,
    matched,
    seconds,
    perSecond: total / seconds,
    firstMs,
    peakRssMb: Math.round(peakRss / 2 ** 20),
  }),
);
