import { expect, it } from 'vitest';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, NOW, publish } from './samples.ts';

describeOnBothEngines('drifts', (bench) => {
  it('are numbered per mission, come back as they were, and stand in the audit trail', async () => {
    const registry = await bench.open({ clock: () => NOW });
    await publish(registry, 'one');
    const finding = { reasons: ['größer'], onWorld: { moved: [], runsBefore: 3 } };
    expect(await registry.drifts.put({ mission: MISSION, verdict: 'world', finding })).toBe(1);
    expect(await registry.drifts.put({ mission: MISSION, verdict: 'none', finding: {} })).toBe(2);
    expect(await registry.drifts.put({ mission: 'other', verdict: 'unclear', finding: {} })).toBe(1);
    expect(await registry.drifts.list(MISSION)).toEqual([
      { mission: MISSION, number: 2, verdict: 'none', finding: {}, createdAt: NOW.toISOString() },
      { mission: MISSION, number: 1, verdict: 'world', finding, createdAt: NOW.toISOString() },
    ]);
    expect(await registry.drifts.list(MISSION, 1)).toHaveLength(1);
    const entries = await registry.audit.list({ action: 'drift.put', limit: 9 });
    expect(entries.map(({ subject }) => subject)).toEqual([`${MISSION}~1`, `${MISSION}~2`, 'other~1']);
  });
});
