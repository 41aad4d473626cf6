/** Cuts a sentence into its conclusion and its conditions. */

export interface Clause {
  readonly kind: 'if' | 'setting' | 'only' | 'unless' | 'even' | 'regardless';
  readonly text: string;
}

export interface Clauses {
  readonly main: string;
  readonly conditions: readonly Clause[];
}

const CONNECTORS: readonly (readonly [Clause['kind'], string])[] = [
  ['even', 'even (?:if|when|though|after|where|for)'],
  ['regardless', 'regardless of|irrespective of|no matter'],
  ['unless', 'unless|except (?:if|when|where|for|in case of|that)|except|other than|but not (?:if|when|for)'],
  ['only', 'but only (?:if|when|for|after)|only (?:if|when|where|for|after|within)'],
  ['if', 'provided that|provided|as long as|in cases where|in case of|in case|if|whenever|when|where|once'],
];
const CONNECTOR = new RegExp(`\\b(?:${CONNECTORS.map(([, words]) => words).join('|')})\\b`, 'g');
/** `During the promotion, …`, `For gift orders, …`: a condition without a verb. */
const SETTING = /^(during|for|in|with|as part of|under)\s+([^,]+),\s*(.+)$/;

/**
 * The clauses of a sentence, or `undefined` when it concludes nothing.
 *
 * @param concludes - whether a clause says what to do.
 */
export function clausesOf(text: string, concludes: (clause: string) => boolean): Clauses | undefined {
  const conditions: Clause[] = [];
  let main = '';
  let rest = text;
  for (let setting = SETTING.exec(rest); setting !== null; setting = SETTING.exec(rest)) {
    conditions.push({ kind: setting[1] === 'during' ? 'setting' : 'if', text: setting[2] as string });
    rest = setting[3] as string;
  }
  for (const { kind, text: clause } of segmentsOf(rest)) {
    if (kind === undefined) {
      main = clause;
      continue;
    }
    const cut = main === '' ? splitConclusion(clause, concludes) : undefined;
    conditions.push({ kind, text: cut === undefined ? clause : cut.condition });
    if (cut !== undefined) main = cut.conclusion;
  }
  main = main.replace(/^then\s+/, '').replace(/[,\s]+$/, '');
  return concludes(main) ? { main, conditions } : undefined;
}

function segmentsOf(text: string): { kind: Clause['kind'] | undefined; text: string }[] {
  const segments: { kind: Clause['kind'] | undefined; text: string }[] = [];
  let kind: Clause['kind'] | undefined;
  let from = 0;
  for (const match of text.matchAll(CONNECTOR)) {
    segments.push({ kind, text: trimEnds(text.slice(from, match.index)) });
    kind = kindOf(match[0]);
    from = match.index + match[0].length;
  }
  segments.push({ kind, text: trimEnds(text.slice(from)) });
  return joinConditions(segments.filter((segment, i) => segment.text !== '' || (i > 0 && segment.kind !== undefined)));
}

/** `if A and if B`, `when A or when B`: the second connector goes on with the first. */
function joinConditions(
  segments: readonly { kind: Clause['kind'] | undefined; text: string }[],
): { kind: Clause['kind'] | undefined; text: string }[] {
  const joined: { kind: Clause['kind'] | undefined; text: string }[] = [];
  for (const segment of segments) {
    const last = joined.at(-1);
    if (last !== undefined && last.kind === segment.kind && /\b(?:and|or)$/.test(last.text))
      last.text += ` ${segment.text}`;
    else joined.push({ ...segment });
  }
  return joined.map(({ kind, text }) => ({ kind, text: text.replace(/\s*\b(?:and|or|but)$/, '') }));
}

function trimEnds(text: string): string {
  return text.trim().replace(/^[,\s]+|[,\s]+$/g, '');
}

function kindOf(connector: string): Clause['kind'] {
  return CONNECTORS.find(([, words]) => new RegExp(`^(?:${words})$`).test(connector))?.[0] ?? 'if';
}

/** In `If A, B, do C` the conclusion starts at the first comma after which something is concluded at once. */
function splitConclusion(
  clause: string,
  concludes: (clause: string) => boolean,
): { condition: string; conclusion: string } | undefined {
  const cuts = [...clause.matchAll(/,\s*(?:then\s+)?|\s+then\s+/g)];
  for (const cut of cuts) {
    const conclusion = clause.slice(cut.index + cut[0].length);
    const start = conclusion.split(/\s+/).slice(0, 6).join(' ');
    if (concludes(start)) return { condition: clause.slice(0, cut.index), conclusion };
  }
  const last = cuts.at(-1);
  if (last === undefined) return undefined;
  return { condition: clause.slice(0, last.index), conclusion: clause.slice(last.index + last[0].length) };
}
