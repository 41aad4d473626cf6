/**
 * Which change caused which difference: found by swapping, not by guessing.
 *
 * Owns: the search for the smallest sets of changed components that bring a difference about. Who replays a hybrid (the
 * baseline with some components of the candidate) is asked through a function.
 * Invariants
 * 1. A set is a cause only if its hybrid was replayed and came out as the candidate did: with the same fingerprint.
 * 2. A cause is minimal: without any one of its components the hybrid does something else.
 * 3. Components that bring a difference about alone are all named; larger sets are looked for only where no single one does.
 *    Of larger sets one is named, found by leaving out components in their order.
 * 4. A component with parts is named only where its parts, all taken together, do not do what it does. The finest parts are tried
 *    first.
 * Source: delta debugging (Zeller and Hildebrandt, 2002), one component at a time, over all recordings at once.
 */

import { CAUSED_OUTCOMES, type CausedOutcome, type SampledRun } from './cause-sample.ts';
import { byText } from './group-counter.ts';

/** What one replay did, as a text to compare: equal texts, the same outcome and what there is to explain of it. */
export type Fingerprint = string;

export interface AttributionInput {
  /** All components that changed, in a fixed order: `prompt assess`, `code`. */
  readonly components: readonly string[];
  /** What the candidate did, by recording. */
  readonly candidate: ReadonlyMap<string, Fingerprint>;
  /** Replays recordings on the baseline with these components of the candidate. */
  readonly replay: (
    components: readonly string[],
    recordings: readonly string[],
  ) => Promise<ReadonlyMap<string, Fingerprint>>;
  /** Ways to take a component apart, the finest first: `code` into steps and functions, or into modules. @default none */
  readonly partsOf?: (component: string) => readonly (readonly string[])[];
}

/** The minimal sets that bring one recording's difference about; none when no hybrid did what the candidate did. */
export type Causes = readonly (readonly string[])[];

/** @returns causes by recording */
export async function attribute(input: AttributionInput): Promise<ReadonlyMap<string, Causes>> {
  const { components, candidate } = input;
  const all = [...candidate.keys()];
  const causes = components.length === 1 ? new Map(all.map((id) => [id, [components]])) : await search(input);
  return refine(input, causes);
}

/** The smallest sets of components, as they are. */
async function search(input: AttributionInput): Promise<ReadonlyMap<string, Causes>> {
  const { components, candidate } = input;
  const all = [...candidate.keys()];
  const causes = new Map<string, Causes>();
  for (const component of components) {
    for (const id of await reproducing(input, [component], all))
      causes.set(id, [...(causes.get(id) ?? []), [component]]);
  }
  const rest = all.filter((id) => !causes.has(id));
  for (const [id, set] of await minimise(input, rest)) causes.set(id, [set]);
  return new Map(all.map((id) => [id, causes.get(id) ?? []]));
}

/** Takes apart what has parts, in every cause that holds it, until nothing can be taken apart further. */
async function refine(
  input: AttributionInput,
  given: ReadonlyMap<string, Causes>,
): Promise<ReadonlyMap<string, Causes>> {
  const { partsOf = () => [] } = input;
  const finer = new Map<string, Map<string, Causes>>();
  for (const [set, recordings] of recordingsBySet(given)) {
    const whole = set.find((component) => partsOf(component).length > 0);
    if (whole !== undefined) finer.set(JSON.stringify(set), await takeApart(input, set, whole, recordings));
  }
  const refined = (id: string, set: readonly string[]) => finer.get(JSON.stringify(set))?.get(id) ?? [set];
  return new Map([...given].map(([id, sets]) => [id, withoutCopies(sets.flatMap((set) => refined(id, set)))]));
}

/** Causes of the recordings that one of the ways reproduces; the others are left out. */
async function takeApart(
  input: AttributionInput,
  set: readonly string[],
  whole: string,
  recordings: readonly string[],
): Promise<Map<string, Causes>> {
  const causes = new Map<string, Causes>();
  for (const parts of input.partsOf?.(whole) ?? []) {
    const left = recordings.filter((id) => !causes.has(id));
    if (left.length === 0) break;
    const components = [...set.filter((component) => component !== whole), ...parts];
    const candidate = new Map(left.map((id) => [id, input.candidate.get(id) ?? '']));
    const finer = { ...input, components, candidate };
    for (const [id, found] of await refine(finer, await search(finer))) if (found.length > 0) causes.set(id, found);
  }
  return causes;
}

function recordingsBySet(causes: ReadonlyMap<string, Causes>): Map<readonly string[], string[]> {
  const pairs = [...causes].flatMap(([id, sets]) => sets.map((set) => [id, set] as const));
  const groups = new Map<string, [readonly string[], string[]]>();
  for (const [id, set] of pairs) {
    const key = JSON.stringify(set);
    const group = groups.get(key) ?? [set, []];
    group[1].push(id);
    groups.set(key, group);
  }
  return new Map(groups.values());
}

function withoutCopies(causes: Causes): Causes {
  const sets = new Map(causes.map((set) => [JSON.stringify(set), set]));
  return [...sets.values()];
}

/** The recordings on which a hybrid does what the candidate did. */
async function reproducing(
  { candidate, replay }: AttributionInput,
  set: readonly string[],
  recordings: readonly string[],
) {
  if (recordings.length === 0) return [];
  const found = await replay(set, recordings);
  return recordings.filter((id) => found.get(id) === candidate.get(id));
}

type SetsByRecording = ReadonlyMap<string, readonly string[]>;

/**
 * Leaves out one component after the other, until none can be left out: what could not be spared at first may be later, once
 * something that leant on it is gone.
 */
async function minimise(input: AttributionInput, recordings: readonly string[]): Promise<SetsByRecording> {
  if (input.components.length < 2) return new Map();
  const start = await reproducing(input, input.components, recordings);
  const refused = new Set<string>();
  let sets: SetsByRecording = new Map(start.map((id) => [id, input.components]));
  for (;;) {
    const smaller = await leaveOut(input, sets, refused);
    if ([...smaller].every(([id, set]) => set === sets.get(id))) return sets;
    sets = smaller;
  }
}

/** One pass over all components, for all recordings with the same set at once. `refused` keeps what was tried in vain. */
async function leaveOut(
  input: AttributionInput,
  given: SetsByRecording,
  refused: Set<string>,
): Promise<SetsByRecording> {
  const sets = new Map(given);
  for (const component of input.components) {
    for (const [set, members] of recordingsBySet(new Map([...sets].map(([id, one]) => [id, [one]])))) {
      const smaller = set.filter((one) => one !== component);
      const tried = (id: string) => JSON.stringify([smaller, id]);
      if (smaller.length === set.length || smaller.length === 0) continue;
      const asked = members.filter((id) => !refused.has(tried(id)));
      const still = new Set(await reproducing(input, smaller, asked));
      for (const id of asked) {
        if (still.has(id)) sets.set(id, smaller);
        else refused.add(tried(id));
      }
    }
  }
  return sets;
}

/** Recordings that came out otherwise for the same reason. */
export interface CauseGroup {
  /** All have this outcome. Absent in reports of earlier releases: there, missions have causes of `changed` runs alone. */
  readonly outcome?: CausedOutcome;
  /** Each brings the difference about; several when more than one does so alone. Empty: no swap did. */
  readonly causes: Causes;
  readonly count: number;
  /** Recording id of one of them. */
  readonly example: string;
}

/** In a report: why recorded runs would come out differently. */
export interface Attribution {
  /** How many of the runs that did not match were looked into: as many as are in the groups. */
  readonly examined: number;
  /** By outcome as {@link CAUSED_OUTCOMES} has them, of each the most frequent first. */
  readonly groups: readonly CauseGroup[];
}

/** Counts causes by outcome. The order of the recordings changes nothing. */
export function groupCauses(
  causes: ReadonlyMap<string, Causes>,
  runs: Iterable<Pick<SampledRun<unknown>, 'id' | 'outcome'>>,
): Attribution {
  const groups = new Map<string, { outcome: CausedOutcome; causes: Causes; ids: string[] }>();
  let examined = 0;
  for (const { id, outcome } of runs) {
    const sets = causes.get(id) ?? [];
    const key = JSON.stringify([outcome, sets]);
    const group = groups.get(key) ?? { outcome, causes: sets, ids: [] };
    group.ids.push(id);
    groups.set(key, group);
    examined += 1;
  }
  const counted = [...groups.values()].map(({ ids, ...group }) => ({
    ...group,
    count: ids.length,
    example: ids.sort(byText)[0] ?? '',
  }));
  const place = ({ outcome }: { readonly outcome: CausedOutcome }) => CAUSED_OUTCOMES.indexOf(outcome);
  return {
    examined,
    groups: counted.sort((a, b) => place(a) - place(b) || b.count - a.count || byText(a.example, b.example)),
  };
}

/** `prompt assess`; `prompt assess or rule windowDays, each alone`; `code together with prompt assess`. */
export function describeCauses(causes: Causes): string {
  const [first, ...others] = causes;
  if (first === undefined) return 'no single change, nor all of them in the baseline’s place, brings it about';
  const words = causes.map((set) => set.join(' together with ')).join(' or ');
  return others.length === 0 ? words : `${words}, each alone`;
}
