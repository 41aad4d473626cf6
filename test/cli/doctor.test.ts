/** What `mission doctor` says of keys and of the registry's place. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type KeyFacts, keyFindings } from '../../src/cli/doctor-keys.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { run } from './run.ts';

const healthy: KeyFacts = { isShared: true, redaction: 'environment', payloads: undefined };

describe('keys', () => {
  it.each<[string, Partial<KeyFacts>, string, string]>([
    ['are in the environment of every machine', {}, 'redaction key', 'ok'],
    ['are in a file that the machines do not share', { redaction: 'file' }, 'redaction key', 'warn'],
    ['would be made on each machine', { redaction: 'none' }, 'redaction key', 'warn'],
    ['are in a file of the only machine', { redaction: 'file', isShared: false }, 'redaction key', 'ok'],
    ['are there for payloads', { payloads: { place: 'MISSION_PAYLOAD_KEYS', count: 2 } }, 'payload keys', 'ok'],
  ])('that %s', (_what, facts, check, status) => {
    const found = keyFindings({ ...healthy, ...facts }).find((finding) => finding.check === check);
    expect(found?.status).toBe(status);
    expect(found?.remedy === undefined).toBe(status === 'ok');
  });
});

describe('mission doctor', () => {
  let cwd: string;

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'mission-test-doctor-'));
  });

  afterAll(() => rm(cwd, { recursive: true, force: true }));

  async function findings(env: NodeJS.ProcessEnv): Promise<Readonly<Record<string, string>>> {
    const { out } = await run(['doctor', '--json'], { cwd, env: { HOME: cwd, PATH: process.env['PATH'], ...env } });
    const { findings: found } = JSON.parse(out) as { findings: readonly { check: string; status: string }[] };
    return Object.fromEntries(found.map(({ check, status }) => [check, status]));
  }

  it('says what a server that was named asks for, and that an embedded registry is for one process', async () => {
    expect(await findings({ TEMPORAL_ADDRESS: inject('temporalAddress') })).toMatchObject({
      'worker versioning': 'ok',
      retention: 'warn',
      'registry place': 'warn',
      'redaction key': 'ok',
      'payload keys': 'ok',
    });
  });

  it('says nothing of the registry’s place where all is on this machine, and tells of keys that cannot be read', async () => {
    const keys = { MISSION_PAYLOAD_KEYS: 'not a key' };
    const found = await findings(keys);
    expect(found).toMatchObject({ 'payload keys': 'fail' });
    expect(found).not.toHaveProperty('registry place');
  });

  it('ends with 4 and says what is to be mended first when a server does not answer; it makes nothing', async () => {
    const env = { HOME: cwd, PATH: process.env['PATH'], TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const { code, out } = await run(['doctor'], { cwd, env, columns: 400 });
    expect(code).toBe(4);
    expect(out).toMatch(/✗ temporal connection +No Temporal server answers at 127\.0\.0\.1:1/);
    expect(out).toMatch(/✓ registry +none yet/);
    expect(out).toMatch(/\d things? ha(s|ve) to be mended first\.\n$/);
    expect(existsSync(join(cwd, '.mission'))).toBe(false);
  });

  it('looks into the registry, and takes one that another process works with for well', async () => {
    const other = await mkdtemp(join(tmpdir(), 'mission-test-doctor-'));
    const env = { HOME: other, PATH: process.env['PATH'] };
    const registry = await openRegistry({ directory: join(other, '.mission', 'registry'), actor: 'ada' });
    const busy = await run(['doctor', '-C', other], { cwd, env, columns: 400 });
    await registry.close();
    expect(busy.out).toMatch(/✓ registry +The registry at .* is open in this process/);
    const free = await run(['doctor', '-C', other], { cwd, env, columns: 400 });
    expect(free.out).toMatch(/✓ registry +.*, 0 missions/);
    await rm(other, { recursive: true, force: true });
  }, 240_000);
});
