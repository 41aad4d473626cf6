/** One real Temporal server for the whole test run, its address given to tests by `inject('temporalAddress')`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { TestProject } from 'vitest/node';
import { pause } from '../src/shared/pause.ts';
import { openEmbeddedServer } from '../src/temporal/embedded-server.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of a Temporal server with namespace `default`, and there a search attribute `Topic` for plain workflows. */
    temporalAddress: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!(await isServerNeeded(project))) return async () => undefined;
  const directory = await mkdtemp(join(tmpdir(), 'mission-test-temporal-'));
  const server = await openEmbeddedServer({ directory, owner: 'process', progress: (line) => console.error(line) });
  await addTopic(server.address);
  project.provide('temporalAddress', server.address);
  return async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
}

/** Returns when runs may carry it: the server's parts hear of it one after another. */
async function addTopic(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const searchAttributes = { Topic: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD };
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  const { workflow } = new Client({ connection });
  const start = () =>
    workflow.start('topic', { workflowId: 'topic', taskQueue: 'topic', searchAttributes: { Topic: ['any'] } });
  const limit = AbortSignal.timeout(30_000);
  let run = await start().catch(() => undefined);
  while (run === undefined && !limit.aborted) {
    await pause(50, limit);
    run = await start().catch(() => undefined);
  }
  await run?.terminate();
  await connection.close();
}

/** A run of tests that never mention the server, such as `vitest run test/compare`, does without it. */
async function isServerNeeded(project: TestProject): Promise<boolean> {
  const folders = process.argv.slice(2).filter((argument) => argument.includes('test/'));
  const { testFiles } = await project.globTestFiles(folders.length === 0 ? undefined : folders);
  const texts = await Promise.all(testFiles.map((file) => readFile(file, 'utf8')));
  return texts.some((text) => /temporalAddress|support\//.test(text));
}
