/** What the shadows of a version have shown so far: counted, and the differences grouped, the most frequent first. */
import { DIVERGENCE_WORDS } from '../compare/describe.ts';
import type { Difference } from '../compare/difference.ts';
import type { Registry } from '../registry/registry.ts';
import { SHADOW_OUTCOMES, type ShadowCount, type ShadowOutcome } from '../registry/shadows.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { type ShadowDetail, shadowDetail } from './shadow-finding.ts';

export interface ShadowReport {
  readonly mission: string;
  readonly version: number;
  readonly ref: string;
  /** Parts per 10,000 of the real runs that it shadows now; 0 when it does not any more. */
  readonly share: number;
  readonly counts: Readonly<Record<ShadowOutcome, number>>;
  /** Compared: all counted but those excluded. */
  readonly compared: number;
  /** Still under way. */
  readonly open: number;
  /** Could not be started. */
  readonly notStarted: number;
  /** Of the newest that differ, at most {@link EXAMPLES_MAX}. */
  readonly groups: readonly ShadowGroup[];
}

/** Shadows that differ in the same way. */
export interface ShadowGroup {
  readonly outcome: ShadowOutcome;
  /** `/approve`, `write /0/request/amount`, `step judge#1`; empty when it is none. */
  readonly where: string;
  /** What is different there, or why it ended. */
  readonly what: string;
  readonly count: number;
  /** Workflow ids of real runs, the newest first. */
  readonly examples: readonly string[];
}

export interface ShadowReportOptions {
  readonly registry: Pick<Registry, 'shadows' | 'routes'>;
  readonly ref: VersionRef;
  /** Shadows planned since, ISO 8601. @default all that are kept */
  readonly since?: string | undefined;
}

const EXAMPLES_MAX = 500;
const EXAMPLES_PER_GROUP = 3;
/** What a person should look at. */
const TELLING = SHADOW_OUTCOMES.filter((outcome) => outcome !== 'matched');

export async function shadowReport({ registry, ref, since }: ShadowReportOptions): Promise<ShadowReport> {
  const { mission, number: version } = ref;
  const [counts, examples, route] = await Promise.all([
    registry.shadows.counts({ mission, version, since }),
    registry.shadows.examples({ mission, version, since, outcomes: TELLING, limit: EXAMPLES_MAX }),
    registry.routes.current(mission),
  ]);
  const found = examples.map(({ primaryWorkflowId, outcome, step, detail }) => ({
    primaryWorkflowId,
    outcome: outcome ?? 'excluded',
    step,
    detail: shadowDetail.parse(detail),
  }));
  return {
    mission,
    version,
    ref: formatVersionRef(ref),
    share: route?.shadows.find((shadow) => shadow.version === version)?.share ?? 0,
    ...addedUp(counts),
    groups: groupFindings(found),
  };
}

/** Versions of a mission that shadow now or have shadowed, the newest first. */
export async function shadowedVersions(
  { shadows, routes }: Pick<Registry, 'shadows' | 'routes'>,
  mission: string,
): Promise<readonly number[]> {
  const [counts, route] = await Promise.all([shadows.counts({ mission }), routes.current(mission)]);
  const numbers = [...counts, ...(route?.shadows ?? [])].map(({ version }) => version);
  return [...new Set(numbers)].sort((left, right) => right - left);
}

/** Pure. */
function addedUp(counts: readonly ShadowCount[]) {
  const sum = (isMeant: (one: ShadowCount) => boolean) =>
    counts.filter(isMeant).reduce((total, { count }) => total + count, 0);
  const of = (outcome: ShadowOutcome) => sum((one) => one.outcome === outcome);
  const byOutcome = Object.fromEntries(SHADOW_OUTCOMES.map((outcome) => [outcome, of(outcome)]));
  return {
    counts: byOutcome as Record<ShadowOutcome, number>,
    compared: sum(({ outcome }) => outcome !== null && outcome !== 'excluded'),
    open: sum(({ status }) => status === 'open' || status === 'planned'),
    notStarted: sum(({ status }) => status === 'not-started'),
  };
}

interface Finding {
  readonly primaryWorkflowId: string;
  readonly outcome: ShadowOutcome;
  readonly step: string | null;
  readonly detail: ShadowDetail;
}

/** Each finding counts once, by the first thing that a person should look at. Pure. */
function groupFindings(findings: readonly Finding[]): readonly ShadowGroup[] {
  const groups = new Map<string, { outcome: ShadowOutcome; where: string; what: string; runs: string[] }>();
  for (const { outcome, step, detail, primaryWorkflowId } of findings) {
    const { where, what } = firstThing(step, detail);
    const key = JSON.stringify([outcome, where, what]);
    const group = groups.get(key) ?? { outcome, where, what, runs: [] };
    group.runs.push(primaryWorkflowId);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ runs, ...group }) => ({ ...group, count: runs.length, examples: runs.slice(0, EXAMPLES_PER_GROUP) }))
    .sort((left, right) => right.count - left.count);
}

function firstThing(step: string | null, { end, effects, divergence, reason }: ShadowDetail) {
  if (reason !== undefined) return { where: step === null || step === '' ? '' : `step ${step}`, what: reason };
  const [ended] = end;
  if (ended !== undefined) return { where: ended.pointer === '' ? '(end)' : ended.pointer, what: whatOf(ended) };
  const [effect] = effects;
  if (effect !== undefined) return { where: `write ${effect.pointer}`, what: whatOf(effect) };
  return { where: `step ${divergence?.step ?? ''}`, what: divergence === null ? '' : wordsOf(divergence.kind) };
}

function wordsOf(kind: string): string {
  return Object.hasOwn(DIVERGENCE_WORDS, kind) ? DIVERGENCE_WORDS[kind as keyof typeof DIVERGENCE_WORDS] : kind;
}

/** Of texts and objects only that they differ: each run has its own, and they would make as many groups. */
function whatOf({ kind, baseline, candidate }: Difference): string {
  const isPlain = (value: unknown) => typeof value === 'boolean' || value === null;
  return isPlain(baseline) && isPlain(candidate) ? `${String(baseline)} → ${String(candidate)}` : kind;
}
