/**
 * Live answers that outlast their replay, so that the next one of the same candidate costs nothing and gets the same.
 *
 * Invariants
 * 1. An answer is found by the digest of all that decides it: the whole request, the code that asks, and which draw it is.
 * 2. What a tool declares as secret or personal is not kept, and neither are failures that another try may not have.
 */

import { REDACT_KEYWORD } from '../mission/annotations.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import type { Answers } from '../registry/answers.ts';
import type { CommandView } from '../replay/command-view.ts';
import type { Asker, LiveAnswer } from '../replay/live-answers.ts';
import { type Digest, digestOfJson } from '../shared/digest.ts';
import type { Json } from '../shared/json.ts';

/** Answers of one version's activities, in the registry. */
export interface AnswerCache {
  find(view: CommandView, asker: Asker | undefined): Promise<LiveAnswer | undefined>;
  /** @returns what is kept: another process may have been faster */
  keep(view: CommandView, asker: Asker | undefined, answer: LiveAnswer): Promise<LiveAnswer>;
}

export interface CacheOptions {
  readonly answers: Pick<Answers, 'find' | 'keep'>;
  readonly definition: MissionDefinition;
  /** Digest of the activity code that asks: another code may ask another provider. */
  readonly code: Digest;
}

/** What a question is known by within a replay and beyond. Draws of one recording have questions of their own. */
export function questionKey({ kind, name, request }: CommandView, asker: Asker | undefined): Digest {
  const draw: Json = asker?.draw === undefined ? null : [asker.recording, asker.draw];
  return digestOfJson([kind, name, request, draw]);
}

export function createAnswerCache({ answers, definition, code }: CacheOptions): AnswerCache {
  const keyOf = (view: CommandView, asker: Asker | undefined) => digestOfJson([code, questionKey(view, asker)]);
  return {
    async find(view, asker) {
      if (!mayBeKept(view, definition)) return undefined;
      return (await answers.find(keyOf(view, asker))) as LiveAnswer | undefined;
    },
    async keep(view, asker, answer) {
      if (!mayBeKept(view, definition) || !isSettled(answer)) return answer;
      const kept = await answers.keep({
        key: keyOf(view, asker),
        mission: definition.name,
        kind: view.kind === 'model' ? 'model' : 'tool',
        name: view.name,
        answer,
        ...usageOf('result' in answer ? answer.result : undefined),
      });
      return kept as LiveAnswer;
    },
  };
}

function mayBeKept({ kind, name }: CommandView, { tools }: MissionDefinition): boolean {
  if (kind === 'model') return true;
  return !JSON.stringify(tools[name]?.output ?? {}).includes(`"${REDACT_KEYWORD}":`);
}

/** A model whose answer does not fit its schema may give it again; whatever else fails may have been the moment. */
function isSettled(answer: LiveAnswer): boolean {
  return 'result' in answer || ('failure' in answer && answer.failure.type === 'MODEL_OUTPUT_INVALID');
}

/** The tokens that a model's answer, or the details of its failure, says it used. */
export function usageOf(holder: unknown): { readonly inputTokens: number; readonly outputTokens: number } {
  const usage = (holder as { readonly usage?: unknown } | null | undefined)?.usage;
  const count = (member: string) => {
    const value = (usage as Readonly<Record<string, unknown>> | null | undefined)?.[member];
    return typeof value === 'number' && value >= 0 ? Math.round(value) : 0;
  };
  return { inputTokens: count('inputTokens'), outputTokens: count('outputTokens') };
}
