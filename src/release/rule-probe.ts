/** Which constants among the rules a run reads: code in front of the author's hands them out by accessors, which V8 counts like all code. */

import type { CodeRange } from '../compare/code-coverage.ts';
import type { MissionDefinition } from '../mission/definition.ts';

export interface RuleProbe {
  /** For `linkWorkflowBundle`; it ends where the author's code begins, a line break before it. */
  readonly prelude: string;
  /** Where in the prelude each rule is read. */
  readonly rules: ReadonlyMap<string, CodeRange>;
}

/** Makes accessors for all rules; written to, they behave like members. */
export function ruleProbe({ rules }: Pick<MissionDefinition, 'rules'>): RuleProbe {
  const places = new Map<string, CodeRange>();
  let prelude = '__MISSION_DEFINITION__=((given)=>({...given,rules:{';
  for (const name of Object.keys(rules)) {
    const key = JSON.stringify(name);
    const start = prelude.length;
    prelude += `get [${key}](){return given.rules[${key}]},`;
    places.set(name, { start, end: prelude.length });
    prelude += `set [${key}](value){given.rules[${key}]=value},`;
  }
  prelude += '}}))(__MISSION_DEFINITION__);';
  return { prelude, rules: places };
}
