/** Plain workflows are replayed from code: histories in any form and number, in bounded memory, none lost. */
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundleDigest, bundleWorkflows, type WorkflowBundle } from '../../src/artifact/bundle-workflows.ts';
import { historyToBytes } from '../../src/recording/proto.ts';
import type { History } from '../../src/recording/recording.ts';
import {
  DEFAULT_POLICY,
  encodeHistory,
  type HistoryRead,
  type ReplayEvent,
  type ReplayRecordingsOptions,
  readHistoryFiles,
  readQueriedHistories,
  replayRecordings,
  tryWorkflows,
} from '../../src/replay.ts';
import { ESM_PROJECT, makeProject, recordOrders, type ScratchProject, withWorker } from './plain/project.ts';

const COUNTDOWN = `
import { continueAsNew } from '@temporalio/workflow';
export async function countdown(left: number): Promise<string> {
  if (left > 0) await continueAsNew<typeof countdown>(left - 1);
  return 'lift-off';
}
`;

let project: ScratchProject;
let bundle: WorkflowBundle;
let histories: readonly History[];

beforeAll(async () => {
  project = await makeProject({ ...ESM_PROJECT, 'src/countdown.ts': COUNTDOWN });
  const source = { workflowsPath: 'src/workflows', root: project.root };
  bundle = await bundleWorkflows(source);
  const recorded = await recordOrders({ address: inject('temporalAddress'), source, orders: ['pen', 'chair', 'desk'] });
  histories = recorded.map(({ history }) => history);
});

afterAll(() => project.remove());

async function replayAll(
  given: Parameters<typeof replayRecordings>[1],
  options: Partial<ReplayRecordingsOptions> = {},
): Promise<ReplayEvent[]> {
  const events: ReplayEvent[] = [];
  const policy = { secondOpinion: 0 };
  for await (const event of replayRecordings({ candidate: { bundle }, policy, ...options }, given)) events.push(event);
  return events;
}

async function readAll(reads: AsyncIterable<HistoryRead>): Promise<HistoryRead[]> {
  const all: HistoryRead[] = [];
  for await (const read of reads) all.push(read);
  return all;
}

describe('replayRecordings', () => {
  it('has the example that is type-checked here', async () => {
    const text = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
    const example = await text('./fixtures/replay-recordings-example.ts');
    const documented = example.trimEnd().replaceAll(/^/gm, ' * ').replaceAll(/ +$/gm, '');
    expect(await text('../../src/release/replay-recordings.ts')).toContain(documented);
    expect(await text('../../docs/plain-workflows.md')).toContain(example);
  });

  it('takes histories as objects, texts, bytes and lists, and tells of each that is none', async () => {
    const [pen, chair, desk] = histories as [History, History, History];
    const given = [pen, encodeHistory(chair), [historyToBytes(desk)][0], '{"events": []}', 7];
    const events = await replayAll(given);
    const excluded = events.flatMap((event) => (event.kind === 'excluded' ? [event.excluded] : []));
    expect(events).toHaveLength(5);
    expect(excluded.map(({ recording, reason }) => [recording.id, reason])).toEqual([
      ['history 4', 'unreadable'],
      ['history 5', 'unreadable'],
    ]);
    const list = await replayAll([JSON.stringify([JSON.parse(encodeHistory(pen)), JSON.parse(encodeHistory(desk))])]);
    expect(list.map((event) => event.kind === 'result' && event.result.outcome)).toEqual(['matched', 'matched']);
  });

  it('replays a copy once, and an earlier export of the same run as well', async () => {
    const [pen = {}] = histories;
    const earlier = { events: pen.events?.slice(0, 3) ?? [] };
    const copies: string[] = [];
    const events = await replayAll([pen, pen, earlier], { onCopy: (where) => copies.push(where) });
    const ids = events.map((event) => (event.kind === 'result' ? event.result.recording.id : 'excluded'));
    expect(copies).toEqual(['history 2']);
    expect(ids).toHaveLength(2);
    expect(ids.some((id) => id.endsWith('#2'))).toBe(true);
  });

  it('reads an endless stream no faster than it replays', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<History> {
      for (const [history = {}] = histories; ; ) {
        read += 1;
        yield { events: history.events?.slice(0, 3 + (read % 2)) ?? [] };
      }
    }
    const onCopy = () => undefined;
    const options = { candidate: { bundle }, policy: { secondOpinion: 0 }, workers: 1, onCopy };
    for await (const event of replayRecordings(options, asOtherRuns(endless()))) {
      expect(event.kind).toBe('result');
      break;
    }
    expect(read).toBeLessThan(10);
  });

  it('says which member of a policy is wrong', async () => {
    const policy = { answers: { activity: 'live' } } as unknown as NonNullable<ReplayRecordingsOptions['policy']>;
    await expect(replayAll([], { policy })).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });
});

/** Gives every history a run id of its own. */
async function* asOtherRuns(source: AsyncIterable<History>): AsyncGenerator<string> {
  for await (const history of source) {
    const runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId ?? '';
    yield encodeHistory(history).replaceAll(runId, crypto.randomUUID());
  }
}

it('the same code has the same digest wherever it is bundled from, and the same report', async () => {
  const before = process.cwd();
  const source = { workflowsPath: join(project.root, 'src/workflows') };
  process.chdir(tmpdir());
  try {
    expect(bundleDigest(await bundleWorkflows(source))).toBe(bundleDigest(bundle));
  } finally {
    process.chdir(before);
  }
  const report = () =>
    tryWorkflows({
      candidate: { name: 'src/workflows', code: { bundle } },
      histories: [...histories],
      selection: 'three orders',
      policy: DEFAULT_POLICY,
    });
  expect((await report()).digest).toBe((await report()).digest);
});

describe('the links of a continue-as-new chain', () => {
  it('come together from the server by a query for any of them, and from files in any order', async () => {
    const source = { workflowsPath: 'src/countdown.ts', root: project.root };
    await withWorker({ address: inject('temporalAddress'), source }, async (client, taskQueue) => {
      const handle = await client.workflow.start('countdown', { args: [3], taskQueue, workflowId: taskQueue });
      await handle.result();
      const query = `WorkflowId = '${taskQueue}'`;
      await expect.poll(() => client.workflow.count(query).then(({ count }) => count), { timeout: 15_000 }).toBe(4);
      for (const one of [query, `${query} AND ExecutionStatus = 'Completed'`]) {
        const reads = await readAll(readQueriedHistories(client, one));
        expect(reads.map((read) => ('histories' in read ? read.histories.length : read.problem))).toEqual([4]);
      }
      const [read] = await readAll(readQueriedHistories(client, query));
      if (read === undefined || !('histories' in read)) throw new Error('no chain');
      const files = read.histories.map((history, index) => [`chain/${9 - index}.json`, encodeHistory(history)]);
      await project.write(Object.fromEntries(files));
      const fromFiles = await readAll(readHistoryFiles(join(project.root, 'chain')));
      expect(fromFiles).toMatchObject([{ where: '9.json + 8.json + 7.json + 6.json' }]);
      await project.write({ 'torn/a.json': files[0]?.[1] ?? '', 'torn/b.json': files[2]?.[1] ?? '' });
      const torn = await readAll(readHistoryFiles(join(project.root, 'torn')));
      expect(torn.map(({ where }) => where)).toEqual(['a.json', 'b.json']);
      const code = { bundle: await bundleWorkflows(source) };
      const events = await replayAll([...fromFiles, ...torn], { candidate: code });
      expect(events.map((event) => event.kind === 'result' && event.result.outcome)).toEqual(Array(3).fill('matched'));
    });
  });
});
