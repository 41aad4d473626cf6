/**
 * Coverage: what of a candidate the recordings exercised, and what they did not.
 *
 * Invariants:
 * 1. The report depends on what was added, not on the order in which it came.
 * 2. A part counts once per recording, however often the run used it.
 * 3. What steps do not tell (which lines of code ran, which constants were read) is `unknown`, never `exercised`, until somebody
 *    has counted it (`release/cover-mission.ts`).
 */
import type { ComponentChange } from '../artifact/component-change.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import { branchOf, pathOf, WALKED_KINDS, type WalkedStep } from '../recording/walked-way.ts';
import { declaredRules, isForgivenBy } from './forgiven.ts';
import { byText } from './group-counter.ts';

/** A part of a mission that a run can use. Steps that the definition does not declare are known only once they are taken. */
export interface CoveredPart {
  /**
   * `step` is whatever is declared in code alone: a rule step, an observation, a wait, a child, an activity. `function` is one of
   * the author's workflow code; its branches are what never ran in it, and its runs are recordings whose code was counted.
   */
  readonly part: 'prompt' | 'model' | 'tool' | 'decision' | 'step' | 'function';
  readonly name: string;
  /** Of `step`: `rule`, `wait`, `child`, … */
  readonly kind?: string;
  /** Recordings in which the candidate used it. */
  readonly runs: number;
  /** Recordings by the branch it took there, most frequent first; with 0, one that it could have taken and never did. */
  readonly branches: readonly { readonly branch: string; readonly runs: number }[];
}

/** Whether a change between the two versions had a chance to show. */
export interface CoveredChange {
  readonly component: ComponentChange['component'];
  readonly name: string;
  /** `partly`: of code, where some of the changed lines ran and others in no recording. */
  readonly exercised: 'yes' | 'partly' | 'no' | 'unknown';
  /**
   * Recordings in which the recorded run or the candidate used it; absent when unknown. Of rules and code these are recordings whose code
   * was counted ({@link CoverageReport.code}).
   */
  readonly runs?: number;
  /** Of rules and code: how many of {@link runs} came out otherwise in any way. With 0, nothing tells the two versions apart there. */
  readonly differing?: number;
  /** Of code: changed lines that ran in no recording, the first of them. */
  readonly missed?: readonly MissedLine[];
  /** Of code: how many lines there are of these. */
  readonly missedCount?: number;
}

/** A line of the author that changed, and that no recording came past. */
export interface MissedLine {
  /** `workflows/refund-eligibility/rules.ts:14`; of a line that is taken away, where the baseline has it. */
  readonly place: string;
  readonly text: string;
  readonly isRemoved?: true;
}

export interface CoverageReport {
  /** Faithful recordings: all that were looked at. */
  readonly recordings: number;
  /** Distinct ways of the candidate: which steps it took, and which branches. */
  readonly paths: number;
  readonly parts: readonly CoveredPart[];
  readonly changes: readonly CoveredChange[];
  /** Those that forgave nothing can go, or hide nothing yet. */
  readonly compareRules: readonly CoveredRule[];
  /** Recordings whose code was counted, of those that could be replayed again; absent where nobody counted. */
  readonly code?: CountedCode;
}

export interface CountedCode {
  readonly walked: number;
  readonly of: number;
  /** Why counting was given up before all that were chosen had been counted. */
  readonly stopped?: string;
}

/** A compare rule or volatile field of the candidate, and in how many recordings it forgave a difference. */
export interface CoveredRule {
  /** `output /decidedAt`, `tool issueRefund /at` */
  readonly place: string;
  readonly runs: number;
}

/** One recording: the way that was recorded, and that of the candidate. The same value when it was followed. */
export interface WalkedWays {
  readonly recorded: readonly WalkedStep[];
  readonly candidate: readonly WalkedStep[];
  /** Where compare rules and volatile fields forgave a difference. */
  readonly forgiven?: readonly string[] | undefined;
}

export interface CoverageCounter {
  add(ways: WalkedWays): void;
  finish(): CoverageReport;
}

export interface CoverageSubject {
  readonly candidate: MissionDefinition;
  readonly baseline: MissionDefinition;
  readonly changes: readonly ComponentChange[];
}

export function createCoverage(subject: CoverageSubject): CoverageCounter {
  const used = new Map<string, PartCount>();
  for (const [key, branches] of declaredParts(subject.candidate)) {
    used.set(key, { runs: 0, branches: new Map(branches.map((branch) => [branch, 0])) });
  }
  const changed = subject.changes.map((change) => ({ change, runs: 0 }));
  const rules = new Map(declaredRules(subject.candidate).map((place) => [place, 0]));
  const paths = new Set<string>();
  let recordings = 0;
  return {
    add({ recorded, candidate, forgiven = [] }) {
      recordings += 1;
      countRules(rules, forgiven);
      paths.add(pathOf(candidate));
      countParts(used, partsUsed(candidate, subject.candidate));
      const before = new Set(partsUsed(recorded, subject.baseline).keys());
      const after = new Set(partsUsed(candidate, subject.candidate).keys());
      for (const one of changed) {
        const key = partOfChange(one.change);
        if (key === 'all' || (key !== undefined && (before.has(key) || after.has(key)))) one.runs += 1;
      }
    },
    finish: () => ({
      recordings,
      paths: paths.size,
      parts: [...used]
        .sort(([a], [b]) => byText(a, b))
        .map(([key, { runs, branches }]) => ({ ...partOf(key), runs, branches: sorted(branches) })),
      changes: changed.map(({ change, runs }) => coveredChange(change, runs)),
      compareRules: [...rules].map(([place, runs]) => ({ place, runs })),
    }),
  };
}

interface PartCount {
  runs: number;
  readonly branches: Map<string, number>;
}

function countParts(counts: Map<string, PartCount>, used: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [key, branches] of used) {
    const part = counts.get(key) ?? { runs: 0, branches: new Map(undeclaredBranches(branches)) };
    counts.set(key, part);
    part.runs += 1;
    for (const branch of branches) part.branches.set(branch, (part.branches.get(branch) ?? 0) + 1);
  }
}

function countRules(counts: Map<string, number>, forgiven: readonly string[]): void {
  for (const [place, runs] of counts) {
    if (forgiven.some((one) => isForgivenBy(one, place))) counts.set(place, runs + 1);
  }
}

const SEPARATOR = '\0';

function keyOf(part: CoveredPart['part'], name: string, kind = ''): string {
  return [part, kind, name].join(SEPARATOR);
}

function partOf(key: string): Pick<CoveredPart, 'part' | 'name' | 'kind'> {
  const [part = '', kind = '', ...name] = key.split(SEPARATOR);
  return { part: part as CoveredPart['part'], name: name.join(SEPARATOR), ...(kind !== '' && { kind }) };
}

/** Everything that the definition declares, with the branches that are known beforehand. */
function declaredParts({ prompts, models, tools, decisions }: MissionDefinition): [string, readonly string[]][] {
  return [
    ...Object.keys(prompts).map((name): [string, string[]] => [keyOf('prompt', name), ['completed']]),
    ...Object.keys(models).map((name): [string, string[]] => [keyOf('model', name), []]),
    ...Object.keys(tools).map((name): [string, string[]] => [keyOf('tool', name), ['completed', 'failed']]),
    ...Object.entries(decisions).map(([name, { options, timeoutMs }]): [string, string[]] => [
      keyOf('decision', name),
      timeoutMs === undefined ? [...options] : [...options, 'timed-out'],
    ]),
  ];
}

/** A rule has two verdicts, whichever came first. */
function undeclaredBranches(branches: ReadonlySet<string>): [string, number][] {
  return branches.has('true') || branches.has('false')
    ? [
        ['true', 0],
        ['false', 0],
      ]
    : [];
}

/** The parts that a way used, with their branches. A prompt uses the model that it goes to. */
function partsUsed(steps: readonly WalkedStep[], { prompts }: MissionDefinition): Map<string, Set<string>> {
  const used = new Map<string, Set<string>>();
  const use = (key: string, branch?: string) => {
    const branches = used.get(key) ?? new Set();
    used.set(key, branch === undefined ? branches : branches.add(branch));
  };
  for (const step of steps) {
    const branch = branchOf(step);
    if (step.kind === 'model') {
      use(keyOf('prompt', step.name), branch);
      const model = Object.hasOwn(prompts, step.name) ? prompts[step.name]?.model : undefined;
      if (model !== undefined) use(keyOf('model', model));
    } else if (step.kind === 'tool' || step.kind === 'decision') use(keyOf(step.kind, step.name), branch);
    else if (WALKED_KINDS.has(step.kind)) use(keyOf('step', step.name, step.kind), branch);
  }
  return used;
}

/** `all`: every run meets it. `undefined`: nobody can tell. */
function partOfChange({ component, name }: ComponentChange): string | undefined {
  switch (component) {
    case 'prompt':
    case 'model':
    case 'tool':
    case 'decision':
      return keyOf(component, name);
    case 'input':
    case 'output':
      return 'all';
    case 'rule':
    case 'code':
      return undefined;
  }
}

function coveredChange(change: ComponentChange, runs: number): CoveredChange {
  const { component, name } = change;
  if (partOfChange(change) === undefined) return { component, name, exercised: 'unknown' };
  return { component, name, exercised: runs > 0 ? 'yes' : 'no', runs };
}

function sorted(branches: ReadonlyMap<string, number>): CoveredPart['branches'] {
  return [...branches]
    .map(([branch, runs]) => ({ branch, runs }))
    .sort((a, b) => b.runs - a.runs || byText(a.branch, b.branch));
}
