import { expect, it } from 'vitest';
import { gzipped } from '../../src/registry/gzip.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, NOW, sampleArtifact } from './samples.ts';

describeOnBothEngines('artifacts', (bench) => {
  it('come back exactly as they were put, texts with NUL and umlauts included', async () => {
    const registry = await bench.open();
    const artifact = sampleArtifact();
    expect(await registry.artifacts.put(artifact)).toEqual({ added: true });
    expect(await registry.artifacts.get(artifact.digest)).toEqual(artifact);
    expect(await registry.artifacts.has(artifact.digest)).toBe(true);
  });

  it('are stored once: a second put changes nothing and leaves no audit entry', async () => {
    const registry = await bench.open();
    await registry.artifacts.put(sampleArtifact());
    expect(await registry.artifacts.put(sampleArtifact())).toEqual({ added: false });
    expect((await registry.audit.list()).map(({ action }) => action)).toEqual(['artifact.put']);
  });

  it('share the texts they have in common', async () => {
    const place = await bench.newPlace();
    const registry = await bench.open(place);
    await registry.artifacts.put(sampleArtifact('Decide.'));
    await registry.artifacts.put(sampleArtifact('Decide kindly.'));
    await registry.close();
    const engine = await bench.engine(place);
    // Shared: library, empty activity and its map, workflow map, one source. Own: workflow code and the other source.
    expect(await engine.query('SELECT count(*)::int4 AS count FROM mission.blobs')).toEqual([{ count: 4 + 2 * 2 }]);
  });

  it('are listed oldest first, by mission', async () => {
    let minute = 0;
    const registry = await bench.open({ clock: () => new Date(NOW.getTime() + 60_000 * minute++) });
    const artifacts = [sampleArtifact('z'), sampleArtifact('a'), sampleArtifact('a', 'other')];
    for (const artifact of artifacts) await registry.artifacts.put(artifact);
    const digests = (await registry.artifacts.list({ mission: MISSION })).map(({ digest }) => digest);
    expect(digests).toEqual(artifacts.slice(0, 2).map(({ digest }) => digest));
    expect(await registry.artifacts.list()).toHaveLength(3);
  });

  it('are refused when their digest is not that of their content', async () => {
    const registry = await bench.open();
    const lie = { ...sampleArtifact('one'), digest: sampleArtifact('two').digest };
    await expect(registry.artifacts.put(lie)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    expect(await registry.artifacts.list()).toEqual([]);
  });

  it('that are not there are ARTIFACT_UNKNOWN', async () => {
    const registry = await bench.open();
    await expect(registry.artifacts.get(digestOf('nothing'))).rejects.toMatchObject({ code: 'ARTIFACT_UNKNOWN' });
    expect(await registry.artifacts.has(digestOf('nothing'))).toBe(false);
  });

  it.each([
    {
      damage: 'a blob with other content',
      sql: 'UPDATE mission.blobs SET gzip = $1 WHERE digest = $2',
      needsBytes: true,
    },
    { damage: 'a blob that is no gzip', sql: `UPDATE mission.blobs SET gzip = '\\x00' WHERE digest = $1` },
    { damage: 'a blob that is gone', sql: 'DELETE FROM mission.blobs WHERE digest = $1' },
    { damage: 'an edited manifest', sql: `UPDATE mission.artifacts SET manifest = replace(manifest, 'Decide', $1)` },
  ])('with $damage are ARTIFACT_CORRUPT', async ({ sql, needsBytes, damage }) => {
    const place = await bench.newPlace();
    const artifact = sampleArtifact();
    const written = await bench.open(place);
    await written.artifacts.put(artifact);
    await written.close();
    const engine = await bench.engine(place);
    // Whoever owns the tables can switch their triggers off: the digests still tell.
    await engine.transaction((session) =>
      session.script(
        'ALTER TABLE mission.blobs DISABLE TRIGGER ALL; ALTER TABLE mission.artifacts DISABLE TRIGGER ALL',
      ),
    );
    // A source file: it is not part of the artifact's digest, so only its own can tell.
    const source = digestOf('\u0000 odd');
    const first = damage === 'an edited manifest' ? 'Refuse' : source;
    await engine.query(sql, needsBytes === true ? [await gzipped('exports.prompt = "evil";'), source] : [first]);
    await engine.close();
    const registry = await bench.open(place);
    await expect(registry.artifacts.get(artifact.digest)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
  });
});
