/**
 * The first step of a shadow that asks something else than the real run did. Pure.
 *
 * Two runs that go on at the same time do not take their steps in the same order where they take several at once, so steps are
 * matched by their ids, and order does not count. Nor do waits, whose length depends on the clock.
 */
import type { Divergence } from '../compare/outcome.ts';
import { type CommandView, toStepCommand } from '../replay/command-view.ts';
import { diffViews } from '../replay/diff-views.ts';
import type { RuleBook } from '../replay/rule-book.ts';

const COMPARED: ReadonlySet<CommandView['kind']> = new Set(['model', 'tool', 'decision', 'activity']);

/** @param isWhole - whether the candidate came to its end; else steps that it did not reach are not missing */
export function firstDivergence(
  baseline: readonly CommandView[],
  candidate: readonly CommandView[],
  rules: RuleBook,
  isWhole: boolean,
): Divergence | null {
  const [before, after] = [byStep(baseline), byStep(candidate)];
  let index = 0;
  for (const [key, view] of after) {
    const recorded = before.get(key);
    if (recorded === undefined) return lone('extra', view, index);
    const found = diffViews(recorded, view, rules);
    if (found !== undefined) return { ...found, index };
    index += 1;
  }
  const missing = isWhole ? [...before].find(([key]) => !after.has(key)) : undefined;
  return missing === undefined ? null : lone('missing', missing[1], index);
}

/** Timeouts and retries of a shadow's steps are not the author's. Later links have steps of the same ids. */
function byStep(views: readonly CommandView[]): ReadonlyMap<string, CommandView> {
  const found = new Map<string, CommandView>();
  for (const view of views.filter(({ kind }) => COMPARED.has(kind))) {
    const name = `${view.kind} ${view.step}`;
    let key = name;
    for (let again = 2; found.has(key); again += 1) key = `${name} ${again}`;
    found.set(key, { ...view, options: {} });
  }
  return found;
}

function lone(kind: 'extra' | 'missing', view: CommandView, index: number): Divergence {
  const command = toStepCommand(view);
  const [baseline, candidate] = kind === 'missing' ? [command, null] : [null, command];
  return { kind, step: view.step, index, baseline, candidate, differences: [] };
}
