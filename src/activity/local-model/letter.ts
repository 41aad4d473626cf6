/** Writes a plain text, such as a letter, from the instructions for it and the facts of the case. */
import type { Case } from './case.ts';
import type { Fact } from './facts.ts';
import { conceptsIn } from './lexicon.ts';
import { sentencesOf } from './sentences.ts';
import { decisionIn } from './verdict-words.ts';
import { wordsOf } from './words.ts';

const NAME = ['customer', 'name', 'first'];
const ITEM = /\b(?:mention|include|state|name|quote|give|refer to)\s+(.+)/i;
const OFFER = /\b(?:offer|suggest|propose|invite)\s+(?:them |the customer |the reader )?(.+)/i;
const SIGN = /\bsign(?:ed)?(?: it)?(?: off)? (?:as|with|by)\s+["'“]?(.+?)["'”]?$/i;

/** Fills what the instructions ask for: a greeting, the message, what to mention, what to offer, a signature. */
export function writeText({ instructions, facts }: Case): string {
  const sentences = sentencesOf(instructions).map((sentence) => sentence.replace(/[.!]+$/, ''));
  const lines = [
    `Dear ${nameOf(facts)},`,
    opening(sentences, facts),
    ...sentences.flatMap((sentence) => mentioned(sentence, facts)),
    ...sentences.flatMap(offered),
    closing(sentences),
  ];
  return [...new Set(lines)].filter((line) => line !== '').join('\n\n');
}

function nameOf(facts: readonly Fact[]): string {
  const named = facts.find(
    ({ nameWords, value }) => typeof value === 'string' && nameWords.some((word) => NAME.includes(word)),
  );
  return typeof named?.value === 'string' ? named.value : 'customer';
}

function opening(sentences: readonly string[], facts: readonly Fact[]): string {
  const task = sentences.find((sentence) => /\bwrite\b/i.test(sentence)) ?? '';
  const decided = facts.find(({ nameWords }) =>
    nameWords.some((word) => ['decision', 'verdict', 'approv', 'approve'].includes(word)),
  );
  const refused =
    decided === undefined
      ? /\b(?:deni|denial|reject|refus|declin)/i.test(task) || decisionIn(task) === 'no'
      : isNo(decided);
  const sorry = sentences.some((sentence) => /\bapologi[sz]e\b|\bsorry\b/i.test(sentence)) ? 'We are sorry. ' : '';
  const subject = /refund/i.test(task) ? 'refund request' : /claim/i.test(task) ? 'claim' : 'request';
  return refused
    ? `${sorry}We have looked at your ${subject} and cannot approve it.`
    : `${sorry}Thank you for writing to us about your ${subject}.`;
}

function isNo({ value }: Fact): boolean {
  return value === false || (typeof value === 'string' && decisionIn(value) === 'no');
}

function mentioned(sentence: string, facts: readonly Fact[]): string[] {
  const asked = ITEM.exec(sentence);
  if (asked === null || /\b(?:do not|don't|never|without)\b/i.test(sentence)) return [];
  return (asked[1] as string).split(/,| and /).flatMap((item) => {
    const fact = factFor(item, facts);
    return fact === undefined
      ? []
      : [`${capital(item.replace(/^\s*(?:the|their|his|her)\s+/i, '').trim())}: ${String(fact.value)}`];
  });
}

function factFor(item: string, facts: readonly Fact[]): Fact | undefined {
  const words = new Set([...wordsOf(item).filter((word) => word.length > 3), ...conceptsIn(wordsOf(item))]);
  const score = ({ path, concepts }: Fact) =>
    [...new Set([...wordsOf(path.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('.', ' ')), ...concepts])].filter(
      (word) => words.has(word),
    ).length;
  const scored = facts.filter(({ value }) => value !== null).map((fact) => ({ fact, score: score(fact) }));
  const best = scored.reduce<(typeof scored)[number] | undefined>(
    (top, next) => (top === undefined || next.score > top.score ? next : top),
    undefined,
  );
  return best !== undefined && best.score > 0 ? best.fact : undefined;
}

function offered(sentence: string): string[] {
  const offer = OFFER.exec(sentence);
  return offer === null || /\b(?:do not|don't|never)\b/i.test(sentence)
    ? []
    : [`We would like to offer you ${offer[1]}.`];
}

function closing(sentences: readonly string[]): string {
  const signed = sentences.map((sentence) => SIGN.exec(sentence)?.[1]).find((name) => name !== undefined);
  return `Kind regards,\n${signed ?? 'Customer service'}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
