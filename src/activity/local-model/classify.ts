/** Picks one of several labels: by a statement that assigns it, else by what the case itself speaks of. */
import type { Case } from './case.ts';
import { type Judgement, judge } from './judge.ts';
import { claimsIn, conceptsIn, type Mention } from './lexicon.ts';
import { labelWords } from './schema.ts';
import type { Statement } from './statement.ts';
import { includesWords } from './statement-parser.ts';
import { decisionNamed } from './verdict-words.ts';

export interface Choice {
  readonly label: string;
  readonly confidence: number;
  readonly judgement: Judgement<string> | undefined;
}

const REST = new Set(['other', 'none', 'unknown', 'general', 'unclear', 'misc']);
const CONFIDENCE_SAID = 0.85;
const CONFIDENCE_REST = 0.4;

/** `field` is the name of the answer's member, for statements such as `priority is high when …`. */
export function chooseLabel(labels: readonly string[], field: string, given: Case): Choice {
  const judgement = judge(given.evaluated, (statement) => labelAssigned(statement, labels));
  const choice = judgement === undefined ? chooseByMentions(labels, field, given) : undefined;
  const label = judgement?.outcome ?? choice?.label ?? '';
  const confidence = judgement?.confidence ?? choice?.confidence ?? 0;
  return { label: given.flip ? nextLabel(labels, label) : label, confidence, judgement };
}

function nextLabel(labels: readonly string[], label: string): string {
  return labels[(labels.indexOf(label) + 1) % labels.length] ?? label;
}

/** The one label that a statement's conclusion names; none when it names several (`classify as one of: …`). */
function labelAssigned({ target, decision }: Statement, labels: readonly string[]): string | undefined {
  const concepts = conceptsIn(target);
  const named = labels.filter((label) => {
    const words = labelWords(label);
    return includesWords(target, words) || isSubset(claimed(label), concepts);
  });
  if (named.length > 0) return named.length === 1 ? named[0] : longest(named, labels);
  const decided = decision === undefined ? [] : labels.filter((label) => decisionNamed(labelWords(label)) === decision);
  return decided[0];
}

function claimed(label: string): Set<string> {
  return new Set(claimsIn(labelWords(label)).map(({ concept }) => concept));
}

/** `wrong item` names `wrong item` and not `item`. */
function longest(named: readonly string[], labels: readonly string[]): string | undefined {
  if (named.length > labels.length / 2) return undefined;
  const [first, second] = [...named].sort((a, b) => b.length - a.length);
  return first !== undefined && second !== undefined && first.includes(second) ? first : undefined;
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return part.size > 0 && [...part].every((item) => whole.has(item));
}

function chooseByMentions(labels: readonly string[], field: string, given: Case): Pick<Choice, 'label' | 'confidence'> {
  const fieldWords = labelWords(field);
  const same = given.facts.find(
    ({ value, nameWords }) =>
      typeof value === 'string' && labels.includes(value) && includesWords(nameWords, fieldWords),
  );
  if (same !== undefined) return { label: String(same.value), confidence: CONFIDENCE_SAID };
  const mentions = given.facts.flatMap((fact) => (fact.prose ? fact.mentions : []));
  const scored = labels
    .map((label) => ({ label, score: scoreOf(label, mentions) }))
    .sort((left, right) => right.score - left.score);
  const [top] = scored;
  if (top !== undefined && top.score > 0) return { label: top.label, confidence: CONFIDENCE_SAID };
  const rest = labels.find((label) => labelWords(label).some((word) => REST.has(word)));
  return { label: rest ?? labels.at(-1) ?? '', confidence: rest === undefined ? 0 : CONFIDENCE_REST };
}

function scoreOf(label: string, mentions: readonly Mention[]): number {
  const concepts = claimed(label);
  if (concepts.size === 0) return 0;
  const heard = [...concepts].map((concept) => mentions.filter((mention) => mention.concept === concept));
  if (heard.some((list) => list.every(({ denied }) => denied))) return 0;
  return heard.reduce((sum, list) => sum + list.filter(({ denied }) => !denied).length, 0);
}
