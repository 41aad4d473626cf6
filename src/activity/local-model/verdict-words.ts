/** Words that decide: yes, no, or a person should look at it. */
import { isNegation } from './lexicon.ts';
import { BREAK, stem, wordsOf } from './words.ts';

export type Decision = 'yes' | 'no' | 'refer';

const stems = (words: string) => new Set(words.split(' ').map(stem));

const YES = stems(
  'approve accept grant allow refund refundable pay payable honour honor eligible covered cover qualify qualifies entitled permit permitted pass reimburse authorise authorize acceptable returnable yes',
);
const NO = stems('deny denied reject decline refuse disallow ineligible exclude forbid forbidden unacceptable');
const REFER = stems('escalate review refer manual human supervisor');
const REACH = 4;

interface Found {
  readonly at: number;
  readonly kind: Decision;
}

/**
 * What a clause decides: `never deny` is yes, `not refundable` is no. `undefined` when it decides nothing, or offers a
 * choice (`approve or deny`).
 */
export function decisionIn(clause: string): Decision | undefined {
  const words = wordsOf(clause);
  const found = words.flatMap((word, at): Found[] => {
    const kind = kindOf(word);
    return kind === undefined ? [] : [{ at, kind }];
  });
  if (offersChoice(words, found)) return undefined;
  const refused = found.find(({ kind }) => kind === 'no');
  const decisive = refused ?? found.find(({ kind }) => kind === 'refer') ?? found.at(-1);
  if (decisive === undefined) return undefined;
  const starts = found[0];
  return resolve(words, refused === undefined && starts?.at === 0 ? starts : decisive);
}

function resolve(words: readonly string[], { at, kind }: Found): Decision {
  const before = words.slice(Math.max(0, at - REACH), at);
  const clause = before.slice(before.lastIndexOf(BREAK) + 1);
  const negated = clause.filter(isNegation).length % 2 === 1;
  if (!negated || kind === 'refer') return kind;
  return kind === 'yes' ? 'no' : 'yes';
}

function offersChoice(words: readonly string[], found: readonly Found[]): boolean {
  return found.some(
    ({ at, kind }, i) =>
      found[i + 1] !== undefined && found[i + 1]?.kind !== kind && words.slice(at, found[i + 1]?.at).includes('or'),
  );
}

function kindOf(word: string): Decision | undefined {
  if (YES.has(word)) return 'yes';
  if (NO.has(word)) return 'no';
  return REFER.has(word) ? 'refer' : undefined;
}

/** Whether a name or a value stands for a decision: `approve`, `eligible`, `rejected`, `needs-review`. */
export function decisionNamed(words: readonly string[]): Decision | undefined {
  for (const word of words) {
    const kind = kindOf(word);
    if (kind !== undefined) return words.some(isNegation) ? (kind === 'yes' ? 'no' : 'yes') : kind;
  }
  return undefined;
}
