/** Words and their stems: how a text becomes comparable. */

const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/\bcan't\b|\bcannot\b/g, 'can not'],
  [/\bwon't\b/g, 'will not'],
  [/n't\b/g, ' not'],
];

/** Numbers that are written out, in digits. */
export const CARDINALS: Readonly<Record<string, string>> = {
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
  ten: '10',
  twelve: '12',
};

const NUMBER_WORDS: Readonly<Record<string, string>> = { ...CARDINALS, zero: '0', once: '1', twice: '2' };

/** Separates clauses in a list of words: a negation does not reach over it. */
export const BREAK = '|';

/**
 * The words of a text, stemmed, lower case; `|` where a clause ends. `$`, `€`, `£` and `%` are words of their own, and
 * numbers are written in digits.
 */
export function wordsOf(text: string): string[] {
  return (
    normalise(text).match(/\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[$€£%]|[\p{L}]+(?:'s)?|[.,;:!?()]/gu) ?? []
  ).map((word) => {
    if (/^[.,;:!?()]$/.test(word)) return BREAK;
    if (/^\d/.test(word)) return word.replaceAll(',', '');
    return NUMBER_WORDS[word] ?? stem(word.replace(/'s$/, ''));
  });
}

/** The words of a name as programs write it: `daysSinceDelivery`, `final_sale`, `wrong-item`. */
export function wordsOfName(name: string): string[] {
  return wordsOf(name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[^A-Za-z0-9]+/g, ' '));
}

/** Lower case, plain apostrophes and spaces, contractions written out. */
export function normalise(text: string): string {
  const plain = text.replace(/[‘’]/g, "'").replace(/\s+/g, ' ').toLowerCase();
  return CONTRACTIONS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), plain);
}

const cache = new Map<string, string>();
const CACHE_MAX = 20_000;

/** Cuts what inflection adds, crudely: `damaged` and `damage` meet in `damag`. */
export function stem(word: string): string {
  const known = cache.get(word);
  if (known !== undefined) return known;
  if (cache.size > CACHE_MAX) cache.clear();
  const stemmed = cut(word);
  cache.set(word, stemmed);
  return stemmed;
}

function cut(word: string): string {
  if (word.length <= 3) return word;
  let stemmed = word.replace(/(?:ies|ied)$/, 'y').replace(/sses$/, 'ss');
  if (/[^sui]s$/.test(stemmed)) stemmed = stemmed.slice(0, -1);
  if (stemmed.length > 7) stemmed = stemmed.replace(/able$/, '');
  if (stemmed.length > 5) stemmed = stemmed.replace(/(?:ing|y)$/, '');
  if (stemmed.length > 4) stemmed = stemmed.replace(/(?:ed|e)$/, '');
  return stemmed.length > 3 ? stemmed.replace(/([bdgmnprt])\1$/, '$1') : stemmed;
}
