/** What edits, or another version, made of the steps of a run. Pure. */
import type { ReplayedStep } from '../compare/outcome.ts';
import type { TraceStep } from '../recording/trace.ts';
import { jsonEquals } from '../shared/json.ts';
import { idInLink, nameInLink } from './place.ts';

/** How a step differs from the recorded one of its name. */
export interface StepChange {
  readonly step: string;
  readonly change: 'edited' | 'request' | 'result' | 'added' | 'gone';
}

const SILENT: ReadonlySet<string> = new Set(['end', 'cancel', 'memo', 'patch', 'update', 'search-attributes']);

/** Their ids are the kit's. Others are counted: by traces in each link, by replays through the chain. */
const OF_THE_KIT: ReadonlySet<string> = new Set(['model', 'tool', 'rule', 'observation', 'decision']);

/**
 * @param steps of the way that was played, in order
 * @param trace of the recording
 * @param edited names of what was edited; each is told
 */
export function stepChanges(
  steps: readonly ReplayedStep[],
  trace: readonly TraceStep[],
  edited: ReadonlySet<string>,
): StepChange[] {
  const before = recordedByName(trace);
  const now = named(steps);
  const here = now.flatMap(([name, step]): StepChange[] => {
    if (edited.has(name)) return [{ step: name, change: 'edited' }];
    const recorded = before.get(name);
    if (recorded === undefined) return SILENT.has(step.kind) ? [] : [{ step: name, change: 'added' }];
    if (!jsonEquals(recorded.request, step.request)) return [{ step: name, change: 'request' }];
    return isAnsweredAlike(step, recorded) ? [] : [{ step: name, change: 'result' }];
  });
  const names = new Set(now.map(([name]) => name));
  // The input and what came from outside are no steps.
  const others = [...edited].filter((name) => !names.has(name));
  const gone = [...before.keys()].filter((name) => !names.has(name) && !edited.has(name));
  return [
    ...others.map((step): StepChange => ({ step, change: 'edited' })),
    ...here,
    ...gone.map((step): StepChange => ({ step, change: 'gone' })),
  ];
}

/** The answer to a question that was followed as recorded comes as an update, which no step holds. */
function isAnsweredAlike({ kind, result, evidence }: ReplayedStep, recorded: TraceStep): boolean {
  return (kind === 'decision' && evidence === 'exact' && result === null) || jsonEquals(recorded.result, result);
}

/** A link ends with its last command. */
function named(steps: readonly ReplayedStep[]): (readonly [name: string, ReplayedStep])[] {
  let link = 0;
  return steps.map((step) => {
    const name = nameInLink(step.id, link);
    if (step.kind === 'end') link += 1;
    return [name, step] as const;
  });
}

/** By the names that they have in the debugger. What came from outside is no step of the code. */
function recordedByName(trace: readonly TraceStep[]): Map<string, TraceStep> {
  const counts = new Map<string, number>();
  const nameOf = ({ id: unique, kind, link }: TraceStep): string => {
    const id = idInLink(unique, link);
    if (OF_THE_KIT.has(kind)) return nameInLink(id, link);
    const [base = ''] = id.split('#');
    const ordinal = (counts.get(base) ?? 0) + 1;
    counts.set(base, ordinal);
    return nameInLink(`${base}#${ordinal}`, link);
  };
  return new Map(trace.filter(({ kind }) => kind !== 'signal').map((step) => [nameOf(step), step]));
}
