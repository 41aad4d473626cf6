/** Records real runs of the reference mission on a real server, for the benchmark to replay. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { loadActivities } from '../../src/artifact/load-activities.ts';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { encodeRecordingContent } from '../../src/recording/content.ts';
import { openEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';

export interface MadeHistories {
  readonly folder: string;
  readonly count: number;
  readonly events: number;
}

/** @returns where the linked bundle (`bundle.js`), the definition and the recordings (`<n>.json`, `<n>.bin`) were written */
export async function makeHistories(root: string, folder: string, count: number): Promise<MadeHistories> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  await mkdir(folder, { recursive: true });
  const artifact = await buildArtifact({ root, mission: 'refund-eligibility' });
  const bundle = await linkWorkflowBundle(artifact);
  await writeFile(join(folder, 'bundle.js'), bundle.code);
  await writeFile(join(folder, 'definition.json'), JSON.stringify(artifact.definition));
  const server = await openEmbeddedServer({ directory: join(folder, 'temporal'), owner: 'process' });
  try {
    const events = await record(server.address, bundle, await loadActivities(artifact), folder, count);
    return { folder, count, events };
  } finally {
    await server.stop();
  }
}

type Activities = Awaited<ReturnType<typeof loadActivities>>;

async function record(
  address: string,
  workflowBundle: { code: string },
  activities: Activities,
  folder: string,
  count: number,
) {
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const worker = await Worker.create({ connection: native, taskQueue: 'bench', workflowBundle, activities });
  let events = 0;
  await worker.runUntil(async () => {
    const requests = generateRequests(1, count);
    for (const [index, request] of requests.entries()) {
      const options = { taskQueue: 'bench', workflowId: `bench-${index}`, args: [request] };
      const handle = await client.workflow.start('refund-eligibility', options);
      await handle.result();
      const { histories, end: _, trace: __, input: ___, ...summary } = buildRecording([await handle.fetchHistory()]);
      events += summary.events;
      await writeFile(join(folder, `${index}.json`), JSON.stringify(summary));
      await writeFile(join(folder, `${index}.bin`), encodeRecordingContent(histories));
    }
  });
  await connection.close();
  await native.close();
  return events / count;
}
