import { describe, expect, it } from 'vitest';
import type { NewVersion } from '../../src/registry/versions.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, NOW, publish, sampleArtifact, sampleVersion } from './samples.ts';

describeOnBothEngines('versions', (bench) => {
  it('are numbered from 1 per mission and come back as they were appended', async () => {
    const registry = await bench.open({ clock: () => NOW });
    const [first, second] = [sampleArtifact('one'), sampleArtifact('two')];
    const other = sampleArtifact('one', 'other');
    for (const artifact of [first, second, other]) await registry.artifacts.put(artifact);
    await registry.versions.append(sampleVersion(first));
    const appended = await registry.versions.append(sampleVersion(second, { message: 'größer', commit: null }));
    await registry.versions.append(sampleVersion(other));

    expect(appended).toEqual({
      added: true,
      version: {
        mission: MISSION,
        number: 2,
        artifact: second.digest,
        kind: 'publish',
        restores: null,
        author: 'ada',
        message: 'größer',
        commit: null,
        environment: { node: '20.20.2' },
        createdAt: NOW.toISOString(),
      },
    });
    expect(await registry.versions.get(MISSION, 2)).toEqual(appended.version);
    expect(await registry.versions.latest(MISSION)).toEqual(appended.version);
    expect((await registry.versions.list(MISSION)).map(({ number }) => number)).toEqual([1, 2]);
    expect((await registry.versions.get(MISSION, 1)).commit).toEqual({ sha: 'c0ffee', branch: 'main', dirty: false });
    expect((await registry.versions.latest('other'))?.number).toBe(1);
    expect(await registry.versions.missions()).toEqual(['other', MISSION]);
  });

  it('are not added when the latest has the same artifact already, but are when an older one has', async () => {
    const registry = await bench.open();
    const [one] = await publish(registry, 'one');
    if (one === undefined) throw new Error('nothing was published');
    const again = await registry.versions.append(sampleVersion(one, { message: 'again' }));
    expect(again).toMatchObject({ added: false, version: { number: 1, message: 'first' } });
    await publish(registry, 'two', 'one');
    expect((await registry.versions.list(MISSION)).map(({ number }) => number)).toEqual([1, 2, 3]);
    expect((await registry.versions.some(MISSION, [3, 9, 1])).map(({ number }) => number)).toEqual([1, 3]);
    expect(await registry.versions.some(MISSION, [])).toEqual([]);
  });

  it('keep what they are meant to change, and are added when the latest is the same but meant for something else', async () => {
    const registry = await bench.open();
    const artifact = sampleArtifact('one');
    await registry.artifacts.put(artifact);
    const append = (over: Partial<NewVersion>) => registry.versions.append(sampleVersion(artifact, over));
    const intended = [{ name: 'größer', becomes: [{ pointer: '/approve', oneOf: [false] }] }];
    const added = await append({ intended });
    expect(added).toMatchObject({ added: true, version: { number: 1, intended } });
    expect(await registry.versions.get(MISSION, 1)).toEqual(added.version);
    expect(await append({ intended })).toMatchObject({ added: false, version: { number: 1 } });
    const without = await append({});
    expect(without).toMatchObject({ added: true, version: { number: 2 } });
    expect(without.version).not.toHaveProperty('intended');
    expect(await registry.versions.latest(MISSION)).toEqual(without.version);
  });

  it('roll back as a new entry with the earlier artifact, even when that is the latest one', async () => {
    const registry = await bench.open();
    const [one] = await publish(registry, 'one', 'two');
    if (one === undefined) throw new Error('nothing was published');
    const rollback = sampleVersion(one, { kind: 'rollback', restores: 1, message: 'two denies too much' });
    const restored = { kind: 'rollback', restores: 1, artifact: one.digest };
    expect(await registry.versions.append(rollback)).toMatchObject({
      added: true,
      version: { number: 3, ...restored },
    });
    expect(await registry.versions.append(rollback)).toMatchObject({
      added: true,
      version: { number: 4, ...restored },
    });
  });

  it.each([
    { name: 'an artifact that is not stored', over: { artifact: digestOf('nothing') }, code: 'ARTIFACT_UNKNOWN' },
    { name: "another mission's artifact", over: { mission: 'other' }, code: 'INPUT_INVALID' },
    { name: 'a rollback that names nothing', over: { kind: 'rollback' as const }, code: 'INPUT_INVALID' },
    { name: 'a publish that restores', over: { restores: 1 }, code: 'INPUT_INVALID' },
    { name: 'a rollback to nowhere', over: { kind: 'rollback' as const, restores: 9 }, code: 'VERSION_UNKNOWN' },
    {
      name: "a rollback with another version's artifact",
      over: { kind: 'rollback' as const, restores: 1 },
      code: 'INPUT_INVALID',
    },
  ])('refuse $name and store nothing', async ({ over, code }) => {
    const registry = await bench.open();
    const [, two] = await publish(registry, 'one', 'two');
    if (two === undefined) throw new Error('nothing was published');
    const before = await registry.audit.head();
    await expect(registry.versions.append(sampleVersion(two, over))).rejects.toMatchObject({ code });
    expect(await registry.versions.list(MISSION)).toHaveLength(2);
    expect(await registry.audit.head()).toEqual(before);
  });

  it('that are not there are MISSION_UNKNOWN or VERSION_UNKNOWN, with the latest in the remedy', async () => {
    const registry = await bench.open();
    await publish(registry, 'one');
    await expect(registry.versions.get('other', 1)).rejects.toMatchObject({ code: 'MISSION_UNKNOWN' });
    await expect(registry.versions.get(MISSION, 2)).rejects.toMatchObject({
      code: 'VERSION_UNKNOWN',
      remedy: 'The latest version is refund-eligibility@1.',
    });
    expect(await registry.versions.find(MISSION, 2)).toBeUndefined();
    expect(await registry.versions.latest('other')).toBeUndefined();
  });

  describe('under concurrency', () => {
    it('20 writers at once leave no gap, no fork and an intact audit chain', async () => {
      const place = await bench.newPlace();
      const first = await bench.open(place);
      // Several pools are several processes to PostgreSQL; an embedded registry has one.
      const pools = bench.kind === 'postgres' ? [first, await bench.open(place), await bench.open(place)] : [first];
      const writers = Array.from({ length: 20 }, (_, index) => pools[index % pools.length] ?? first);
      const artifacts = writers.map((_, index) => sampleArtifact(`prompt ${index}`));
      const appended = await Promise.all(
        writers.map(async (registry, index) => {
          const artifact = artifacts[index] ?? sampleArtifact();
          await registry.artifacts.put(artifact);
          return registry.versions.append(sampleVersion(artifact, { author: `writer ${index}` }));
        }),
      );
      const numbers = appended.map(({ version }) => version.number).sort((left, right) => left - right);
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(await first.versions.list(MISSION)).toHaveLength(20);
      expect(await first.audit.verify()).toMatchObject({ intact: true, entries: 40 });
    });

    it('20 publishes of the same artifact add one version', async () => {
      const registry = await bench.open();
      const artifact = sampleArtifact();
      await registry.artifacts.put(artifact);
      const appended = await Promise.all(
        Array.from({ length: 20 }, () => registry.versions.append(sampleVersion(artifact))),
      );
      expect(appended.filter(({ added }) => added)).toHaveLength(1);
      expect(await registry.versions.list(MISSION)).toHaveLength(1);
    });
  });
});
