/** The groups of a report, counted result by result. */
import type { Json } from '../shared/json.ts';
import type { Difference } from './difference.ts';
import { type CountedGroups, clipText, clipValue, createGroupCounter, foldGroups } from './group-counter.ts';
import type { Effect, ReplayResult } from './outcome.ts';
import type {
  DivergenceGroup,
  EffectGroup,
  FailureGroup,
  FlipGroup,
  Group,
  Report,
  UnansweredGroup,
} from './report.ts';

/** Flip groups of one field, and groups of every other kind; what is beyond is folded into the last one. */
const MAX_FLIPS_PER_FIELD = 12;
const MAX_GROUPS = 50;
/** Fields that have flip groups of their own; the others are folded into one. */
const MAX_FLIPS = 200;

export interface ReportGroups {
  add(result: ReplayResult): void;
  finish(): Pick<Report, 'flips' | 'effects' | 'divergences' | 'unanswered' | 'failures'>;
}

export function createReportGroups(): ReportGroups {
  const flips = createGroupCounter<FlipTraits>();
  const effects = createGroupCounter<EffectTraits>();
  const divergences = createGroupCounter<DivergenceTraits>();
  const unanswered = createGroupCounter<UnansweredTraits>();
  const failures = createGroupCounter<FailureTraits>();
  const pointers = createPointerCounter();

  return {
    add(result) {
      const { id } = result.recording;
      for (const { pointer, baseline, candidate } of result.endDifferences) {
        const key = [pointer, present(baseline), present(candidate)];
        flips.add(id, key, { pointer: clipText(pointer), from: clipValue(baseline), to: clipValue(candidate) });
      }
      for (const { tool, kind, pointers: places } of effectChanges(result)) {
        effects.add(id, [tool, kind], { tool: clipText(tool), kind });
        pointers.add(id, ['effect', clipText(tool), kind], places);
      }
      if (result.divergence !== null) {
        const { step, kind, differences } = result.divergence;
        const places = differences.map((difference) => difference.pointer);
        divergences.add(id, [step, kind], { step: clipText(step), kind });
        pointers.add(id, ['divergence', clipText(step), kind], places);
      }
      if (result.unanswered !== undefined) {
        const { step, kind, reason, remedy } = result.unanswered;
        const traits = { step: clipText(step), kind, reason: clipText(reason), remedy: clipText(remedy) };
        unanswered.add(id, [step, kind, reason, remedy], traits);
      }
      if (result.failure !== undefined) {
        const { message, step } = result.failure;
        const traits = { message: clipText(message), ...(step !== undefined && { step: clipText(step) }) };
        failures.add(id, [message, step ?? null], traits);
      }
    },
    finish() {
      const listed = pointers.finish();
      return {
        flips: foldFlips(flips.finish()),
        effects: foldGroups<EffectTraits>(effects.finish(), MAX_GROUPS, otherEffect).map((group) => ({
          ...group,
          pointers: group.folded === undefined ? listed(['effect', group.tool, group.kind]) : [],
        })),
        divergences: foldGroups<DivergenceTraits>(divergences.finish(), MAX_GROUPS, otherDivergence).map((group) => ({
          ...group,
          pointers: group.folded === undefined ? listed(['divergence', group.step, group.kind]) : [],
        })),
        unanswered: foldGroups<UnansweredTraits>(unanswered.finish(), MAX_GROUPS, otherAnswer),
        failures: foldGroups<FailureTraits>(failures.finish(), MAX_GROUPS, () => ({ message: 'other failures' })),
      };
    },
  };
}

type FlipTraits = Omit<FlipGroup, keyof Group>;
type EffectTraits = Omit<EffectGroup, keyof Group | 'pointers'>;
type DivergenceTraits = Omit<DivergenceGroup, keyof Group | 'pointers'>;
type UnansweredTraits = Omit<UnansweredGroup, keyof Group>;
type FailureTraits = Omit<FailureGroup, keyof Group>;

/** Of several kinds together, that of the most frequent one. */
function otherEffect(first?: EffectTraits): EffectTraits {
  return { kind: first?.kind ?? 'changed', tool: '*' };
}

function otherDivergence(first?: DivergenceTraits): DivergenceTraits {
  return { kind: first?.kind ?? 'replaced', step: '*' };
}

function otherAnswer(first?: UnansweredTraits): UnansweredTraits {
  return { kind: 'wait', reason: 'other reasons', remedy: '', ...first, step: '*' };
}

/** Pointers that one recording adds to a group: enough to say where to look. */
const POINTERS_EACH = 50;
/** Pointers of a group that a report shows. */
const POINTERS_SHOWN = 20;

interface PointerCounter {
  add(recording: string, group: readonly string[], pointers: readonly string[]): void;
  /** Of a group, the most frequent first. */
  finish(): (group: readonly string[]) => string[];
}

function createPointerCounter(): PointerCounter {
  const counter = createGroupCounter<{ readonly of: string; readonly pointer: string }>();
  return {
    add(recording, group, pointers) {
      const distinct = [...new Set(pointers)].slice(0, POINTERS_EACH);
      for (const pointer of distinct)
        counter.add(recording, [...group, pointer], { of: JSON.stringify(group), pointer: clipText(pointer) });
    },
    finish() {
      const byGroup = new Map<string, string[]>();
      for (const { of, pointer } of counter.finish().groups) {
        const listed = byGroup.get(of) ?? [];
        byGroup.set(of, listed);
        if (listed.length < POINTERS_SHOWN) listed.push(pointer);
      }
      return (group) => byGroup.get(JSON.stringify(group)) ?? [];
    },
  };
}

/** A value in a key: absent is told apart from every value. */
function present(value: Json | undefined): Json {
  return value === undefined ? [] : [value];
}

/** Greatest field first; within a field greatest flip first. */
function foldFlips({ groups, ...counted }: CountedGroups<FlipTraits>): FlipGroup[] {
  const fields = new Map<string, FlipGroup[]>();
  for (const group of groups) {
    const field = fields.get(group.pointer);
    if (field === undefined) fields.set(group.pointer, [group]);
    else field.push(group);
  }
  const folded = [...fields].flatMap(([pointer, field]) =>
    foldGroups<FlipTraits>({ groups: field }, MAX_FLIPS_PER_FIELD, () => ({ ...otherValues, pointer })),
  );
  return foldGroups<FlipTraits>({ groups: folded, ...counted }, MAX_FLIPS, () => ({ ...otherValues, pointer: '*' }));
}

const otherValues = { from: undefined, to: undefined };

interface EffectChange {
  readonly tool: string;
  readonly kind: EffectGroup['kind'];
  readonly pointers: readonly string[];
}

/** The kinds of change that a result makes to each tool's writes, each once. */
export function effectChanges(result: ReplayResult): EffectChange[] {
  const changes = new Map<string, { tool: string; kind: EffectGroup['kind']; pointers: string[] }>();
  for (const difference of result.effectDifferences) {
    const { index, inside } = placeOf(difference);
    const side: readonly Effect[] = difference.kind === 'removed' ? result.baselineEffects : result.candidateEffects;
    const tool = side[index]?.tool ?? '*';
    const kind = inside === '' ? WHOLE_EFFECT[difference.kind] : 'changed';
    const change = changes.get(`${kind} ${tool}`) ?? { tool, kind, pointers: [] };
    changes.set(`${kind} ${tool}`, change);
    if (kind === 'changed') change.pointers.push(inside.replace(/^\/request/, ''));
  }
  return [...changes.values()];
}

const WHOLE_EFFECT: Readonly<Record<Difference['kind'], EffectGroup['kind']>> = {
  removed: 'dropped',
  added: 'added',
  moved: 'moved',
  changed: 'changed',
  'type-changed': 'changed',
};

function placeOf(difference: Difference): { index: number; inside: string } {
  const match = /^\/(\d+)(.*)$/s.exec(difference.pointer);
  return match === null
    ? { index: -1, inside: difference.pointer }
    : { index: Number(match[1]), inside: match[2] ?? '' };
}
