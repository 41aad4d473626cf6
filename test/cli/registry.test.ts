/** `mission registry restored`, and what `show` and `worker` say of worker deployments. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { shortDigest } from '../../src/shared/digest.ts';
import { MISSION, publish } from '../registry/samples.ts';
import { run } from './run.ts';

let cwd: string;
let registry: Registry;
let buildId: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mission-test-cli-registry-'));
  registry = await openRegistry({ directory: join(cwd, 'registry'), actor: 'ada', deploymentPrefix: 'production/' });
  const [artifact] = await publish(registry, 'one');
  buildId = shortDigest(artifact?.digest ?? '');
  await registry.routes.set(0, {
    mission: MISSION,
    weights: [{ version: 1, weight: 10_000 }],
    by: 'ada',
    reason: 'test',
    activation: { report: null, forced: true },
  });
}, 120_000);

afterAll(async () => {
  await registry.close();
  await rm(cwd, { recursive: true, force: true });
});

const mission = (...argv: string[]) => run(argv, { cwd, shared: registry });

describe('mission registry restored', () => {
  it('begins an epoch, says what routers follow in it, and who said so', async () => {
    const before = await registry.epochs.current();
    const { code, out } = await mission('registry', 'restored', '--reason', 'disk lost, backup of 02:00');
    expect(code).toBe(0);
    expect(out).toContain(`Epoch ${before + 1} of`);
    expect(out).toMatch(new RegExp(`${MISSION}\\s+revision 1`));
    const json = JSON.parse((await mission('registry', 'restored', '--reason', 'again', '--json')).out) as object;
    expect(json).toMatchObject({ number: before + 2, by: 'ada', reason: 'again', revisions: { [MISSION]: 1 } });
  });

  it('needs a reason', async () => {
    const before = await registry.epochs.current();
    const { code, err } = await mission('registry', 'restored');
    expect(code).toBe(2);
    expect(err).toContain('--reason "disk lost, backup of 02:00"');
    expect(await registry.epochs.current()).toBe(before);
  });
});

describe('a worker deployment', () => {
  it('is shown with the version: what a manifest needs', async () => {
    expect((await mission('show', `${MISSION}@1`)).out).toContain(`production/${MISSION}, build id ${buildId}`);
    const { out } = await mission('show', `${MISSION}@1`, '--json');
    expect(JSON.parse(out)).toMatchObject({ deployment: { deploymentName: `production/${MISSION}`, buildId } });
  });

  it('is hosted in one way: a version that is named, or nothing', async () => {
    const { code, err } = await mission('worker', '--no-host', '--version', `${MISSION}@1`);
    expect(code).toBe(2);
    expect(err).toContain('--no-host');
  });
});
