/** Finds the number of a case that a condition speaks of, by the words that both use. */
import type { Fact } from './facts.ts';

const DAY_MS = 86_400_000;
const UNIT_DAYS: Readonly<Record<string, number>> = { hour: 1 / 24, day: 1, week: 7, month: 30, year: 365 };
const LIMIT_WORDS = new Set(['limit', 'max', 'maximum', 'min', 'minimum', 'allow', 'window', 'threshold', 'deadlin']);
const REFERENCE_WORDS = ['now', 'today', 'request', 'submit', 'report', 'fil', 'ask', 'at', 'current', 'claim'];
const START_WORDS = ['deliver', 'deliver', 'purchas', 'bought', 'order', 'start', 'creat'];

/** The number that the subject names: money, a threshold, or any other. */
export function numberFor(
  subject: ReadonlySet<string>,
  kind: 'money' | 'limit' | 'plain',
  facts: readonly Fact[],
): number | undefined {
  let best: { readonly value: number; readonly score: number } | undefined;
  for (const fact of facts) {
    if (typeof fact.value !== 'number') continue;
    const score = scoreOf(fact, subject, kind);
    if (score > 0 && (best === undefined || score > best.score)) best = { value: fact.value, score };
  }
  return best?.value;
}

function scoreOf(fact: Fact, subject: ReadonlySet<string>, kind: 'money' | 'limit' | 'plain'): number {
  const overlap = overlapOf(fact, subject);
  const money = fact.concepts.has('money');
  const limit = fact.nameWords.some((word) => LIMIT_WORDS.has(word)) ? 3 : 0;
  if (kind === 'money') return money ? 3 + overlap - limit : overlap >= 2 ? overlap - limit : 0;
  if (overlap === 0) return 0;
  return kind === 'limit' ? overlap + limit : overlap * 2 - limit - (money && !subject.has('money') ? 2 : 0);
}

function overlapOf(fact: Fact, subject: ReadonlySet<string>): number {
  const names = new Set([...fact.nameWords.filter((word) => word.length >= 3), ...fact.concepts]);
  return [...names].filter((name) => subject.has(name)).length;
}

/** Days from what the subject names (default: delivery, purchase, start) to the request. */
export function elapsedDays(subject: ReadonlySet<string>, facts: readonly Fact[]): number | undefined {
  const counted = countedDays(subject, facts);
  if (counted !== undefined && counted.overlap > 0) return counted.days;
  return betweenDates(subject, facts) ?? counted?.days;
}

/** `refundsThisYear`, `claimsPerMonth`: the unit says in which time something was counted, not how long something is. */
const RATE_WORDS = new Set(['this', 'last', 'per', 'each', 'every', 'past']);

/** A field that holds a time already: `daysSinceDelivery`, `accountAgeYears`. */
function countedDays(
  subject: ReadonlySet<string>,
  facts: readonly Fact[],
): { readonly days: number; readonly overlap: number } | undefined {
  let best: { readonly days: number; readonly overlap: number } | undefined;
  for (const fact of facts) {
    if (
      typeof fact.value !== 'number' ||
      fact.nameWords.some((word) => LIMIT_WORDS.has(word) || RATE_WORDS.has(word))
    ) {
      continue;
    }
    const unit = fact.nameWords.find((word) => UNIT_DAYS[word] !== undefined) ?? (isAge(fact) ? 'year' : undefined);
    if (unit === undefined) continue;
    const overlap = overlapOf(fact, subject);
    if (best === undefined || overlap > best.overlap)
      best = { days: fact.value * (UNIT_DAYS[unit] as number), overlap };
  }
  return best;
}

function isAge({ nameWords }: Fact): boolean {
  return nameWords.includes('age');
}

function betweenDates(subject: ReadonlySet<string>, facts: readonly Fact[]): number | undefined {
  const dates = facts.filter((fact) => fact.timeMs !== undefined);
  const reference = best(dates, (fact) => rank(fact, REFERENCE_WORDS) * 1e15 + (fact.timeMs as number));
  const starts = dates.filter((fact) => fact !== reference);
  const start = best(starts, (fact) => overlapOf(fact, subject) * 100 + rank(fact, START_WORDS));
  if (reference?.timeMs === undefined || start?.timeMs === undefined) return undefined;
  return (reference.timeMs - start.timeMs) / DAY_MS;
}

function rank({ nameWords }: Fact, words: readonly string[]): number {
  const at = words.findIndex((word) => nameWords.includes(word));
  return at === -1 ? 0 : words.length - at;
}

function best(facts: readonly Fact[], score: (fact: Fact) => number): Fact | undefined {
  return facts.reduce<Fact | undefined>(
    (top, fact) => (top === undefined || score(fact) > score(top) ? fact : top),
    undefined,
  );
}

/** How long the window is: a field such as `windowDays`, or what the instructions say. */
export function windowLimitDays(facts: readonly Fact[]): number | undefined {
  const limit = facts.find(({ value, concepts }) => typeof value === 'number' && concepts.has('window'));
  if (limit === undefined) return undefined;
  const unit = limit.nameWords.find((word) => UNIT_DAYS[word] !== undefined) ?? 'day';
  return (limit.value as number) * (UNIT_DAYS[unit] as number);
}
