/** The groups of a report, counted result by result. */
import type { Json } from '../shared/json.ts';
import type { Difference } from './difference.ts';
import { clipText, clipValue, createGroupCounter, foldGroups, without } from './group-counter.ts';
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
  const flips = createGroupCounter<Omit<FlipGroup, keyof Group>>();
  const effects = createGroupCounter<Omit<EffectGroup, keyof Group | 'pointers'>>();
  const divergences = createGroupCounter<Omit<DivergenceGroup, keyof Group | 'pointers'>>();
  const unanswered = createGroupCounter<Omit<UnansweredGroup, keyof Group>>();
  const failures = createGroupCounter<Omit<FailureGroup, keyof Group>>();

  return {
    add(result) {
      const { id } = result.recording;
      for (const { pointer, baseline, candidate } of result.endDifferences) {
        const key = [pointer, present(baseline), present(candidate)];
        flips.add(id, key, { pointer, from: clipValue(baseline), to: clipValue(candidate) });
      }
      for (const { tool, kind, pointers } of effectChanges(result))
        effects.add(id, [tool, kind], { tool, kind }, pointers);
      if (result.divergence !== null) {
        const { step, kind, differences } = result.divergence;
        const pointers = differences.map((difference) => difference.pointer);
        divergences.add(id, [step, kind], { step, kind }, pointers);
      }
      if (result.unanswered !== undefined) {
        const { step, kind, reason, remedy } = result.unanswered;
        unanswered.add(id, [step, kind, reason, remedy], {
          step,
          kind,
          reason: clipText(reason),
          remedy: clipText(remedy),
        });
      }
      if (result.failure !== undefined) {
        const { message, step } = result.failure;
        failures.add(id, [message, step ?? null], { message: clipText(message), ...(step !== undefined && { step }) });
      }
    },
    finish: () => ({
      flips: foldFlips(withoutPointers(flips.groups())),
      effects: foldGroups(effects.groups(), MAX_GROUPS, (first) => ({ ...first, tool: '*', pointers: [] })),
      divergences: foldGroups(divergences.groups(), MAX_GROUPS, (first) => ({ ...first, step: '*', pointers: [] })),
      unanswered: foldGroups(withoutPointers(unanswered.groups()), MAX_GROUPS, (first) => ({ ...first, step: '*' })),
      failures: foldGroups(withoutPointers(failures.groups()), MAX_GROUPS, () => foldedFailure),
    }),
  };
}

const foldedFailure: FailureGroup = { message: 'other failures', count: 0, example: '' };

function withoutPointers<Item extends { readonly pointers: readonly string[] }>(
  groups: readonly Item[],
): Omit<Item, 'pointers'>[] {
  return groups.map((group) => without(group, 'pointers'));
}

/** A value in a key: absent is told apart from every value. */
function present(value: Json | undefined): Json {
  return value === undefined ? [] : [value];
}

/** Greatest field first; within a field greatest flip first. */
function foldFlips(groups: readonly FlipGroup[]): FlipGroup[] {
  const fields = new Map<string, FlipGroup[]>();
  for (const group of groups) {
    const field = fields.get(group.pointer);
    if (field === undefined) fields.set(group.pointer, [group]);
    else field.push(group);
  }
  const folded = [...fields.values()].flatMap((field) =>
    foldGroups(field, MAX_FLIPS_PER_FIELD, ({ pointer }) => ({ ...emptyFlip, pointer })),
  );
  return foldGroups(folded, MAX_FLIPS, () => ({ ...emptyFlip, pointer: '*' }));
}

const emptyFlip: FlipGroup = { pointer: '', from: undefined, to: undefined, count: 0, example: '' };

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
