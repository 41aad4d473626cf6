/** Records real runs on a real server, for the benchmark to replay: of the reference mission, and of a plain workflow. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { loadActivities } from '../../src/artifact/load-activities.ts';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { encodeRecordingContent } from '../../src/recording/content.ts';
import type { History } from '../../src/recording/recording.ts';
import { openEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';
import { orderActivities, orderNumber } from './plain/activities.ts';

/** Histories in a folder: the code as `bundle.js`; stored recordings as `<n>.json` and `<n>.bin`, or exports as `histories/<n>.json`. */
export interface Series {
  readonly name: string;
  readonly kind: 'stored' | 'exported';
  readonly folder: string;
  /** Distinct histories. */
  readonly count: number;
  /** On average. */
  readonly events: number;
}

interface Runs {
  readonly workflowType: string;
  readonly code: string;
  readonly activities: object;
  readonly inputs: readonly unknown[];
  readonly keep: (history: History, index: number) => Promise<void>;
}

/** Records both series with a server of its own in `folder`. */
export async function makeHistories(root: string, folder: string, count: number, exportsWanted: number) {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const server = await openEmbeddedServer({ directory: join(folder, 'temporal'), owner: 'process' });
  try {
    return [
      await makeMissions(server.address, root, join(folder, 'missions'), count),
      await makePlain(server.address, join(folder, 'plain'), count, exportsWanted),
    ] as const;
  } finally {
    await server.stop();
  }
}

/** The reference mission, recorded as the recorder does it. */
async function makeMissions(address: string, root: string, folder: string, count: number): Promise<Series> {
  await mkdir(folder, { recursive: true });
  const artifact = await buildArtifact({ root, mission: 'refund-eligibility' });
  const { code } = await linkWorkflowBundle(artifact);
  await writeFile(join(folder, 'bundle.js'), code);
  await writeFile(join(folder, 'definition.json'), JSON.stringify(artifact.definition));
  const events = await recordRuns(address, {
    workflowType: 'refund-eligibility',
    code,
    activities: await loadActivities(artifact),
    inputs: generateRequests(1, count),
    async keep(history, index) {
      const { histories, end: _, trace: __, input: ___, ...summary } = buildRecording([history]);
      await writeFile(join(folder, `${index}.json`), JSON.stringify(summary));
      await writeFile(join(folder, `${index}.bin`), encodeRecordingContent(histories));
    },
  });
  return { name: 'missions: stored recordings of refund-eligibility', kind: 'stored', folder, count, events };
}

/** A plain workflow, as `temporal workflow show --output json` exports it; the same runs over and over, each under ids of its own. */
async function makePlain(address: string, folder: string, count: number, wanted: number): Promise<Series> {
  await mkdir(join(folder, 'histories'), { recursive: true });
  const { code } = await bundleWorkflows({
    workflowsPath: fileURLToPath(new URL('./plain/workflows.ts', import.meta.url)),
  });
  await writeFile(join(folder, 'bundle.js'), code);
  const texts: string[] = [];
  const events = await recordRuns(address, {
    workflowType: 'order',
    code,
    activities: orderActivities,
    inputs: Array.from({ length: count }, (_, index) => orderNumber(index)),
    async keep(history, index) {
      texts[index] = historyToJSON(history as Parameters<typeof historyToJSON>[0]);
    },
  });
  for (let index = 0; index < wanted; index += 1) {
    const text = (texts[index % count] ?? '').replaceAll(/"bench-(\d+)"/g, `"bench-$1-${index}"`);
    await writeFile(join(folder, 'histories', `${String(index).padStart(6, '0')}.json`), text);
  }
  return { name: 'plain: exported JSON files of a plain workflow', kind: 'exported', folder, count, events };
}

/** @returns events per run, on average */
async function recordRuns(address: string, { workflowType, code, activities, inputs, keep }: Runs): Promise<number> {
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const taskQueue = `bench-${workflowType}`;
  // Ended runs tell a worker of missions; here nobody wants to know.
  const sinks = { missionRuns: { ended: { fn: () => undefined } } };
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: { code }, activities, sinks });
  let events = 0;
  await worker.runUntil(async () => {
    for (const [index, input] of inputs.entries()) {
      const options = { taskQueue, workflowId: `bench-${index}`, args: [input] };
      const handle = await client.workflow.start(workflowType, options);
      await handle.result();
      const history = await handle.fetchHistory();
      events += history.events?.length ?? 0;
      await keep(history, index);
    }
  });
  await connection.close();
  await native.close();
  return events / inputs.length;
}
