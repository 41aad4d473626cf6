/** Reads numbers and what they are compared with: `at least 3`, `over $200`, `30 days or more`, `between 5 and 10`. */
import { CARDINALS } from './words.ts';

export type Operator = '>' | '>=' | '<' | '<=' | '=' | 'between';

export interface Quantity {
  /** What stands for it in the marked text. */
  readonly marker: string;
  readonly operator: Operator;
  readonly value: number;
  /** Upper end, of `between`. */
  readonly upper?: number;
  readonly unit: 'money' | 'percent' | 'time' | 'plain';
  /** Of a time: the value in days. */
  readonly days?: number;
  /** Compared with another number of the case, named by these words, instead of with `value`. */
  readonly other?: string;
}

const NUMBER_WORD = new RegExp(
  `\\b(${Object.keys(CARDINALS).join('|')})\\b(?= (?:or|days?|weeks?|months?|years?|hours?|prior|previous|refunds?|claims?|times?|[a-z]+s)\\b)`,
  'g',
);
const UNIT_DAYS: Readonly<Record<string, number>> = { hour: 1 / 24, day: 1, week: 7, month: 30, year: 365 };

const OPERATORS: readonly (readonly [Operator, string])[] = [
  [
    '<=',
    'no more than|not more than|not over|not exceeding|at most|up to|no later than|within the last|within the first|within|a maximum of|inside',
  ],
  ['>=', 'at least|no fewer than|no less than|not less than|not under|a minimum of'],
  [
    '>',
    'more than|greater than|higher than|older than|longer than|later than|in excess of|exceeding|exceeds?|over|above|beyond|past|after',
  ],
  ['<', 'less than|fewer than|lower than|younger than|smaller than|under|below|before'],
  ['=', 'exactly|equal to|equals'],
];
const NUMBER =
  '(?<currency>[$€£]\\s?)?(?<number>\\d[\\d,]*(?:\\.\\d+)?)(?<percent>\\s?%|\\s?percent)?(?<times>\\s(?:dollars|euros|pounds|usd|eur|gbp))?(?:[ -](?<unit>hour|day|week|month|year)s?)?';
const AFTERWARDS =
  '(?:\\sor\\s(?<more>more|above|over|higher|older|longer|later|greater)\\b|\\sor\\s(?<less>less|fewer|under|lower|younger|below|earlier)\\b)?';
const PATTERN = new RegExp(
  `\\bbetween ${NUMBER.replaceAll('?<', '?<from_')} and ${NUMBER.replaceAll('?<', '?<to_')}|(?:\\b(?<operator>${OPERATORS.map(([, words]) => words).join('|')}) )?${NUMBER}${AFTERWARDS}`,
  'g',
);
const NAMED =
  /\b(exceeds?|(?:is |are |was )?(?:more than|greater than|higher than|over|above|less than|lower than|below|under|at least|at most)) (?:the|our|their|his|her|its) ((?:[a-z-]+ ?){1,4})$/;

/** Finds the quantities of a text in normal form and puts markers in their place. */
export function readQuantity(text: string): { readonly text: string; readonly quantities: readonly Quantity[] } {
  const quantities: Quantity[] = [];
  const digits = text.replace(NUMBER_WORD, (word) => CARDINALS[word] ?? word);
  let marked = digits.replace(PATTERN, (...match) => {
    const groups = match.at(-1) as Readonly<Record<string, string | undefined>>;
    const marker = `⟦${quantities.length}⟧`;
    quantities.push(toQuantity(marker, groups));
    return marker;
  });
  if (quantities.length === 0) {
    marked = marked.replace(NAMED, (whole: string, words: string, other: string) => {
      if (/\bwindow|period|deadline\b/.test(other)) return whole;
      const operator = operatorOf(words.replace(/^(?:is|are|was) /, ''));
      quantities.push({ marker: '⟦0⟧', operator, value: Number.NaN, unit: 'plain', other: other.trim() });
      return '⟦0⟧';
    });
  }
  const compared = quantities.filter(({ operator }) => operator !== '=');
  return {
    text: marked,
    quantities: compared.length > 0 ? [...compared, ...quantities.filter((q) => !compared.includes(q))] : quantities,
  };
}

function toQuantity(marker: string, groups: Readonly<Record<string, string | undefined>>): Quantity {
  const between = groups['from_number'] !== undefined;
  const get = (name: string) => groups[name] ?? groups[`to_${name}`] ?? groups[`from_${name}`];
  const value = toNumber(between ? groups['from_number'] : groups['number']);
  const unit = get('unit');
  return {
    marker,
    operator: between ? 'between' : (suffixOperator(groups) ?? operatorOf(groups['operator'] ?? 'exactly')),
    value,
    unit: unitOf(get),
    ...(between ? { upper: toNumber(groups['to_number']) } : {}),
    ...(unit === undefined ? {} : { days: value * (UNIT_DAYS[unit] ?? 1) }),
  };
}

function suffixOperator(groups: Readonly<Record<string, string | undefined>>): Operator | undefined {
  if (groups['more'] !== undefined) return '>=';
  return groups['less'] === undefined ? undefined : '<=';
}

function unitOf(get: (name: string) => string | undefined): Quantity['unit'] {
  if (get('currency') !== undefined || get('times') !== undefined) return 'money';
  if (get('percent') !== undefined) return 'percent';
  return get('unit') === undefined ? 'plain' : 'time';
}

function toNumber(text: string | undefined): number {
  return Number((text ?? '').replaceAll(',', ''));
}

function operatorOf(words: string): Operator {
  return OPERATORS.find(([, list]) => new RegExp(`^(?:${list})$`).test(words))?.[0] ?? '=';
}

/** Whether a number of the case passes. */
export function compare(actual: number, operator: Operator, value: number, upper = value): boolean {
  switch (operator) {
    case '>':
      return actual > value;
    case '>=':
      return actual >= value;
    case '<':
      return actual < value;
    case '<=':
      return actual <= value;
    case '=':
      return actual === value;
    case 'between':
      return actual >= value && actual <= upper;
  }
}
