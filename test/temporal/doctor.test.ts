import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { MissionError } from '../../src/shared/errors.ts';
import { type DoctorFacts, type DoctorFinding, diagnose } from '../../src/temporal/doctor.ts';
import { gatherDoctorFacts } from '../../src/temporal/doctor-facts.ts';
import { openEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { embeddedDirectory } from '../../src/temporal/embedded-state.ts';

const version = { cli: '1.9.1', server: '1.32.0' };
const healthy: DoctorFacts = {
  node: { version: '20.20.2', required: '20.19' },
  server: { kind: 'named', address: 'temporal:7233', source: 'environment' },
  connection: { state: 'connected', address: 'temporal:7233', namespace: 'missions', serverVersion: '1.32.0' },
  namespace: { retentionMs: 7 * 86_400_000, deployments: { state: 'there' } },
  registry: { ok: true, found: 'embedded' },
  git: { version: '2.39.5', repository: true },
  disk: { directory: '/project', freeBytes: 50e9 },
  protobufjs: { '/project/node_modules/protobufjs': '8.8.1' },
  sdk: { '@temporalio/client': '1.24.0', '@temporalio/worker': '1.24.0' },
};

const ALL = ['node', 'temporal sdk', 'protobufjs', 'temporal server', 'temporal connection', 'namespace'];
const REST = ['worker versioning', 'retention', 'registry', 'git', 'disk space'];

function finding(facts: Partial<DoctorFacts>, check: string): DoctorFinding | undefined {
  return diagnose({ ...healthy, ...facts }).find((found) => found.check === check);
}

interface Row {
  readonly when: string;
  readonly facts: Partial<DoctorFacts>;
  readonly check: string;
  readonly status: DoctorFinding['status'];
  /** In what was found, or in the remedy. */
  readonly says: string;
}

const running = { kind: 'running', address: '127.0.0.1:1', uiAddress: 'http://127.0.0.1:2', version } as const;
const startable = { kind: 'startable', from: 'cache', path: '/cache/temporal', version } as const;
const failed = { state: 'failed', message: 'nobody answers', remedy: 'start it' } as const;

const ROWS: readonly Row[] = [
  {
    when: 'node is too old',
    facts: { node: { version: '18.2.0', required: '20.19' } },
    check: 'node',
    status: 'fail',
    says: '20.19',
  },
  {
    when: 'node is just right',
    facts: { node: { version: '20.19.0', required: '20.19' } },
    check: 'node',
    status: 'ok',
    says: '20.19.0',
  },
  {
    when: 'SDK packages differ',
    facts: { sdk: { a: '1.24.0', b: '1.23.0' } },
    check: 'temporal sdk',
    status: 'fail',
    says: 'b 1.23.0',
  },
  {
    when: 'there are two protobufjs',
    facts: { protobufjs: { '/a': '8.8.1', '/b': '7.6.6' } },
    check: 'protobufjs',
    status: 'fail',
    says: '7.6.6 in /b',
  },
  {
    when: 'its own server runs',
    facts: { server: running },
    check: 'temporal server',
    status: 'ok',
    says: 'http://127.0.0.1:2',
  },
  {
    when: 'a server can be started',
    facts: { server: startable },
    check: 'temporal server',
    status: 'ok',
    says: '/cache/temporal',
  },
  {
    when: 'there is no server',
    facts: { server: { kind: 'missing', message: '' } },
    check: 'temporal server',
    status: 'warn',
    says: 'TEMPORAL_ADDRESS',
  },
  {
    when: 'nothing runs yet',
    facts: { connection: { state: 'not-started' } },
    check: 'temporal connection',
    status: 'ok',
    says: 'does not run',
  },
  {
    when: 'the server is not reached',
    facts: { connection: failed },
    check: 'temporal connection',
    status: 'fail',
    says: 'nobody answers',
  },
  {
    when: 'the server is too old',
    facts: { connection: { state: 'connected', address: 'a:1', namespace: 'n', serverVersion: '1.24.2' } },
    check: 'temporal connection',
    status: 'fail',
    says: 'upgrade',
  },
  {
    when: 'worker deployments are switched off',
    facts: { namespace: { retentionMs: undefined, deployments: { state: 'off', message: 'disabled' } } },
    check: 'worker versioning',
    status: 'fail',
    says: 'system.enableDeploymentVersions',
  },
  {
    when: 'the server does not say whether there are worker deployments',
    facts: { namespace: { retentionMs: undefined, deployments: { state: 'unknown', message: 'no right' } } },
    check: 'worker versioning',
    status: 'warn',
    says: 'no right',
  },
  {
    when: 'histories are forgotten within a day',
    facts: { namespace: { retentionMs: 86_400_000, deployments: { state: 'there' } } },
    check: 'retention',
    status: 'warn',
    says: '--retention 168h',
  },
  {
    when: 'histories are forgotten within a day, by the project’s own server',
    facts: { server: running, namespace: { retentionMs: 86_400_000, deployments: { state: 'there' } } },
    check: 'retention',
    status: 'ok',
    says: '1 d',
  },
  {
    when: 'the registry is locked',
    facts: { registry: { ok: false, found: 'locked by 12', remedy: 'wait' } },
    check: 'registry',
    status: 'fail',
    says: 'locked by 12',
  },
  {
    when: 'there is no git',
    facts: { git: { version: undefined, repository: false } },
    check: 'git',
    status: 'warn',
    says: 'Install git',
  },
  {
    when: 'there is no repository',
    facts: { git: { version: '2', repository: false } },
    check: 'git',
    status: 'warn',
    says: 'git init',
  },
  {
    when: 'the disk is nearly full',
    facts: { disk: { directory: '/p', freeBytes: 1_999e6 } },
    check: 'disk space',
    status: 'warn',
    says: '1999 MB',
  },
  {
    when: 'the disk is full',
    facts: { disk: { directory: '/p', freeBytes: 199e6 } },
    check: 'disk space',
    status: 'fail',
    says: '199 MB',
  },
];

describe('a diagnosis', () => {
  it('has a finding for each check, and nothing to say against a healthy installation', () => {
    expect(diagnose(healthy).map(({ check }) => check)).toEqual([...ALL, ...REST]);
    expect(diagnose(healthy).filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  it.each(ROWS)('when $when: $check is $status', ({ facts, check, status, says }) => {
    const found = finding(facts, check);
    expect(found?.status).toBe(status);
    expect(`${found?.found} ${found?.remedy}`).toContain(says);
    expect(found?.remedy === undefined).toBe(status === 'ok');
  });

  it('does not speak of a namespace without a connection', () => {
    expect(finding({ connection: failed }, 'namespace')).toBeUndefined();
    expect(finding({ namespace: undefined }, 'retention')).toBeUndefined();
  });
});

describe('the facts of this machine', () => {
  let project: string;
  const registry = async () => ({ ok: true, found: 'embedded' }) as const;

  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), 'mission-doctor-'));
  });

  afterEach(() => rm(project, { recursive: true, force: true }));

  const status = async (options: Partial<Parameters<typeof gatherDoctorFacts>[0]>, check: string) => {
    const facts = await gatherDoctorFacts({ projectDirectory: project, registry, ...options });
    return diagnose(facts).find((found) => found.check === check);
  };

  it('are in order for the server of the tests: one protobufjs, one SDK version, a connection', async () => {
    const facts = await gatherDoctorFacts({ projectDirectory: project, registry, address: inject('temporalAddress') });
    const wrong = diagnose(facts).filter((found) => found.status !== 'ok' && found.check !== 'disk space');
    // A server for development keeps histories for a day.
    expect(wrong.map(({ check, found }) => `${check}: ${found}`)).toEqual([
      expect.stringContaining('retention: '),
      expect.stringContaining('not in a repository'),
    ]);
    expect(Object.values(facts.protobufjs)).toEqual(['8.8.1']);
    expect(facts.connection).toMatchObject({ state: 'connected', namespace: 'default' });
    expect(facts.namespace).toEqual({ retentionMs: 86_400_000, deployments: { state: 'there' } });
  });

  it("find the project's own server while it runs", async () => {
    const env = { ...process.env, XDG_CONFIG_HOME: project, TEMPORAL_ADDRESS: undefined };
    expect(await status({ env }, 'temporal connection')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('does not run'),
    });
    const server = await openEmbeddedServer({ directory: embeddedDirectory(project), owner: 'process' });
    expect(await status({ env }, 'temporal server')).toMatchObject({
      found: expect.stringContaining(server.uiAddress),
    });
    await server.stop();
  });

  it('tell of a server that is named but not there, within the time limit, and without the API key', async () => {
    const env = {
      HOME: project,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      TEMPORAL_API_KEY: 'nobody-may-see',
      TEMPORAL_TLS: 'false',
    };
    const facts = await gatherDoctorFacts({ projectDirectory: project, registry, env, timeoutMs: 500 });
    expect(facts.connection).toMatchObject({ state: 'failed', message: expect.stringContaining('127.0.0.1:1') });
    expect(inspect(facts, { depth: 9 })).not.toContain('nobody-may-see');
  });

  it('tell of a registry that throws, with its remedy', async () => {
    const broken = async () => {
      throw new MissionError('REGISTRY_LOCKED', 'It is open in process 12.', { remedy: 'End it.' });
    };
    const found = await status({ registry: broken, address: inject('temporalAddress') }, 'registry');
    expect(found).toEqual({ check: 'registry', status: 'fail', found: 'It is open in process 12.', remedy: 'End it.' });
  });

  it('tell of a configuration that cannot be read', async () => {
    const env = { HOME: project, TEMPORAL_PROFILE: 'staging' };
    expect(await status({ env }, 'temporal connection')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('staging'),
    });
  });
});
