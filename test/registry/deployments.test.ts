/** What missions are called on the Temporal server: settled by the first publish, and then the same for every process. */
import { describe, expect, it } from 'vitest';
import { missionOfDeployment, readDeploymentPrefix } from '../../src/registry/deployments.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, sampleArtifact, sampleVersion } from './samples.ts';

async function publish(registry: Registry, mission: string): Promise<void> {
  const artifact = sampleArtifact('Decide.', mission);
  await registry.atomically(mission, async ({ artifacts, versions }) => {
    await artifacts.put(artifact);
    await versions.append(sampleVersion(artifact));
  });
}

describeOnBothEngines('names of worker deployments', (bench) => {
  it('are the missions’ own without a prefix', async () => {
    const registry = await bench.open();
    await publish(registry, MISSION);
    expect(await registry.deployments.nameOf(MISSION)).toBe(MISSION);
  });

  it('are settled when a mission is first published: later processes read them, and others’ prefixes are refused', async () => {
    const place = await bench.newPlace();
    const first = await bench.open({ ...place, deploymentPrefix: 'production/' });
    await publish(first, MISSION);
    expect(await first.deployments.nameOf(MISSION)).toBe(`production/${MISSION}`);
    await first.close();

    const second = await bench.open(place);
    expect(await second.deployments.nameOf(MISSION)).toBe(`production/${MISSION}`);
    await publish(second, 'claims');
    expect(await second.deployments.nameOf('claims')).toBe('production/claims');
    await second.close();

    const third = await bench.open({ ...place, deploymentPrefix: 'staging/' });
    await expect(third.deployments.nameOf(MISSION)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { kept: 'production/', given: 'staging/' },
    });
    expect(await third.deployments.nameOf('unborn')).toBe('staging/unborn');
    await publish(third, 'unborn');
    expect(await third.deployments.nameOf('unborn')).toBe('staging/unborn');
  }, 120_000);
});

describe('a prefix', () => {
  it.each(['production/', 'team-a/production/', 'eu_', 'a/'])('may be %s', (prefix) => {
    expect(readDeploymentPrefix(prefix)).toBe(prefix);
    expect(missionOfDeployment(`${prefix}refund-eligibility`)).toBe('refund-eligibility');
  });

  it.each([undefined, ''])('is not given by %j', (text) => expect(readDeploymentPrefix(text)).toBeUndefined());

  it.each(['production', '/production/', 'pro:duction/', "o'clock/", '__reserved/', 'a.b/', 'ü/'])(
    'cannot be %s',
    (text) => {
      expect(() => readDeploymentPrefix(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    },
  );
});
