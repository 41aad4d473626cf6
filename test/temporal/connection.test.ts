import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type ConnectFailure, connectError } from '../../src/temporal/connect-failure.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { resolveTarget, withoutSecrets } from '../../src/temporal/connection-target.ts';
import { stopEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { expectMissionError } from './support/expectations.ts';

const SECRET = 'tmprl-key-that-nobody-may-see';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mission-connect-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

async function configFile(toml: string): Promise<string> {
  const file = join(home, 'temporal.toml');
  await writeFile(file, toml);
  return file;
}

describe('the target', () => {
  it('is found in the order option, environment, profile', async () => {
    const file = await configFile('[profile.default]\naddress = "profile:1"\nnamespace = "of-profile"\n');
    const both = { HOME: home, TEMPORAL_CONFIG_FILE: file, TEMPORAL_ADDRESS: 'env:2', TEMPORAL_NAMESPACE: 'of-env' };
    const profile = { HOME: home, TEMPORAL_CONFIG_FILE: file };
    const table = [
      [{ env: both, address: 'option:3', namespace: 'of-option' }, 'option', 'option:3', 'of-option'],
      [{ env: both }, 'environment', 'env:2', 'of-env'],
      [{ env: profile }, 'profile', 'profile:1', 'of-profile'],
      [{ env: { HOME: home }, configFile: file }, 'profile', 'profile:1', 'of-profile'],
      [{ env: { HOME: home } }, 'none', undefined, 'default'],
      [{ env: { HOME: home, TEMPORAL_ADDRESS: '' } }, 'none', undefined, 'default'],
    ] as const;
    for (const [options, source, address, namespace] of table) {
      expect(resolveTarget(options)).toMatchObject({ source, address, namespace });
    }
  });

  it('brings TLS, API key and headers along as Temporal reads them', async () => {
    const file = await configFile(`
      [profile.cloud]
      address = "missions.a1b2c.tmprl.cloud:7233"
      namespace = "missions.a1b2c"
      api_key = "${SECRET}"
      [profile.cloud.tls]
      server_name = "temporal.example"
      client_cert_data = "certificate"
      client_key_data = "key"
      [profile.cloud.grpc_meta]
      team = "refunds"`);
    const target = resolveTarget({ env: { HOME: home }, configFile: file, profile: 'cloud' });
    expect(target.connect).toMatchObject({
      apiKey: SECRET,
      metadata: { team: 'refunds' },
      tls: {
        serverNameOverride: 'temporal.example',
        clientCertPair: { crt: expect.anything(), key: expect.anything() },
      },
    });
    expect(resolveTarget({ env: { HOME: home, TEMPORAL_API_KEY: SECRET } }).connect.tls).toBe(true);
  });

  it('of a profile that is not there, or of a file that is no TOML, is an error that does not quote the file', async () => {
    const file = await configFile(`[profile.default]\napi_key = "${SECRET}\n`);
    const broken = await expectMissionError('CONFIG_INVALID', resolve({ env: { TEMPORAL_CONFIG_FILE: file } }));
    expect(broken.message).toContain(file);
    expect(inspect(broken, { depth: 9 })).not.toContain(SECRET);
    await configFile('[profile.default]\naddress = "a:1"\n');
    const missing = { env: { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'staging' } };
    expect((await expectMissionError('CONFIG_INVALID', resolve(missing))).message).toContain("'staging' not found");
  });
});

describe('connecting', () => {
  it('gives a client and a connection for workers, and says where the address is from', async () => {
    const env = { HOME: home, TEMPORAL_ADDRESS: inject('temporalAddress') };
    const temporal = await connectTemporal({ env });
    expect(temporal).toMatchObject({ source: 'environment', namespace: 'default', embedded: undefined });
    expect(temporal.client.options.namespace).toBe('default');
    const native = await temporal.openNative();
    await native.ensureConnected();
    await native.close();
    await temporal.close();
  });

  it('starts the embedded server when nobody names another, and finds it the next time', async () => {
    const embedded = { directory: join(home, 'temporal'), owner: 'process' } as const;
    const env = { ...process.env, XDG_CONFIG_HOME: home, TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: 'missions' };
    const first = await connectTemporal({ env, embedded });
    expect(first).toMatchObject({ source: 'embedded', namespace: 'missions', embedded: { started: true } });
    const second = await connectTemporal({ env, embedded });
    expect(second).toMatchObject({ source: 'embedded', address: first.address, embedded: { started: false } });
    await Promise.all([first.close(), second.close()]);
    await stopEmbeddedServer(embedded.directory);
  });

  it('never starts a server in the stead of one that was named but is not there', async () => {
    const embedded = { directory: join(home, 'temporal'), owner: 'process' } as const;
    const port = await closedPort();
    const env = { HOME: home, TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: 'missions' };
    const error = await expectMissionError(
      'TEMPORAL_UNAVAILABLE',
      connectTemporal({ env, embedded, timeoutMs: 1_000 }),
    );
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(error.message).toContain('"missions"');
    expect(error.message).toContain('TEMPORAL_ADDRESS');
  });

  it('does not wait for ever for an address that accepts and stays silent, and shows no API key', async () => {
    const silent = await listen(createServer(() => undefined));
    const env = {
      HOME: home,
      TEMPORAL_ADDRESS: `127.0.0.1:${silent.port}`,
      TEMPORAL_API_KEY: SECRET,
      TEMPORAL_TLS: 'false',
    };
    const error = await expectMissionError('TEMPORAL_UNAVAILABLE', connectTemporal({ env, timeoutMs: 1_000 }));
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
    silent.server.close();
  });

  it('tells a missing namespace from a missing server', async () => {
    const address = inject('temporalAddress');
    const error = await expectMissionError('TEMPORAL_UNAVAILABLE', connectTemporal({ address, namespace: 'nowhere' }));
    expect(error.message).toContain('has no namespace "nowhere"');
    expect(error.remedy).toContain('namespace create --namespace nowhere');
  });
});

describe('the error', () => {
  const failure: ConnectFailure = {
    address: 'host:7233',
    namespace: 'missions',
    source: 'profile',
    profile: 'cloud',
    status: undefined,
    reason: 'Failed to connect before the deadline',
    waitedMs: 10_000,
  };

  it.each([
    ['UNAUTHENTICATED', 'refuses access to namespace "missions"', 'TEMPORAL_API_KEY'],
    ['PERMISSION_DENIED', 'refuses access to namespace "missions"', 'TEMPORAL_API_KEY'],
    ['NOT_FOUND', 'has no namespace "missions"', 'namespace create'],
    ['UNAVAILABLE', 'No Temporal server answers at host:7233', 'TEMPORAL_TLS'],
    [undefined, 'within 10 s: Failed to connect before the deadline', 'TEMPORAL_TLS'],
  ] as const)('of status %s says what is wrong, where, and what to do', (status, message, remedy) => {
    const error = connectError({ ...failure, status });
    expect(error.message).toContain(message);
    expect(error.message).toContain('profile "cloud"');
    expect(error.remedy).toContain(remedy);
  });

  it('has no secret left in it, wherever one stands', () => {
    expect(withoutSecrets(`key ${SECRET}, again ${SECRET}`, [SECRET])).toBe('key [secret], again [secret]');
  });
});

async function resolve(options: Parameters<typeof resolveTarget>[0]): Promise<unknown> {
  return resolveTarget(options);
}

async function listen(server: Server): Promise<{ server: Server; port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { server, port: address.port };
}

async function closedPort(): Promise<number> {
  const { server, port } = await listen(createServer());
  server.close();
  await once(server, 'close');
  return port;
}
