/** A change of version as what attribution swaps: components, and what `code` can be taken apart into. */
import { changedActivities, MODEL_CODE, toolCode } from '../artifact/activity-change.ts';
import type { Artifact } from '../artifact/artifact.ts';
import { type CodeChange, splitCode } from '../artifact/code-change.ts';
import type { ComponentChange } from '../artifact/component-change.ts';
import { componentName, type Hybrid, LIBRARY, makeHybrid } from '../artifact/hybrid.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import type { AnswerPolicy } from '../replay/answer-policy.ts';
import type { CommandView } from '../replay/command-view.ts';
import { ifItFits } from './if-it-fits.ts';

export interface ChangeParts {
  /** Entries of the definition that changed, and `code`. */
  readonly components: readonly string[];
  /** As `AttributionInput.partsOf`. */
  readonly partsOf: (component: string) => readonly (readonly string[])[];
  /** The baseline with what is taken of the candidate; `undefined` when the pieces of code do not fit together. */
  readonly hybrid: (taken: ReadonlySet<string>) => Hybrid | undefined;
  /** Whether a step that is asked anew is one of those whose activity is still the baseline's. */
  readonly isOfBaseline: (taken: ReadonlySet<string>, view: CommandView) => boolean;
}

export interface TwoVersions {
  readonly baseline: Artifact;
  readonly candidate: Artifact;
  readonly changes: readonly ComponentChange[];
  readonly answers: AnswerPolicy;
}

/** Units are tried at once where they are few; else modules first, and units in those that matter. */
const UNITS_AT_ONCE = 16;

export function partsOfChange(versions: TwoVersions): ChangeParts {
  const { baseline, candidate, changes } = versions;
  const named = [...new Set(changes.map(componentName))];
  const entries = new Set(named.filter((name) => name !== 'code'));
  const code = ifItFits(() => splitCode(baseline, candidate, entries));
  const activities = liveActivities(versions);
  const ways = waysToSplit(code, activities, baseline.code.library !== candidate.code.library);
  return {
    components: componentsOf(versions, entries, code, ways.length > 0),
    partsOf(component) {
      if (component === 'code') return ways;
      const units = code?.modules.get(component) ?? [];
      return units.length === 0 ? [] : [units];
    },
    hybrid: (taken) => ifItFits(() => makeHybrid(baseline, candidate, changes, taken, code)),
    isOfBaseline(taken, view) {
      const unit = view.kind === 'model' ? MODEL_CODE : toolCode(view.name);
      return activities.has(unit) && !taken.has(unit) && !taken.has('code');
    },
  };
}

/**
 * Code counts as a component where files of the author changed, or where the kit or a package did; not where all that differs is
 * held by entries of the definition.
 */
function componentsOf(
  { changes }: TwoVersions,
  entries: ReadonlySet<string>,
  code: CodeChange | undefined,
  hasParts: boolean,
): string[] {
  const isHeld = code !== undefined && code.entries.size > 0 && !hasParts;
  const isCode = hasParts || (!isHeld && changes.some(({ component }) => component === 'code'));
  return isCode ? [...entries, 'code'] : [...entries];
}

function waysToSplit(code: CodeChange | undefined, activities: ReadonlySet<string>, library: boolean): string[][] {
  const modules = [...(code?.modules.keys() ?? [])];
  const units = [...(code?.modules ?? [])].flatMap(([module, own]) => (own.length === 0 ? [module] : own));
  const others = [...activities, ...(library ? [LIBRARY] : [])];
  if (modules.length + others.length === 0) return [];
  const coarse = [...modules, ...others];
  return units.length > UNITS_AT_ONCE ? [coarse] : [[...new Set([...units, ...others])], coarse];
}

/** Activities matter where they are asked anew. */
function liveActivities({ baseline, candidate, answers }: TwoVersions): ReadonlySet<string> {
  const changed = ifItFits(() => changedActivities(baseline, candidate)) ?? new Set();
  const asked = new Set(answers.model === 'live' ? [MODEL_CODE] : []);
  if (answers.read === 'live') {
    for (const { definition } of [baseline, candidate])
      for (const name of readAgain(definition)) asked.add(toolCode(name));
  }
  return new Set([...changed].filter((unit) => asked.has(unit)));
}

function readAgain({ tools }: MissionDefinition): string[] {
  return Object.entries(tools).flatMap(([name, { effect, replayable }]) =>
    effect === 'read' && replayable === true ? [name] : [],
  );
}
