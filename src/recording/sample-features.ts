/** What recordings are told apart by when a sample is taken: outcome, path, length, declared attributes, rare steps, time. */
import { valueAt } from '../shared/condition.ts';
import { canonicalJson, type Json, type JsonObject } from '../shared/json.ts';
import { decidingFields } from './sampling.ts';
import type { SampleFeatures } from './stratified-sample.ts';
import type { RunEnd, Trace } from './trace.ts';
import { branchOf, pathOf, WALKED_KINDS, type WalkedStep } from './walked-way.ts';

export interface OutlinedRecording {
  readonly id: string;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly end: RunEnd;
  readonly trace: Trace;
  /** Needed where attributes are declared. */
  readonly input?: Json;
}

export interface FeatureOptions {
  /** The output schema: which texts of a result decide. */
  readonly output?: JsonObject | undefined;
  /** JSON Pointers into the input: tenant, country, product. */
  readonly attributes?: readonly string[] | undefined;
}

/** A step is rare in fewer than this share of the recordings. */
const RARE_SHARE = 0.01;
const RARE_COUNT = 2;
/** Into how many spans the time between the first and the last start is divided. */
const TIME_SPANS = 4;

interface Outline {
  readonly id: string;
  readonly startedMs: number;
  readonly outcome: string;
  readonly path: string;
  readonly attribute: string;
  readonly length: string;
  readonly items: readonly string[];
}

/** Takes recordings one by one and keeps a line of each. */
export class FeatureReader {
  readonly #options: FeatureOptions;
  readonly #outlines: Outline[] = [];
  readonly #counts = new Map<string, number>();

  constructor(options: FeatureOptions) {
    this.#options = options;
  }

  add({ id, startedAt, end, trace, input = null }: OutlinedRecording): void {
    const { output, attributes = [] } = this.#options;
    const items = [...new Set(trace.steps.filter(({ kind }) => WALKED_KINDS.has(kind)).map(itemOf))];
    for (const item of items) this.#counts.set(item, (this.#counts.get(item) ?? 0) + 1);
    this.#outlines.push({
      id,
      startedMs: Date.parse(startedAt),
      outcome: outcomeOf(end, output),
      path: `path ${pathOf(trace.steps).slice(7, 13)}`,
      attribute: attributes.map((pointer) => `${pointer}=${shown(valueAt(input, pointer))}`).join(' '),
      length: lengthOf(trace.steps.length),
      items,
    });
  }

  /** The features of all that were added: what is rare, and when it was, is told among them. */
  features(): readonly SampleFeatures[] {
    const times = this.#outlines.map(({ startedMs }) => startedMs);
    const first = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
    const last = times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY);
    const few = Math.max(RARE_COUNT, Math.floor(RARE_SHARE * times.length));
    return this.#outlines.map(({ id, startedMs, outcome, path, attribute, length, items }) => ({
      id,
      values: {
        outcome,
        rare: rarest(items, this.#counts, few),
        path,
        attribute,
        length,
        time: spanOf(startedMs, first, last),
      },
    }));
  }
}

function itemOf(step: WalkedStep): string {
  return `${step.kind} ${step.name} ${branchOf(step)}`;
}

/** The rarest of the steps that hardly any recording has; none is `''`. */
function rarest(items: readonly string[], counts: ReadonlyMap<string, number>, few: number): string {
  const rare = items.filter((item) => (counts.get(item) ?? 0) <= few);
  const [first] = rare.sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0) || (a < b ? -1 : 1));
  return first === undefined ? '' : `rare ${first}`;
}

function outcomeOf(end: RunEnd, output: JsonObject | undefined): string {
  if (end.status === 'failed') return `failed ${end.failure.type}`;
  if (end.status !== 'completed') return end.status;
  const fields = decidingFields(end.result, output).map(([pointer, value]) => `${pointer}=${shown(value)}`);
  return ['completed', ...fields].join(' ');
}

/** 1, 2–3, 4–7, 8–15, … */
function lengthOf(steps: number): string {
  if (steps === 0) return 'no steps';
  const from = 2 ** Math.floor(Math.log2(steps));
  return from === 1 ? '1 step' : `${from}–${2 * from - 1} steps`;
}

function spanOf(time: number, first: number, last: number): string {
  const span = last <= first ? 0 : Math.min(TIME_SPANS - 1, Math.floor((TIME_SPANS * (time - first)) / (last - first)));
  const from = first + (span * (last - first)) / TIME_SPANS;
  return `from ${new Date(from).toISOString().slice(0, 16)}Z`;
}

const VALUE_LENGTH = 40;

function shown(value: Json | undefined): string {
  if (value === undefined) return '(absent)';
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH - 1)}…` : text;
}
