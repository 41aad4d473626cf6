import { expect, it } from 'vitest';
import { copyRegistry } from '../../src/registry/copy-registry.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, NOW, publish, sampleIntervention, sampleRecording, sampleReport } from './samples.ts';

describeOnBothEngines('copying a registry', (bench) => {
  it('keeps numbers, times, contents and the audit chain with its head; the copy goes on from there', async () => {
    const [from, to] = [await bench.newPlace(), await bench.newPlace()];
    const source = await bench.open({ ...from, clock: () => NOW });
    const [one] = await publish(source, 'one', 'two');
    const weights = [{ version: 1, weight: 10_000 }];
    const activation = { report: null, forced: true };
    await source.routes.set(0, { mission: MISSION, weights, by: 'ada', reason: 'go live', activation });
    await source.recordings.putAll(Array.from({ length: 150 }, (_, index) => sampleRecording(index)));
    await source.reports.put(sampleReport());
    await source.interventions.put(sampleIntervention());
    const facts = async (registry: typeof source) => ({
      versions: await registry.versions.list(MISSION),
      artifact: await registry.artifacts.get(one?.digest ?? ''),
      routes: await registry.routes.history(MISSION),
      recordings: await registry.recordings.list(),
      reports: await registry.reports.list(),
      interventions: await registry.interventions.list(),
      head: await registry.audit.head(),
    });
    const before = await facts(source);
    await source.close();

    const copied = await copyRegistry(from, to, { now: new Date() });
    expect(copied).toMatchObject({
      missions: 1,
      artifacts: 2,
      versions: 2,
      routes: 1,
      recordings: 150,
      reports: 1,
      interventions: 1,
    });
    const target = await bench.open(to);
    expect(await facts(target)).toEqual(before);
    await publish(target, 'three');
    expect(await target.audit.verify({ head: before.head })).toMatchObject({ intact: true, entries: copied.audit + 2 });
    await target.close();
    await expect(copyRegistry(from, to, { now: new Date() })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('with a broken audit chain is refused and copies nothing', async () => {
    const [from, to] = [await bench.newPlace(), await bench.newPlace()];
    const source = await bench.open(from);
    await publish(source, 'one');
    await source.close();
    const engine = await bench.engine(from);
    await engine.query('ALTER TABLE mission.audit DISABLE TRIGGER ALL');
    await engine.query(`UPDATE mission.audit SET actor = 'mallory' WHERE seq = 1`);
    await engine.close();
    await expect(copyRegistry(from, to, { now: new Date() })).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
    expect(await (await bench.open(to)).versions.missions()).toEqual([]);
  });
});
