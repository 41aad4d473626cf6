/**
 * What a policy declares to be reads, among the steps of which nothing else says what they do: activities (local ones, too), child
 * workflows and Nexus operations.
 *
 * Invariants
 * 1. It says only that repeating, dropping or reordering such a step makes no other outcome. Nobody asks one live for it.
 * 2. A tool of a mission is what its contract says, also where code asks for the tool's activity by itself. Signals to and
 *    cancellations of other runs are never reads.
 */
import * as z from 'zod';
import type { StepCommand } from '../compare/outcome.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import { isStepActivity } from '../mission/wire.ts';

/** Types of activities and children, `service.operation` of Nexus; `*` at the end stands for any further characters. */
export const readNames = z
  .array(
    z
      .string()
      .max(200)
      .regex(/^[^*]+\*?$/, 'expected a name, or how names begin and then *'),
  )
  .min(1)
  .max(200);

type Step = Pick<StepCommand, 'kind' | 'name'>;

export class DeclaredReads {
  readonly #names: readonly string[];
  readonly #isMission: boolean;

  /** @param definition the candidate's; plain Temporal workflows have none */
  constructor(names: readonly string[] = [], definition?: MissionDefinition) {
    this.#names = [...new Set(names)];
    this.#isMission = definition !== undefined;
  }

  has(step: Step): boolean {
    return this.#names.some((name) => this.#covers(name, step));
  }

  /**
   * The names that cover one of these steps, in the order of the policy.
   *
   * @param stepsOf asked only where something is declared
   */
  usedBy(stepsOf: () => readonly Step[]): readonly string[] {
    if (this.#names.length === 0) return [];
    const steps = stepsOf();
    return this.#names.filter((name) => steps.some((step) => this.#covers(name, step)));
  }

  #covers(declared: string, { kind, name }: Step): boolean {
    if (kind !== 'activity' && kind !== 'child') return false;
    if (this.#isMission && isStepActivity(name)) return false;
    return declared.endsWith('*') ? name.startsWith(declared.slice(0, -1)) : name === declared;
  }
}

/** Nothing is declared. */
export const NO_READS = new DeclaredReads();
