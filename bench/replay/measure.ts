/** A process that measures: `measure.ts <Asked as JSON>`; says Measured as JSON on its last line. Modules are loaded before the clock starts. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { createReportBuilder } from '../../src/compare/report-builder.ts';
import { evaluateGate } from '../../src/gate/evaluate-gate.ts';
import { parsePolicy } from '../../src/gate/parse-policy.ts';
import { missionDefinition } from '../../src/mission/definition.ts';
import { decodeRecordingContent } from '../../src/recording/content.ts';
import { readHistoryFiles } from '../../src/recording/history-files.ts';
import { replayRecordings } from '../../src/release/replay-recordings.ts';
import { type ReplayEvent, type ReplaySource, replayCohort } from '../../src/replay/replay-cohort.ts';
import type { Asked, Measured } from './measured.ts';
import { followChildren, taken } from './taken.ts';

const asked = JSON.parse(process.argv[2] ?? '') as Asked;
const { way, series, total, workers, share } = asked;
const { folder } = series;
const mine = Math.floor((total - share.index + share.of - 1) / share.of);

/** One `true` per history that replays as it was recorded. */
type Outcomes = AsyncGenerator<boolean>;

async function* official(): Outcomes {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const code = await readFile(join(folder, 'bundle.js'), 'utf8');
  const histories = series.kind === 'stored' ? storedHistories() : exportedHistories();
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { code } }, histories)) {
    yield error === undefined;
  }
}

async function* storedHistories() {
  for await (const { summary, content } of storedSources()) {
    for (const history of decodeRecordingContent(content)) yield { workflowId: summary.workflowId, history };
  }
}

/** As Temporal's documentation reads exports: the parsed JSON. */
async function* exportedHistories() {
  const names = (await readdir(join(folder, 'histories'))).sort().slice(0, total);
  for (const [index, name] of names.entries()) {
    if (index % share.of !== share.index) continue;
    const history: unknown = JSON.parse(await readFile(join(folder, 'histories', name), 'utf8'));
    yield { workflowId: name, history };
  }
}

/** The distinct ones over and over, each under an id of its own. */
async function* storedSources(): AsyncGenerator<ReplaySource> {
  const distinct = (await readdir(folder)).filter((name) => name.endsWith('.bin')).length;
  const kept = new Map<number, ReplaySource>();
  for (let index = share.index; index < total; index += share.of) {
    const source = kept.get(index % distinct) ?? (await readStored(index % distinct));
    if (!asked.fromDisk) kept.set(index % distinct, source);
    yield { ...source, summary: { ...source.summary, id: `${source.summary.id}/${index}` } };
  }
}

async function readStored(index: number): Promise<ReplaySource> {
  const [summary, content] = await Promise.all([
    readFile(join(folder, `${index}.json`), 'utf8'),
    readFile(join(folder, `${index}.bin`)),
  ]);
  return { summary: JSON.parse(summary) as ReplaySource['summary'], content };
}

/** As `mission replay` does it, the report included. */
async function* ours(): Outcomes {
  const policy = parsePolicy({ secondOpinion: 0 }, 'The policy');
  const builder = createReportBuilder({
    mission: 'bench',
    baseline: { name: 'baseline', artifact: 'baseline' },
    candidate: { name: 'candidate', artifact: 'candidate' },
    policy: { digest: '', value: null },
    changes: [],
  });
  for await (const event of await eventsOf(policy)) {
    if (event.kind === 'excluded') builder.exclude(event.excluded);
    else builder.add(event.result);
    yield event.kind === 'result' && isMatched(event.result);
  }
  const cohort = { digest: '', recordings: mine, selection: 'bench' };
  builder.finish({ createdAt: '', cohort, judge: (facts) => evaluateGate(facts, policy) });
}

function isMatched({ outcome, steps }: ReplayResult): boolean {
  return outcome === 'matched' && steps.length === 0;
}

async function eventsOf(policy: ReturnType<typeof parsePolicy>): Promise<AsyncIterable<ReplayEvent>> {
  const code = await readFile(join(folder, 'bundle.js'), 'utf8');
  if (series.kind === 'exported') {
    const bundle = { bundle: { code } } as Parameters<typeof replayRecordings>[0]['candidate'];
    const options = { candidate: bundle, policy: { secondOpinion: 0 }, workers };
    return replayRecordings(way === 'checked' ? { ...options, baseline: bundle } : options, firstFiles());
  }
  const definition = missionDefinition.parse(JSON.parse(await readFile(join(folder, 'definition.json'), 'utf8')));
  const candidate = { name: 'candidate', bundle: { code }, definition };
  const baseline = { ...candidate, name: 'baseline' };
  const { answers, limits } = policy;
  const options = { candidate, answers, limits, secondOpinion: 0, workers };
  return replayCohort(way === 'checked' ? { ...options, baselineOf: async () => baseline } : options, storedSources());
}

async function* firstFiles() {
  let count = 0;
  for await (const read of readHistoryFiles(join(folder, 'histories'))) {
    yield read;
    count += 1;
    if (count === total) return;
  }
}

const MB = 2 ** 20;
const rss: number[] = [];
followChildren();
const sampling = setInterval(() => rss.push(taken().rssBytes), 100);

const beganMs = Date.now();
const { cpuMs: cpu } = taken();
let [matched, done, firstMs, warmFromMs] = [0, 0, 0, 0];
const warmFrom = Math.floor(mine / 4);
let warmCpu = cpu;
for await (const isAsRecorded of way === 'official' ? official() : ours()) {
  done += 1;
  if (isAsRecorded) matched += 1;
  if (done === 1) firstMs = Date.now() - beganMs;
  if (done === warmFrom) {
    warmFromMs = Date.now();
    warmCpu = taken().cpuMs;
  }
}
const endedMs = Date.now();
const { cpuMs: usedCpu } = taken();
clearInterval(sampling);
const late = rss.slice(Math.floor(rss.length / 2)).sort((a, b) => a - b);
const measured: Measured = {
  total: done,
  matched,
  beganMs,
  endedMs,
  cpuMs: (usedCpu - cpu) / done,
  firstMs,
  warmPerSecond: ((done - warmFrom) * 1_000) / (endedMs - warmFromMs),
  warmCpuMs: (usedCpu - warmCpu) / (done - warmFrom),
  rssMb: {
    peak: Math.round(Math.max(0, ...rss) / MB),
    late: Math.round((late[Math.floor(late.length / 2)] ?? 0) / MB),
  },
};
console.log(JSON.stringify(measured));
process.exit(0);
