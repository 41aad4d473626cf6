/** How starts grow with the number of versions, and questions about the past with the number of recordings. */
import { createMissionClient } from '../../src/client/mission-client.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { buildRecording, toStoredRecording } from '../../src/recording/build-recording.ts';
import type { StoredRecording } from '../../src/registry/recordings.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';
import { median, ms, row, times } from './numbers.ts';
import { buildMission, MISSION, publishArtifact, publishEditions, type Stand, shareTraffic } from './stand.ts';
import { introduce, startsOf, timedStart } from './start-latency.ts';

const STARTS = 100;
const QUESTIONS = 30;
const BATCH = 500;
const MINUTE_MS = 60_000;

/** Median milliseconds, by what was asked. */
export type Answers = Readonly<Record<string, number>>;

export interface Growth {
  readonly versions: readonly { readonly count: number; readonly startP50Ms: number; readonly coldP50Ms: number }[];
  readonly recordings: readonly { readonly count: number; readonly p50Ms: Answers }[];
}

export interface GrowthSizes {
  /** Ascending. */
  readonly versions: readonly number[];
  readonly recordings: readonly number[];
}

export async function measureGrowth(stand: Stand, sizes: GrowthSizes, tell: (line: string) => void): Promise<Growth> {
  const { registry } = await stand.newRegistry();
  const artifact = await buildMission();
  await publishArtifact(registry, artifact);
  await shareTraffic(registry, MISSION, [1]);
  await introduce(stand, registry);
  const versions: Growth['versions'][number][] = [];
  for (const count of sizes.versions) {
    tell(`publishing ${count} versions`);
    await publishEditions(registry, artifact, count);
    versions.push({ count, ...(await measureStartsOf(stand, registry)) });
  }
  const recorded = await recordOne(stand, registry);
  const recordings: Growth['recordings'][number][] = [];
  let stored = 0;
  for (const count of sizes.recordings) {
    tell(`storing ${count} recordings`);
    for (; stored < count; stored += BATCH) await registry.recordings.putAll(copiesOf(recorded, stored, BATCH));
    recordings.push({ count, p50Ms: await askAll(registry, recorded, count) });
  }
  return { versions, recordings };
}

async function measureStartsOf(stand: Stand, registry: Registry) {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    const openedMs = performance.now();
    const client = await createMissionClient({ registry, temporal: stand.temporal });
    try {
      const start = startsOf(client);
      await timedStart(start);
      cold.push(performance.now() - openedMs);
      for (let count = 0; count < STARTS / 5; count += 1) warm.push(await timedStart(start));
    } finally {
      await client.close();
    }
  }
  return { startP50Ms: median(warm), coldP50Ms: median(cold) };
}

/** A real run, recorded. */
async function recordOne({ temporal }: Stand, registry: Registry): Promise<StoredRecording> {
  const fleet = await startFleet({ registry, temporal, drainMs: 1_000 });
  const client = await createMissionClient({ registry, temporal });
  try {
    await fleet.ready(60_000);
    const run = await client.mission(MISSION).start(generateRequests(5, 1)[0] as never, { workflowId: 'recorded' });
    await run.result();
    const history = await temporal.client.workflow.getHandle('recorded').fetchHistory();
    return toStoredRecording(buildRecording([history]));
  } finally {
    await client.close();
    await fleet.shutdown();
  }
}

/** The same run under other ids, a minute apart. */
function copiesOf({ summary, ...rest }: StoredRecording, from: number, count: number): readonly StoredRecording[] {
  return Array.from({ length: count }, (_, index) => {
    const workflowId = workflowIdOf(from + index);
    const at = new Date(Date.parse(summary.startedAt) - (from + index) * MINUTE_MS).toISOString();
    const id = `${workflowId}/${summary.runId}`;
    const version = 1 + ((from + index) % 5);
    return { ...rest, summary: { ...summary, id, workflowId, version, startedAt: at, endedAt: at } };
  });
}

const workflowIdOf = (index: number) => `copy-${String(index).padStart(7, '0')}`;

async function askAll({ recordings }: Registry, { summary }: StoredRecording, count: number): Promise<Answers> {
  const middle = (index: number) => Math.floor((count * (index + 1)) / (QUESTIONS + 2));
  const dayBefore = new Date(Date.parse(summary.startedAt) - 1_440 * MINUTE_MS).toISOString();
  const questions: Readonly<Record<string, (index: number) => Promise<unknown>>> = {
    'one recording by its id': (index) => recordings.get(`${workflowIdOf(middle(index))}/${summary.runId}`),
    'by workflow id': (index) => recordings.list({ workflowId: workflowIdOf(middle(index)) }),
    'the last day of a mission': () => recordings.list({ mission: MISSION, since: dayBefore, limit: 100 }),
    'a hundred of one version': () => recordings.list({ mission: MISSION, version: 3, limit: 100 }),
    'how many of one artifact': () => recordings.count({ artifact: summary.artifact ?? '' }),
  };
  const answers: Record<string, number> = {};
  for (const [name, ask] of Object.entries(questions)) {
    const took: number[] = [];
    for (let index = 0; index < QUESTIONS; index += 1) {
      const askedMs = performance.now();
      await ask(index);
      took.push(performance.now() - askedMs);
    }
    answers[name] = median(took);
  }
  return answers;
}

export function describeGrowth({ versions, recordings }: Growth): readonly string[] {
  const growth = (values: readonly number[]) => times((values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN));
  const questions = Object.keys(recordings[0]?.p50Ms ?? {});
  const line = (name: string, values: readonly number[]) => row(name, ...values.map(ms), growth(values));
  return [
    row('versions published', ...versions.map(({ count }) => String(count)), 'growth'),
    line(
      'a start, p50',
      versions.map(({ startP50Ms }) => startP50Ms),
    ),
    line(
      'a new client and its first start',
      versions.map(({ coldP50Ms }) => coldP50Ms),
    ),
    '',
    row('recordings', ...recordings.map(({ count }) => String(count)), 'growth'),
    ...questions.map((question) =>
      line(
        question,
        recordings.map(({ p50Ms }) => p50Ms[question] ?? Number.NaN),
      ),
    ),
  ];
}
