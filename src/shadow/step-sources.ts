/** Both versions' word on every step: what of the commands of either run counts as a write. Pure. */
import { shadowSource } from '../fleet/shadow-source.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import { toolActivity } from '../mission/wire.ts';
import type { CommandView } from '../replay/command-view.ts';
import { RuleBook } from '../replay/rule-book.ts';

/** The definitions of a candidate and of the version that the real run began on. */
export interface ShadowDefinitions {
  readonly candidate: MissionDefinition;
  readonly primary: MissionDefinition;
}

/** Compare rules count where both versions declare them. */
export function rulesOf({ candidate, primary }: ShadowDefinitions): RuleBook {
  return RuleBook.of(candidate, primary);
}

/** Whether a step of the shadow never ran. */
export function isBlocked(view: CommandView, { candidate, primary }: ShadowDefinitions): boolean {
  if (view.kind === 'activity') return true;
  return view.kind === 'tool' && shadowSource(toolActivity(view.name), candidate, primary) === 'primary';
}

/** A view whose effect is what the contracts say, not what the run said of itself. */
export function withKnownEffect(view: CommandView, definitions: ShadowDefinitions): CommandView {
  if (view.kind !== 'tool') return view;
  return { ...view, effect: isBlocked(view, definitions) ? 'write' : 'read' };
}
