/** Pure: what a candidate's step gets, from the evidence found for it and the answer policy. */
import type { EvidenceGrade } from '../compare/outcome.ts';
import type { ToolDefinition } from '../mission/definition.ts';
import type { AnswerPolicy } from './answer-policy.ts';
import type { CommandView } from './command-view.ts';
import type { FoundAnswer, RecordedAnswer } from './evidence.ts';

export type AnswerDecision =
  | { readonly kind: 'recorded'; readonly grade: EvidenceGrade; readonly answer: RecordedAnswer }
  | { readonly kind: 'live' }
  | { readonly kind: 'simulate'; readonly tool: ToolDefinition }
  | { readonly kind: 'stop'; readonly reason: string; readonly remedy: string };

/** @param tool the contract of the tool, when the step is a tool step */
export function decideAnswer(
  view: CommandView,
  found: FoundAnswer,
  policy: AnswerPolicy,
  tool: ToolDefinition | undefined,
): AnswerDecision {
  const { grade, answer } = found;
  if (answer !== undefined && (grade === 'exact' || grade === 'volatile')) return { kind: 'recorded', grade, answer };
  const setting = settingOf(view);
  const chosen = policy[setting];
  if (chosen === 'recorded' && answer !== undefined) return { kind: 'recorded', grade, answer };
  if (chosen === 'live' && !found.knownAsWrite && mayAskAgain(view, tool)) return { kind: 'live' };
  if (chosen === 'simulator' && tool !== undefined) return { kind: 'simulate', tool };
  return { kind: 'stop', reason: whyNot(view, found), remedy: remedyFor(setting, view, tool) };
}

/** What a step gets that is drawn once more: a live answer where the policy gives them, else what it would get anyway. */
export function decideAnew(
  view: CommandView,
  found: FoundAnswer,
  policy: AnswerPolicy,
  tool: ToolDefinition | undefined,
): AnswerDecision {
  const mayAsk = policy[settingOf(view)] === 'live' && !found.knownAsWrite && mayAskAgain(view, tool);
  return mayAsk ? { kind: 'live' } : decideAnswer(view, found, policy, tool);
}

type Setting = Exclude<keyof AnswerPolicy, 'patches'>;

function settingOf({ kind, effect }: CommandView): Setting {
  if (kind === 'model' || kind === 'decision') return kind;
  if (kind === 'tool') return effect === 'read' ? 'read' : 'write';
  return 'activity';
}

/** A model may be asked again; a read only if its contract says so; nothing else ever. */
function mayAskAgain({ kind, effect }: CommandView, tool: ToolDefinition | undefined): boolean {
  return (
    kind === 'model' || (kind === 'tool' && effect === 'read' && tool?.effect === 'read' && tool.replayable === true)
  );
}

function whyNot(view: CommandView, { grade }: FoundAnswer): string {
  const what = `${view.kind} "${view.name}"`;
  if (grade === 'stale') return `${what} was recorded with another request`;
  return `${what} was not recorded in this run`;
}

function remedyFor(setting: Setting, view: CommandView, tool: ToolDefinition | undefined): string {
  switch (setting) {
    case 'model':
      return 'Allow the model to be asked (--answer model=live), or take the recorded answer (--answer model=recorded).';
    case 'read':
      return tool?.replayable === true
        ? 'Allow the tool to be asked again (--answer read=live), or take the recorded answer (--answer read=recorded).'
        : `Declare tool "${view.name}" replayable and allow --answer read=live, or take the recorded answer (--answer read=recorded).`;
    case 'write':
      return 'Writes are never executed in a replay: simulate the receipt (--answer write=simulator), or take the recorded one (--answer write=recorded).';
    case 'decision':
      return 'Take the recorded decision (--answer decision=recorded).';
    default:
      return 'Take the recorded answer (--answer activity=recorded).';
  }
}
