/**
 * The gate: from the counts of a report to a verdict.
 *
 * Invariants:
 * 1. Worst of: one failed check fails the gate, else one inconclusive check leaves it open, else it passes.
 * 2. Monotone: a recording that turns from `matched` to anything that is not declared never improves the verdict.
 * 3. Fails closed: no data, too little data, a replay that was cut short, or counts that do not add up never pass.
 * 4. Every reason carries its arithmetic.
 * 5. An intended change is let through where it was declared and as it was declared, and is missed where it did not come.
 */
import type { CoverageReport, CoveredChange } from '../compare/coverage.ts';
import type { IntendedReport } from '../compare/intended-tally.ts';
import type { NoiseReport } from '../compare/noise.ts';
import type { ReportCounts, Verdict } from '../compare/report.ts';
import type { ReplayPolicy } from './policy.ts';

/** What the gate looks at. A report has both members. */
export interface GateFacts {
  readonly counts: ReportCounts;
  readonly partial: boolean;
  readonly noise?: NoiseReport;
  readonly intended?: IntendedReport;
  readonly coverage?: CoverageReport;
}

interface Check {
  readonly verdict: Verdict['verdict'];
  readonly reason: string;
  /** It passes, and is told all the same. */
  readonly isWarning?: true;
}

/** Exit codes of a command that ends in a verdict. */
const VERDICT_EXIT_CODES = { passed: 0, failed: 1, inconclusive: 3 } as const;

const SEVERITY = { passed: 0, inconclusive: 1, failed: 2 } as const;

/** Judges a report's counts by a policy. Reasons of the verdict come first; a passed gate names all its checks. */
export function evaluateGate(facts: GateFacts, policy: ReplayPolicy): Verdict {
  const checks = [
    ...determinismCheck(facts),
    ...outcomeChecks(facts, policy),
    ...noiseChecks(facts, policy),
    ...intendedChecks(facts, policy),
    ...coverageChecks(facts, policy),
    ...evidenceChecks(facts, policy),
  ];
  const worst = checks.reduce<Verdict['verdict']>(
    (so, { verdict }) => (SEVERITY[verdict] > SEVERITY[so] ? verdict : so),
    'passed',
  );
  const warnings = checks.filter((check) => check.isWarning).map((check) => check.reason);
  const telling = checks.filter((check) => (worst === 'passed' ? !check.isWarning : check.verdict !== 'passed'));
  const reasons = telling.toSorted((a, b) => SEVERITY[b.verdict] - SEVERITY[a.verdict]).map((check) => check.reason);
  return { verdict: worst, reasons, ...(warnings.length > 0 && { warnings }) };
}

/** The exit code of a command that ends in this verdict: 0 passed, 1 failed, 3 inconclusive. */
export function exitCodeOf(verdict: Verdict): 0 | 1 | 3 {
  return VERDICT_EXIT_CODES[verdict.verdict];
}

function determinismCheck({ counts }: GateFacts): Check[] {
  const { determinismChecked: checked, determinismDisagreements: disagreed } = counts;
  if (checked === 0 && disagreed === 0) return [];
  return disagreed > 0
    ? [{ verdict: 'failed', reason: `Temporal's own replayer disagrees on ${disagreed} of ${checked} > allowed 0` }]
    : [{ verdict: 'passed', reason: `Temporal's own replayer agrees on ${checked} of ${checked}` }];
}

function outcomeChecks({ counts, noise, intended }: GateFacts, policy: ReplayPolicy): Check[] {
  const { outcomes, faithful } = counts;
  const noisy = (name: 'changed' | 'failed', asIntended = 0) =>
    noisyCheck(
      { name, count: outcomes[name], asIntended, of: faithful, allowed: policy.allow[name], otherwise: 'failed' },
      noise,
    );
  const check = (name: 'diverged' | 'unanswered', otherwise: Check['verdict']) =>
    shareCheck({ name, count: outcomes[name], of: faithful, allowed: policy.allow[name], otherwise });
  return [
    noisy('changed', intended?.asIntended),
    noisy('failed'),
    check('diverged', 'failed'),
    check('unanswered', 'inconclusive'),
  ];
}

/**
 * What is only noise is not counted; what cannot be told from noise counts against a pass, and not for a failure. More is
 * never taken off than there is.
 */
function noisyCheck(
  share: Share & { readonly name: 'changed' | 'failed'; readonly asIntended: number },
  noise: NoiseReport | undefined,
): Check {
  const { name, count, asIntended } = share;
  const { noise: within = 0, unclear = 0 } = noise?.notReal[name] ?? {};
  const counted = Math.max(0, count - asIntended - within);
  const certain = Math.max(0, counted - unclear);
  if (asIntended + within + unclear === 0) return shareCheck(share);
  const intendedWords = asIntended > 0 ? `, less ${asIntended} as intended` : '';
  const words = `${count}${intendedWords}${within > 0 ? `, less ${within} within noise` : ''}`;
  const sure = shareCheck({ ...share, count: certain });
  if (sure.verdict !== 'passed')
    return { ...sure, reason: sure.reason.replace(`${name} ${certain}`, `${name} ${words}`) };
  const all = shareCheck({ ...share, count: counted, otherwise: 'inconclusive' });
  const doubt = all.verdict === 'passed' ? '' : `: ${unclear} cannot be told from noise${needWords(noise)}`;
  return { ...all, reason: `${all.reason.replace(`${name} ${counted}`, `${name} ${words}`)}${doubt}` };
}

function needWords(noise: NoiseReport | undefined): string {
  const needed = noise?.needed;
  if (needed === undefined) return ', and no number of draws would tell: say how the field is to be compared';
  return 'samples' in needed
    ? `; noise=${needed.samples} would tell`
    : `; about ${needed.recordings} recordings would tell`;
}

/** Draws look closer than the one replay that is counted: a real change that it happened not to show counts all the same. */
function noiseChecks({ counts, noise }: GateFacts, policy: ReplayPolicy): Check[] {
  if (noise === undefined) return policy.noise === undefined ? [] : [NOISE_MISSING];
  return (['changed', 'failed'] as const).flatMap((name): Check[] => {
    const [count, allowed] = [noise.excess[name], policy.allow[name]];
    if (count === 0) return [];
    return [shareCheck({ name: `${name} beyond noise`, count, of: counts.faithful, allowed, otherwise: 'failed' })];
  });
}

function intendedChecks({ intended, counts }: GateFacts, { unusedIntended }: ReplayPolicy): Check[] {
  return (intended?.changes ?? []).map(({ name, runs, states }): Check => {
    const title = `intended change "${name}"`;
    if (states.missing > 0)
      return { verdict: 'failed', reason: `${title} did not come in ${states.missing} of ${runs} runs > allowed 0` };
    if (states.happened === 0) {
      const why =
        runs === 0
          ? `is declared for 0 of ${counts.faithful} recordings`
          : `came in 0 of ${runs} runs (${states.already} were like that before, ${states.unseen} came to no end)`;
      const reason = `${title} ${why}: it was not shown`;
      return findingCheck(unusedIntended ?? 'inconclusive', reason);
    }
    const rest = states.already > 0 ? `, ${states.already} were like that before` : '';
    return { verdict: 'passed', reason: `${title} came in ${states.happened} of ${runs} runs${rest}` };
  });
}

/** A change that no recording came past says nothing, however green the rest is. */
function coverageChecks({ coverage, counts }: GateFacts, policy: ReplayPolicy): Check[] {
  if (coverage === undefined || counts.faithful === 0) return [];
  const { changes, recordings, code } = coverage;
  const missed = changes.filter(({ exercised }) => exercised === 'no' || exercised === 'partly');
  if (missed.length === 0) return [];
  const counted = code === undefined || code.walked === code.of ? '' : ` (code counted in ${code.walked})`;
  const reason = `${missed.length} of ${changes.length} changes not exercised by any of ${recordings} recordings${counted}: ${missed.map(missedWords).join(', ')}`;
  return [findingCheck(policy.coverage ?? 'warn', reason)];
}

function missedWords({ component, name, exercised, missedCount }: CoveredChange): string {
  const part = exercised === 'partly' ? ` (${missedCount} of its changed lines)` : '';
  return `${component} ${name}`.trim() + part;
}

function findingCheck(finding: 'warn' | 'inconclusive', reason: string): Check {
  return finding === 'warn' ? { verdict: 'passed', reason, isWarning: true } : { verdict: 'inconclusive', reason };
}

const NOISE_MISSING: Check = { verdict: 'inconclusive', reason: 'noise was to be measured and was not' };

function evidenceChecks({ counts, partial }: GateFacts, policy: ReplayPolicy): Check[] {
  const { recordings, faithful, excluded, outcomes } = counts;
  const counted = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const checks: Check[] = [
    faithful >= Math.max(1, policy.minimumRecordings)
      ? { verdict: 'passed', reason: `faithful recordings ${faithful} ≥ required ${policy.minimumRecordings}` }
      : { verdict: 'inconclusive', reason: `faithful recordings ${faithful} < required ${policy.minimumRecordings}` },
    shareCheck({
      name: 'excluded',
      count: excluded,
      of: recordings,
      allowed: policy.allow.excluded,
      otherwise: 'inconclusive',
    }),
  ];
  if (partial)
    checks.push({
      verdict: 'inconclusive',
      reason: `stopped before the whole cohort was seen: ${recordings} recordings so far`,
    });
  if (counted !== faithful) {
    checks.push({ verdict: 'inconclusive', reason: `outcomes add up to ${counted} ≠ faithful ${faithful}` });
  }
  return checks;
}

interface Share {
  readonly name: string;
  readonly count: number;
  readonly of: number;
  /** 0 to 1. */
  readonly allowed: number;
  readonly otherwise: Check['verdict'];
}

function shareCheck({ name, count, of, allowed, otherwise }: Share): Check {
  if (allowed >= 1) return { verdict: 'passed', reason: `${name} ${count} of ${of}, any number allowed` };
  const most = allowedCount(allowed, of);
  const limit = allowed > 0 ? `${most} (${percent(allowed)} of ${of})` : String(most);
  return count <= most
    ? { verdict: 'passed', reason: `${name} ${count} of ${of} ≤ allowed ${limit}` }
    : { verdict: otherwise, reason: `${name} ${count} of ${of} > allowed ${limit}` };
}

/** Whole recordings within a share; a share such as 0.07 of 100 is 7 although the product is a little more or less. */
export function allowedCount(share: number, of: number): number {
  return Math.floor(share * of + 1e-9 * Math.max(1, of));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
