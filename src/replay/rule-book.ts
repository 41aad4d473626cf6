/** The compare rules and volatile fields that a definition declares, by the step that they are for. */
import { type CompareRules, compareRulesOf, NO_RULES } from '../compare/compare-rules.ts';
import { stripVolatile, type VolatilePointers, volatilePointersOf } from '../compare/volatile.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import { canonicalJson, type Json } from '../shared/json.ts';
import type { CommandView } from './command-view.ts';

/** The versions whose rules count. */
export interface RuledVersions {
  readonly candidate: MissionDefinition;
  readonly baseline: MissionDefinition;
}

/**
 * A rule counts only where both versions declare it: a candidate that says its verdict need not be compared does not get
 * its way by that, and neither does one that takes a rule away.
 */
export class RuleBook {
  /** The book of two definitions, made once: a cohort has one pair of them and many recordings. */
  static of(definition: MissionDefinition | undefined, baseline = definition): RuleBook {
    if (definition === undefined) return NO_BOOK;
    const books = booksOf(definition);
    const known = books.get(baseline ?? definition);
    if (known !== undefined) return known;
    const book = new RuleBook(definition, baseline);
    books.set(baseline ?? definition, book);
    return book;
  }

  readonly output: CompareRules;
  readonly #toolRules = new Map<string, CompareRules>();
  readonly #toolVolatile = new Map<string, VolatilePointers>();

  /**
   * @param definition the candidate's; plain Temporal workflows have none, and are compared exactly
   * @param baseline that of the version which made the recording, where it is known
   */
  constructor(definition: MissionDefinition | undefined, baseline: MissionDefinition | undefined = definition) {
    this.output = definition === undefined ? NO_RULES : compareRulesOf(agreed(baseline?.output, definition.output));
    for (const [name, { input }] of Object.entries(definition?.tools ?? {})) {
      const schema = agreed(baseline?.tools[name]?.input, input);
      this.#toolRules.set(name, compareRulesOf(schema));
      this.#toolVolatile.set(name, volatilePointersOf(schema));
    }
  }

  /** How the requests of a step are compared. */
  rulesFor({ kind, name }: Pick<CommandView, 'kind' | 'name'>): CompareRules {
    if (kind === 'end' && name === 'completed') return this.output;
    return kind === 'tool' ? this.toolRules(name) : NO_RULES;
  }

  toolRules(tool: string): CompareRules {
    return this.#toolRules.get(tool) ?? NO_RULES;
  }

  /** A request without the fields that do not decide its answer. */
  withoutVolatile({ kind, name, request }: Pick<CommandView, 'kind' | 'name' | 'request'>): Json {
    const pointers = kind === 'tool' ? this.#toolVolatile.get(name) : undefined;
    return pointers === undefined ? request : stripVolatile(request, pointers);
  }
}

type Books = WeakMap<MissionDefinition, RuleBook>;

const madeOf = new WeakMap<MissionDefinition, Books>();
const NO_BOOK = new RuleBook(undefined);

function booksOf(definition: MissionDefinition): Books {
  const known = madeOf.get(definition) ?? new WeakMap<MissionDefinition, RuleBook>();
  madeOf.set(definition, known);
  return known;
}

type Schema = MissionDefinition['output'];

/**
 * A schema that declares what both declare: where two variants that fit a value disagree, it is compared exactly. Schemas
 * with references cannot stand side by side in one document, so of those that differ nothing is taken.
 */
function agreed(baseline: Schema | undefined, candidate: Schema): Json | undefined {
  if (baseline === undefined) return undefined;
  const texts = [canonicalJson(baseline as Json), canonicalJson(candidate as Json)];
  if (texts[0] === texts[1]) return candidate as Json;
  return texts.some((text) => text.includes('"$ref"')) ? undefined : { anyOf: [baseline as Json, candidate as Json] };
}
