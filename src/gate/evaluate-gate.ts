/**
 * The gate: from the counts of a report to a verdict.
 *
 * Invariants:
 * 1. Worst of: one failed check fails the gate, else one inconclusive check leaves it open, else it passes.
 * 2. Monotone: a recording that turns from `matched` to anything else never improves the verdict.
 * 3. Fails closed: no data, too little data, a replay that was cut short, or counts that do not add up never pass.
 * 4. Every reason carries its arithmetic.
 */
import type { ReportCounts, Verdict } from '../compare/report.ts';
import type { ReplayPolicy } from './policy.ts';

/** What the gate looks at. A report has both members. */
export interface GateFacts {
  readonly counts: ReportCounts;
  readonly partial: boolean;
}

interface Check {
  readonly verdict: Verdict['verdict'];
  readonly reason: string;
}

/** Exit codes of a command that ends in a verdict. */
const VERDICT_EXIT_CODES = { passed: 0, failed: 1, inconclusive: 3 } as const;

const SEVERITY = { passed: 0, inconclusive: 1, failed: 2 } as const;

/** Judges a report's counts by a policy. Reasons of the verdict come first; a passed gate names all its checks. */
export function evaluateGate(facts: GateFacts, policy: ReplayPolicy): Verdict {
  const checks = [...determinismCheck(facts), ...outcomeChecks(facts, policy), ...evidenceChecks(facts, policy)];
  const worst = checks.reduce<Verdict['verdict']>(
    (so, { verdict }) => (SEVERITY[verdict] > SEVERITY[so] ? verdict : so),
    'passed',
  );
  const telling = worst === 'passed' ? checks : checks.filter((check) => check.verdict !== 'passed');
  const reasons = telling.toSorted((a, b) => SEVERITY[b.verdict] - SEVERITY[a.verdict]).map((check) => check.reason);
  return { verdict: worst, reasons };
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

function outcomeChecks({ counts }: GateFacts, policy: ReplayPolicy): Check[] {
  const { outcomes, faithful } = counts;
  const check = (name: 'changed' | 'diverged' | 'failed' | 'unanswered', otherwise: Check['verdict']) =>
    shareCheck({ name, count: outcomes[name], of: faithful, allowed: policy.allow[name], otherwise });
  return [
    check('changed', 'failed'),
    check('failed', 'failed'),
    check('diverged', 'failed'),
    check('unanswered', 'inconclusive'),
  ];
}

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
function allowedCount(share: number, of: number): number {
  return Math.floor(share * of + 1e-9 * Math.max(1, of));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
