import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntendedReport } from '../../src/compare/intended-tally.ts';
import type { IntendedState } from '../../src/compare/judge-intended.ts';
import type { NoiseReport } from '../../src/compare/noise.ts';
import type { ReplayOutcome } from '../../src/compare/outcome.ts';
import type { ReportCounts, Verdict } from '../../src/compare/report.ts';
import { evaluateGate, exitCodeOf, type GateFacts } from '../../src/gate/evaluate-gate.ts';
import { DEFAULT_POLICY, parsePolicy } from '../../src/gate/parse-policy.ts';
import type { ReplayPolicy } from '../../src/gate/policy.ts';

interface Some extends Partial<Record<ReplayOutcome, number>> {
  readonly excluded?: number;
  readonly checked?: number;
  readonly disagreed?: number;
  readonly partial?: boolean;
}

function facts({ excluded = 0, checked = 0, disagreed = 0, partial = false, ...some }: Some): GateFacts {
  const outcomes = { matched: 0, changed: 0, diverged: 0, unanswered: 0, failed: 0, ...some };
  const faithful = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const counts: ReportCounts = {
    recordings: faithful + excluded,
    faithful,
    excluded,
    outcomes,
    effectsChanged: 0,
    determinismChecked: checked,
    determinismDisagreements: disagreed,
  };
  return { counts, partial };
}

const policy = (content: object): ReplayPolicy => parsePolicy(JSON.stringify(content), 'policy.json');

describe('evaluateGate: each condition by itself, with its arithmetic', () => {
  const cases: [string, Some, object, Verdict['verdict'], string][] = [
    ['all matched', { matched: 214 }, {}, 'passed', 'changed 0 of 214 ≤ allowed 0'],
    ['changed', { matched: 180, changed: 34 }, {}, 'failed', 'changed 34 of 214 > allowed 0'],
    [
      'changed within the share',
      { matched: 98, changed: 2 },
      { allow: { changed: 0.02 } },
      'passed',
      'changed 2 of 100 ≤ allowed 2 (2 % of 100)',
    ],
    [
      'changed beyond the share',
      { matched: 97, changed: 3 },
      { allow: { changed: 0.02 } },
      'failed',
      'changed 3 of 100 > allowed 2 (2 % of 100)',
    ],
    [
      'a share that floats',
      { matched: 71, changed: 29 },
      { allow: { changed: 0.29 } },
      'passed',
      'changed 29 of 100 ≤ allowed 29 (29 % of 100)',
    ],
    ['failed', { matched: 9, failed: 1 }, {}, 'failed', 'failed 1 of 10 > allowed 0'],
    ['diverged is free by default', { diverged: 5 }, {}, 'passed', 'diverged 5 of 5, any number allowed'],
    ['diverged, when limited', { diverged: 5 }, { allow: { diverged: 0 } }, 'failed', 'diverged 5 of 5 > allowed 0'],
    ['unanswered', { matched: 9, unanswered: 1 }, {}, 'inconclusive', 'unanswered 1 of 10 > allowed 0'],
    ['nothing', {}, {}, 'inconclusive', 'faithful recordings 0 < required 1'],
    ['too little', { matched: 29 }, { minimumRecordings: 30 }, 'inconclusive', 'faithful recordings 29 < required 30'],
    ['too many excluded', { matched: 9, excluded: 1 }, {}, 'inconclusive', 'excluded 1 of 10 > allowed 0 (5 % of 10)'],
    [
      'only excluded',
      { excluded: 3 },
      { allow: { excluded: 1 } },
      'inconclusive',
      'faithful recordings 0 < required 1',
    ],
    [
      'partial',
      { matched: 9, partial: true },
      {},
      'inconclusive',
      'stopped before the whole cohort was seen: 9 recordings so far',
    ],
    [
      'disagreement',
      { matched: 9, checked: 5, disagreed: 1 },
      {},
      'failed',
      "Temporal's own replayer disagrees on 1 of 5 > allowed 0",
    ],
    ['agreement', { matched: 9, checked: 5 }, {}, 'passed', "Temporal's own replayer agrees on 5 of 5"],
  ];
  it.each(cases)('%s', (_, some, content, verdict, reason) => {
    const found = evaluateGate(facts(some), policy(content));
    expect(found.verdict).toBe(verdict);
    expect(found.reasons).toContain(reason);
  });

  it('tells the worst first, and what passed only when all passed', () => {
    const found = evaluateGate(facts({ changed: 1, unanswered: 1, matched: 8, partial: true }), DEFAULT_POLICY);
    expect(found).toEqual({
      verdict: 'failed',
      reasons: [
        'changed 1 of 10 > allowed 0',
        'unanswered 1 of 10 > allowed 0',
        'stopped before the whole cohort was seen: 10 recordings so far',
      ],
    });
  });

  it('does not pass counts that do not add up', () => {
    const { counts } = facts({ matched: 9 });
    const found = evaluateGate({ counts: { ...counts, faithful: 10, recordings: 10 }, partial: false }, DEFAULT_POLICY);
    expect(found).toEqual({ verdict: 'inconclusive', reasons: ['outcomes add up to 9 ≠ faithful 10'] });
  });

  it.each([
    ['passed', 0],
    ['failed', 1],
    ['inconclusive', 3],
  ] as const)('%s ends with exit code %d', (verdict, code) => {
    expect(exitCodeOf({ verdict, reasons: [] })).toBe(code);
  });
});

describe('evaluateGate: properties', () => {
  const badness = { passed: 0, inconclusive: 1, failed: 2 };
  const counts = fc.record({
    matched: fc.integer({ min: 1, max: 60 }),
    changed: fc.nat(5),
    diverged: fc.nat(5),
    unanswered: fc.nat(5),
    failed: fc.nat(5),
    excluded: fc.nat(5),
    partial: fc.boolean(),
  });
  const share = fc.constantFrom(0, 0.01, 0.05, 0.1, 0.5, 1);
  const policies = fc
    .record({ changed: share, diverged: share, unanswered: share, failed: share, excluded: share })
    .map((allow) => policy({ allow, minimumRecordings: 10 }));
  const worse = fc.constantFrom<ReplayOutcome[]>('changed', 'diverged', 'unanswered', 'failed');

  it('a recording that no longer matches never improves the verdict', () => {
    fc.assert(
      fc.property(counts, policies, worse, (some, allowed, outcome) => {
        const before = evaluateGate(facts(some), allowed);
        const after = evaluateGate(
          facts({ ...some, matched: some.matched - 1, [outcome]: some[outcome as 'changed'] + 1 }),
          allowed,
        );
        expect(badness[after.verdict]).toBeGreaterThanOrEqual(badness[before.verdict]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('a verdict always has a reason, and never passes on no data or a part of it', () => {
    fc.assert(
      fc.property(counts, policies, (some, allowed) => {
        const found = evaluateGate(facts(some), allowed);
        expect(found.reasons.length).toBeGreaterThan(0);
        if (some.partial) expect(found.verdict).not.toBe('passed');
        expect(evaluateGate(facts({ excluded: some.excluded }), allowed).verdict).not.toBe('passed');
      }),
    );
  });
});

describe('evaluateGate: noise', () => {
  const nothing = { noise: 0, unclear: 0 };
  const noiseOf = (changed: Partial<typeof nothing>, over: Partial<NoiseReport> = {}): NoiseReport => ({
    samples: 5,
    falseDiscovery: 0.05,
    recordings: 10,
    unanswered: { baseline: 0, candidate: 0 },
    fieldsTested: 0,
    fields: [],
    notReal: { changed: { ...nothing, ...changed }, failed: nothing },
    excess: { changed: 0, failed: 0 },
    ...over,
  });
  const judge = (changed: number, noise: NoiseReport, allow = {}) =>
    evaluateGate({ ...facts({ changed, matched: 10 - changed }), noise }, policy({ allow, noise: { samples: 5 } }));

  it('does not count what is noise, and says so', () => {
    const found = judge(3, noiseOf({ noise: 3 }));
    expect(found.verdict).toBe('passed');
    expect(found.reasons).toContain('changed 3, less 3 within noise of 10 ≤ allowed 0');
  });

  it('counts the rest', () => {
    expect(judge(3, noiseOf({ noise: 2 }))).toEqual({
      verdict: 'failed',
      reasons: ['changed 3, less 2 within noise of 10 > allowed 0'],
    });
  });

  it.each([
    [{ samples: 8 }, 'changed 2 of 10 > allowed 0: 2 cannot be told from noise; noise=8 would tell'],
    [{ recordings: 40 }, 'changed 2 of 10 > allowed 0: 2 cannot be told from noise; about 40 recordings would tell'],
  ])('leaves open what cannot be told, and says what %j would do', (needed, reason) => {
    expect(judge(2, noiseOf({ unclear: 2 }, { needed }))).toEqual({ verdict: 'inconclusive', reasons: [reason] });
  });

  it('fails on what is certain, though more is unclear; passes where even that is allowed', () => {
    expect(judge(3, noiseOf({ unclear: 2 })).verdict).toBe('failed');
    expect(judge(3, noiseOf({ unclear: 2 }), { changed: 0.3 }).verdict).toBe('passed');
  });

  it('fails on a change beyond noise that the counted replay did not show', () => {
    expect(judge(0, noiseOf({}, { excess: { changed: 2, failed: 0 } }))).toEqual({
      verdict: 'failed',
      reasons: ['changed beyond noise 2 of 10 > allowed 0'],
    });
  });

  it('does not pass where noise was to be measured and was not', () => {
    const found = evaluateGate(facts({ matched: 10 }), policy({ noise: { samples: 5 } }));
    expect(found.verdict).toBe('inconclusive');
  });

  it('never takes off more than there is', () => {
    expect(judge(1, noiseOf({ noise: 50, unclear: 50 })).verdict).toBe('passed');
  });
});

describe('intended changes', () => {
  const came = (over: Partial<Record<IntendedState, number>>, asIntended = 0): IntendedReport => {
    const states = { happened: 0, already: 0, missing: 0, unseen: 0, ...over };
    const runs = Object.values(states).reduce((sum, count) => sum + count, 0);
    return { digest: 'd', asIntended, changes: [{ name: 'x', reason: 'r', owner: 'o', runs, states }] };
  };
  const judge = (some: Some, intended: IntendedReport, content: object = {}) =>
    evaluateGate({ ...facts(some), intended }, policy(content));

  it.each([
    ['came', came({ happened: 3 }, 3), 'passed', 'intended change "x" came in 3 of 3 runs'],
    [
      'came in part',
      came({ happened: 2, missing: 1 }, 2),
      'failed',
      'intended change "x" did not come in 1 of 3 runs > allowed 0',
    ],
    [
      'is declared for nothing',
      came({}),
      'inconclusive',
      'intended change "x" is declared for 0 of 10 recordings: it was not shown',
    ],
    [
      'was so before',
      came({ already: 2, unseen: 1 }),
      'inconclusive',
      'intended change "x" came in 0 of 3 runs (2 were like that before, 1 came to no end): it was not shown',
    ],
  ] as const)('one that %s', (_, intended, verdict, reason) => {
    const judged = judge({ matched: 10 - intended.asIntended, changed: intended.asIntended }, intended);
    expect(judged.verdict).toBe(verdict);
    expect(judged.reasons).toContain(reason);
  });

  it('are no excuse for other changes', () => {
    expect(judge({ matched: 6, changed: 4 }, came({ happened: 3 }, 3))).toEqual({
      verdict: 'failed',
      reasons: ['changed 4, less 3 as intended of 10 > allowed 0'],
    });
  });

  it('that were not shown may be a warning', () => {
    const { verdict, warnings, reasons } = judge({ matched: 10 }, came({}), { unusedIntended: 'warn' });
    expect(verdict).toBe('passed');
    expect(warnings).toEqual(['intended change "x" is declared for 0 of 10 recordings: it was not shown']);
    expect(reasons).not.toContain(warnings?.[0]);
  });
});
