/** The compare rules and volatile fields that a definition declares, by the step that they are for. */
import { type CompareRules, compareRulesOf, NO_RULES } from '../compare/compare-rules.ts';
import { stripVolatile, type VolatilePointers, volatilePointersOf } from '../compare/volatile.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import type { Json } from '../shared/json.ts';
import type { CommandView } from './command-view.ts';

export class RuleBook {
  readonly output: CompareRules;
  readonly #toolRules = new Map<string, CompareRules>();
  readonly #toolVolatile = new Map<string, VolatilePointers>();

  /** @param definition the candidate's; plain Temporal workflows have none, and are compared exactly */
  constructor(definition: MissionDefinition | undefined) {
    this.output = definition === undefined ? NO_RULES : compareRulesOf(definition.output);
    for (const [name, tool] of Object.entries(definition?.tools ?? {})) {
      this.#toolRules.set(name, compareRulesOf(tool.input));
      this.#toolVolatile.set(name, volatilePointersOf(tool.input));
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
