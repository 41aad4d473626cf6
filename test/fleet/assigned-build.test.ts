/** A process that was told which build it is hosts that or nothing. */
import { describe, expect, it } from 'vitest';
import { checkAssignedBuild } from '../../src/fleet/assigned-build.ts';
import { shortDigest } from '../../src/shared/digest.ts';
import { describeOnBothEngines } from '../registry/engines.ts';
import { MISSION, publish } from '../registry/samples.ts';

describeOnBothEngines('a build that was assigned', (bench) => {
  it('has to be that of the version, in its deployment', async () => {
    const registry = await bench.open({ deploymentPrefix: 'production/' });
    const [first, second] = await publish(registry, 'one', 'two');
    const buildId = shortDigest(first?.digest ?? '');
    const check = (number: number, env: NodeJS.ProcessEnv) =>
      checkAssignedBuild(registry, [{ mission: MISSION, number }], env);
    const assigned = { TEMPORAL_DEPLOYMENT_NAME: `production/${MISSION}`, TEMPORAL_WORKER_BUILD_ID: buildId };

    await expect(check(1, assigned)).resolves.toBeUndefined();
    await expect(check(2, {})).resolves.toBeUndefined();
    await expect(check(2, { TEMPORAL_DEPLOYMENT_NAME: '', TEMPORAL_WORKER_BUILD_ID: '' })).resolves.toBeUndefined();
    await expect(check(2, assigned)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `The build id of ${MISSION}@2 is ${shortDigest(second?.digest ?? '')}, and TEMPORAL_WORKER_BUILD_ID is ${buildId}.`,
      remedy: expect.stringContaining('unsafeCustomBuildID'),
    });
    await expect(check(1, { ...assigned, TEMPORAL_DEPLOYMENT_NAME: MISSION })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`"production/${MISSION}", and TEMPORAL_DEPLOYMENT_NAME is "${MISSION}"`),
    });
    await expect(check(9, assigned)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  }, 120_000);
});

describe('a process that hosts what the registry asks for', () => {
  const nothing = { versions: {}, deployments: {} } as never;

  it('cannot be one build', async () => {
    await expect(checkAssignedBuild(nothing, undefined, { TEMPORAL_WORKER_BUILD_ID: 'abc' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      remedy: expect.stringContaining('--version'),
    });
    await expect(checkAssignedBuild(nothing, undefined, { PATH: '/bin' })).resolves.toBeUndefined();
  });
});
