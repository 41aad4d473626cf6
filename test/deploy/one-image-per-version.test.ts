/** The pods of deploy/kubernetes/versions as real processes: their own commands and variables, and what the controller adds. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { buildIdOf, describeDeployment } from '../../src/temporal/worker-deployments.ts';
import { publishFlight } from '../release/flight-mission.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Container, config, workloads } from './read-manifests.ts';

const mission = `imaged-${process.pid}`;
const deploymentName = `missions/${mission}`;
const WAIT = { timeout: 90_000, interval: 250 };
let server: TestPostgres;
let databaseUrl: string;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let buildId: string;
const pods: Pod[] = [];
let sequence = 0;

beforeAll(async () => {
  server = await startPostgres();
  databaseUrl = await server.createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'mission-test-pods-'));
  registry = await openRegistry({ databaseUrl, actor: 'ada', deploymentPrefix: 'missions/' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishFlight(registry, mission, { tone: 'calm' });
  buildId = buildIdOf((await registry.versions.get(mission, 1)).artifact);
}, 120_000);

afterAll(async () => {
  await Promise.all(pods.map((pod) => pod.stop()));
  await temporal.close();
  await registry.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}, 120_000);

class Pod {
  readonly #child: ChildProcess;
  #said = '';

  constructor(container: Container, variables: Readonly<Record<string, string>>) {
    const secrets: Readonly<Record<string, string>> = {
      'mission-registry database-url': databaseUrl,
      'mission-keys redaction-key': 'ab'.repeat(32),
    };
    const own = container.env.flatMap(({ name, valueFrom }): [string, string][] => {
      const value = secrets[`${valueFrom.secretKeyRef.name} ${valueFrom.secretKeyRef.key}`];
      return value === undefined ? [] : [[name, value]];
    });
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const args = container.args.map((word) => word.replace('refund-eligibility@5', `${mission}@1`));
    const argv = args.map((word) => (word === 'refund-eligibility' ? mission : word));
    this.#child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...argv], {
      cwd: directory,
      env: {
        PATH: process.env['PATH'],
        ...config.data,
        ...Object.fromEntries(own),
        // What is another machine's there.
        TEMPORAL_ADDRESS: inject('temporalAddress'),
        TEMPORAL_NAMESPACE: 'default',
        MISSION_HEALTH_PORT: '0',
        XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'],
        HOME: process.env['HOME'],
        ...variables,
      },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
    }
    pods.push(this);
  }

  get said(): string {
    return this.#said;
  }

  /** What a probe gets: the status and the body; 0 while nothing listens. */
  async probe(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const [, port] = /at http:\/\/0\.0\.0\.0:(\d+)/.exec(this.#said) ?? [];
    if (port === undefined) return { status: 0, body: this.#said };
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, body: await response.text() };
  }

  /** @returns the exit code, once it has ended by itself or was told to. */
  async stop(): Promise<number | null> {
    const ended = this.ended();
    this.#child.kill('SIGTERM');
    return ended;
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

const containerOf = (name: string): Container => {
  const found = workloads.find(({ metadata }) => metadata.name === name)?.spec.template.spec.containers[0];
  if (found === undefined) throw new Error(`There are no pods of ${name}.`);
  return found;
};

/** What the controller gives its pods. */
const assigned = (build: string) => ({ TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: build });

const current = async () => (await describeDeployment(temporal, deploymentName))?.currentBuildId;

const ready = (pod: Pod) => async () => (await pod.probe('/readyz')).status;

/** How many artifacts of the mission have no worker, by a keeper. */
const missedBy = (keeper: Pod) => async () => {
  const { body } = await keeper.probe('/metrics');
  return new RegExp(`mission_unhosted_artifacts\\{mission="${mission}"\\} (\\d)`).exec(body)?.[1];
};

describe('a mission with an image per version', () => {
  let keeper: Pod;
  let version: Pod;

  it('refuses a pod that was assigned another build than its version is', async () => {
    const pod = new Pod(containerOf('refund-eligibility'), assigned('0123456789ab'));
    expect(await pod.ended()).toBe(2);
    expect(pod.said).toContain(
      `The build id of ${mission}@1 is ${buildId}, and TEMPORAL_WORKER_BUILD_ID is 0123456789ab`,
    );
  });

  it('is hosted by the pods of its version, which are ready and alive where they are probed', async () => {
    version = new Pod(containerOf('refund-eligibility'), assigned(buildId));
    await expect.poll(ready(version), WAIT).toBe(200);
    expect(JSON.parse((await version.probe('/readyz')).body)).toMatchObject({ hosted: [`${mission}@1`] });
    expect((await version.probe('/healthz')).status).toBe(200);
    expect((await version.probe('/metrics')).body).toContain('mission_hosted_artifacts');
    expect(await current(), 'it follows no route').toBeUndefined();
  }, 120_000);

  it('has a keeper that hosts nothing, and tells the server where plain clients go', async () => {
    keeper = new Pod(containerOf('mission-keeper'), {});
    await expect.poll(ready(keeper), WAIT).toBe(200);
    await expect.poll(current, WAIT).toBe(buildId);
    expect(JSON.parse((await keeper.probe('/readyz')).body)).toMatchObject({ hosted: [] });
    await expect.poll(missedBy(keeper), WAIT).toBe('0');
  }, 120_000);

  it('runs, and the keeper records it', async () => {
    sequence += 1;
    const workflowId = `${mission}-run-${sequence}`;
    await startMission({ registry, client: temporal.client, mission, input: { id: workflowId }, workflowId });
    const handle = temporal.client.workflow.getHandle(workflowId);
    await handle.signal('tell', 'end');
    expect(await handle.result()).toMatchObject({ tone: 'calm' });
    const recorded = async () =>
      (await registry.recordings.list({ mission })).map((one) => `${one.workflowId} @${one.version}`);
    await expect.poll(recorded, WAIT).toContain(`${workflowId} @1`);
  }, 120_000);

  it('drains and ends well when it is told to stop, and the keeper misses its version', async () => {
    expect(await version.stop()).toBe(0);
    await expect.poll(missedBy(keeper), WAIT).toBe('1');
  }, 120_000);

  it('has a keeper that ends well too', async () => expect(await keeper.stop()).toBe(0), 120_000);
});
