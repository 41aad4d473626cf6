import { describe, expect, inject, it } from 'vitest';
import { type BenchMission, readSources } from '../../bench/verdicts/bench-mission.ts';
import { checkTypes } from '../../bench/verdicts/compile-mutants.ts';
import { openLaboratory } from '../../bench/verdicts/laboratory.ts';
import { benchMissions } from '../../bench/verdicts/missions.ts';
import { applyEdits, type Effect, type Mutant } from '../../bench/verdicts/mutant.ts';
import { type Judged, mistakeIn, scoreOf } from '../../bench/verdicts/score.ts';
import { describeScores } from '../../bench/verdicts/table.ts';
import { type Tried, tryMutant } from '../../bench/verdicts/try-mutant.ts';
import { quietRuntime } from '../support/quiet-runtime.ts';

const all = benchMissions.flatMap(({ name, mutants }) => mutants.map((mutant) => ({ name, mutant })));
const counted = all.filter(({ mutant }) => mutant.beyond === undefined);

describe('the mutants', () => {
  it('are enough, of enough missions and kinds, about half of them refactorings', () => {
    expect(counted.length).toBeGreaterThanOrEqual(120);
    expect(new Set(counted.map(({ name }) => name)).size).toBeGreaterThanOrEqual(4);
    const kinds = new Set(counted.map(({ mutant }) => mutant.kind));
    expect([...kinds].sort()).toEqual(['code', 'decision', 'mixed', 'model', 'prompt', 'rule', 'tool']);
    const refactorings = counted.filter(({ mutant }) => mutant.changes === 'none').length;
    expect(refactorings / counted.length).toBeGreaterThan(0.45);
    expect(refactorings / counted.length).toBeLessThan(0.55);
  });

  it('have names of their own, and a cause exactly where an outcome changes', () => {
    const names = all.map(({ name, mutant }) => `${name} ${mutant.id}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    const odd = all.filter(({ mutant }) => (mutant.changes === 'outcome') !== (mutant.cause !== undefined));
    expect(odd.map(({ mutant }) => mutant.id)).toEqual([]);
  });

  it('apply to the sources as they are', async () => {
    for (const mission of benchMissions) {
      const sources = await readSources(mission);
      for (const mutant of mission.mutants) expect(applyEdits(sources, mutant)).not.toEqual(sources);
    }
  });

  it('are refused by the bench when one of them is no program', async () => {
    const mission = benchMissions.find(({ name }) => name === 'ticket-routing') as BenchMission;
    const [one] = mission.mutants;
    const edits = [['workflows/ticket-routing/workflow.ts', 'diagnosis?.known ??', 'diagnosis?.knwon ??']] as const;
    const wrong: Mutant = { ...(one as Mutant), id: 'misspelt', edits };
    expect(await checkTypes([{ ...mission, mutants: [one as Mutant, wrong] }])).toEqual([
      expect.stringMatching(
        /^ticket-routing\/misspelt\/workflows\/ticket-routing\/workflow.ts.*'knwon' does not exist/,
      ),
    ]);
  }, 240_000);

  it('are refused when the text that they replace is not there once', () => {
    const edits = [['a.ts', 'x', 'y']] as const;
    expect(applyEdits({ 'a.ts': 'x = 1' }, { id: 'm', edits })).toEqual({ 'a.ts': 'y = 1' });
    expect(() => applyEdits({ 'a.ts': 'x = x' }, { id: 'm', edits })).toThrow(/Mutant m: a.ts holds 2 times/);
    expect(() => applyEdits({}, { id: 'm', edits })).toThrow(/holds 0 times/);
  });
});

function judged(changes: Effect, verdict: Effect, over: Partial<Mutant> = {}, tried: Partial<Tried> = {}): Judged {
  const mutant: Mutant = { id: 'm', kind: 'code', edits: [], changes, why: 'Because.', ...over };
  const counts = {} as Tried['counts'];
  const found: Tried = {
    verdict,
    causes: [],
    components: 1,
    steps: [],
    reasons: [],
    counts,
    official: { refused: 0, of: 2 },
    ...tried,
  };
  return { mission: 'claims', mutant, tried: found };
}

describe('the score', () => {
  const some: readonly Judged[] = [
    judged('none', 'none'),
    judged('none', 'request'),
    judged('request', 'none', { step: 'assess' }),
    judged('request', 'request', { step: 'assess' }, { steps: ['assess#1/turn-2'], official: { refused: 1, of: 2 } }),
    judged('outcome', 'unanswered', { cause: ['code'] }),
    judged('outcome', 'outcome', { cause: ['code', 'rule r'] }, { causes: ['rule r', 'code'], components: 2 }),
    judged('outcome', 'outcome', { cause: ['code'] }, { causes: ['rule r'], components: 2 }),
    judged('outcome', 'none', { beyond: 'out of sight' }),
  ];

  it('counts what was found of what changes, and what changes of what was flagged', () => {
    expect(scoreOf(some)).toEqual({
      mutants: 7,
      ours: { changed: 5, found: 4, flagged: 5, recall: 0.8, precision: 0.8 },
      official: { changed: 5, found: 1, flagged: 1, recall: 0.2, precision: 1 },
      verdict: { right: 4, of: 7 },
      attribution: { right: 1, of: 2 },
      amongSeveral: { right: 1, of: 2 },
      place: { right: 1, of: 2 },
    });
  });

  it('says of each wrong one what is wrong, and lists what is out of sight', () => {
    expect(some.map((one) => mistakeIn(one)?.split(':')[0])).toEqual([
      undefined,
      'false flag',
      'missed',
      undefined,
      'another verdict',
      undefined,
      'another cause',
      undefined,
    ]);
    const text = describeScores(some);
    expect(text).toContain('Judged otherwise than labelled: 4');
    expect(text).toContain('claims m (none): out of sight');
    expect(text).toMatch(/^all +7 +5 +80\.0 % 4\/5/m);
  });
});

describe('a handful of mutants, recorded, published and replayed', () => {
  it.each([
    [
      'ticket-routing',
      ['prompt-premium-like-all', 'prompt-bills', 'code-look-at-all', 'code-if-instead', 'mixed-two-causes'],
    ],
  ])(
    'of %s are judged as labelled',
    async (name, ids) => {
      quietRuntime();
      const mission = benchMissions.find((one) => one.name === name) as BenchMission;
      const laboratory = await openLaboratory([mission], { address: inject('temporalAddress') });
      try {
        const sources = await readSources(mission);
        const mistakes: (string | undefined)[] = [];
        for (const mutant of mission.mutants.filter(({ id }) => ids.includes(id))) {
          mistakes.push(
            mistakeIn({ mission: name, mutant, tried: await tryMutant(laboratory, mission, sources, mutant) }),
          );
        }
        expect(mistakes).toEqual(ids.map(() => undefined));
      } finally {
        await laboratory.close();
      }
    },
    240_000,
  );
});
