/** Separates a prompt into its instructions and the data of the case. */
import type { Json } from '../../shared/json.ts';
import { type Fact, factOfLine, factsOfJson } from './facts.ts';
import { decisionIn } from './verdict-words.ts';

export interface ReadPrompt {
  /** What is left when the data are taken out, line by line. */
  readonly instructions: string;
  readonly facts: readonly Fact[];
}

/** Reads one message. `labels` are names that are possible answers, so that `damaged: arrived broken` explains one. */
export function readPrompt(text: string, labels: ReadonlySet<string> = new Set()): ReadPrompt {
  const facts: Fact[] = [];
  const withoutJson = takeJson(text.replace(/\r\n?/g, '\n'), facts);
  const withoutBlocks = takeBlocks(withoutJson, facts);
  return { instructions: takeLines(withoutBlocks, facts, labels), facts };
}

/** Stands where data stood: it ends a sentence. */
const HOLE = '\n\n';

function takeJson(text: string, facts: Fact[]): string {
  let rest = '';
  for (let at = 0; at < text.length; ) {
    const open = text.slice(at).search(/[{[]/);
    if (open === -1) return rest + text.slice(at);
    const start = at + open;
    const end = endOfJson(text, start);
    const value = end === undefined ? undefined : parse(text.slice(start, end));
    if (end === undefined || value === undefined) {
      rest += text.slice(at, start + 1);
      at = start + 1;
      continue;
    }
    facts.push(...factsOfJson(value));
    rest += text.slice(at, start) + HOLE;
    at = end;
  }
  return rest;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;

/** Where the object or array that starts at `start` ends; brackets inside strings do not count. */
function endOfJson(text: string, start: number): number | undefined {
  let depth = 0;
  JSON_TOKEN.lastIndex = start;
  for (let token = JSON_TOKEN.exec(text); token !== null; token = JSON_TOKEN.exec(text)) {
    if (token[0] === '{' || token[0] === '[') depth += 1;
    else if ((token[0] === '}' || token[0] === ']') && --depth === 0) return JSON_TOKEN.lastIndex;
  }
  return undefined;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

const BLOCK = /<([a-z][\w-]*)>([\s\S]*?)<\/\1>|```\w*\n([\s\S]*?)```|"""([\s\S]*?)"""/gi;

function takeBlocks(text: string, facts: Fact[]): string {
  return text.replace(BLOCK, (_, tag?: string, tagged?: string, fenced?: string, quoted?: string) => {
    const body = (tagged ?? fenced ?? quoted ?? '').trim();
    if (body !== '') facts.push(factOfLine(tag ?? 'message', body));
    return HOLE;
  });
}

const LINE = /^\s*(?:[-*•]\s+)?([A-Za-z][\w' -]{0,40}?)\s*:\s*(\S.*)$/;
const PROSE_NAME =
  /^(?:customer |user |client )?(?:message|text|request|comment|description|complaint|subject|body|email|says|wrote|writes)$/i;
const INSTRUCTION_NAME =
  /^(?:if|when|unless|always|never|note|important|policy|rules?|otherwise|answer|classify|decide|treat|during|for|examples?|exceptions?|promotion|approve|deny|categor\w+|task|in|return|the)\b/i;
const IMPERATIVE = /^(?:always|never|do not|please|treat|approve|deny|reject|accept|refuse|decline|escalate|grant)\b/i;
const NEW_BLOCK = /^\s*(?:[-*•#]|\d+[.)])\s|^\s*$/;

function takeLines(text: string, facts: Fact[], labels: ReadonlySet<string>): string {
  const kept: string[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as string;
    const match = LINE.exec(line);
    const [name, first] = [match?.[1] ?? '', match?.[2] ?? ''];
    if (match === null || !isData(name, first, labels)) {
      kept.push(line);
      continue;
    }
    let value = first;
    while (PROSE_NAME.test(name) && continues(lines[at + 1], value)) {
      at += 1;
      value += ` ${(lines[at] as string).trim()}`;
    }
    facts.push(factOfLine(name.trim(), value));
    kept.push('');
  }
  return kept.join('\n');
}

/** A quoted text goes on until its quote closes; any other until the next line that starts something. */
function continues(line: string | undefined, value: string): boolean {
  if (line === undefined) return false;
  if (value.startsWith('"')) return !/[^\\]"$/.test(value);
  return !NEW_BLOCK.test(line) && !LINE.test(line);
}

function isData(name: string, value: string, labels: ReadonlySet<string>): boolean {
  if (PROSE_NAME.test(name)) return true;
  if (INSTRUCTION_NAME.test(name) || IMPERATIVE.test(value) || name.split(/\s+/).length > 4) return false;
  if (labels.has(name.toLowerCase().replace(/[^a-z0-9]+/g, ' '))) return false;
  return !(decisionIn(value) !== undefined && /\b(?:if|when|unless)\b/i.test(value));
}
