/**
 * Where the author's code stands in the bundle of workflow code: which file and line a character is from, and which characters a
 * place in a file has become. The kit, packages and what the bundler adds are none of it.
 */
import { SourceMap, type SourceMapPayload } from 'node:module';
import * as acorn from 'acorn';
import type { Artifact } from './artifact.ts';
import { declaredNames } from './code-statements.ts';

/** A place in a file of the author. */
export interface SourcePlace {
  /** `workflows/refund-eligibility/rules.ts` */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

export interface AuthorCode {
  /** `undefined` where the character is none of the author's. */
  placeOf(at: number): SourcePlace | undefined;
  /** The author's line that a place is in, from its first letter. */
  lineOf(place: SourcePlace): string;
  /** The piece of code that begins at a place, as far as that line. */
  textFrom(place: SourcePlace): string;
  /**
   * Of which characters one has to run for a place to have run: the place itself in the bundle; of what is declared at the top of a
   * module, those places in functions that speak of it.
   *
   * @returns `undefined` when nothing of the place is left in the bundle: a type, an import.
   */
  charactersOf(place: SourcePlace): readonly number[] | undefined;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface TopStatement extends Span {
  readonly names: readonly string[];
  readonly functions: readonly Span[];
}

/** @throws SyntaxError when the code is none of a bundle. */
export function readAuthorCode({
  code,
  sourceMaps,
  sources,
}: Pick<Artifact, 'code' | 'sourceMaps' | 'sources'>): AuthorCode {
  const text = code.workflow;
  const tokens: Span[] = [];
  const program = acorn.parse(text, {
    ecmaVersion: 'latest',
    sourceType: 'script',
    allowReturnOutsideFunction: true,
    onToken: ({ start, end }) => tokens.push({ start, end }),
  });
  const placeOf = placeFinder(text, sourceMaps.workflow, sources);
  const statements = program.body.map(topStatement);
  const isListed = exportList(program, text);
  const known = new Map<string, number[]>();
  const lineAt = (file: string, line: number) => sources[file]?.split('\n')[line - 1] ?? '';
  for (const { start } of tokens) {
    const found = isListed(start) ? undefined : placeOf(start);
    if (found === undefined) continue;
    if (found.isExact) known.set(keyOf(found.place), [...(known.get(keyOf(found.place)) ?? []), start]);
  }
  const usesOf = useFinder(text, tokens, statements, isListed);
  return {
    placeOf: (at) => (isListed(at) ? undefined : placeOf(at)?.place),
    lineOf: ({ file, line }) => lineAt(file, line).trim(),
    textFrom: ({ file, line, column }) => pieceAt(lineAt(file, line), column),
    charactersOf: (place) => known.get(keyOf(place))?.flatMap((at) => usesOf(at, new Set())),
  };
}

function keyOf({ file, line, column }: SourcePlace): string {
  return `${file}:${line}:${column}`;
}

function placeFinder(text: string, sourceMap: string, sources: Artifact['sources']) {
  const map = new SourceMap(JSON.parse(sourceMap) as SourceMapPayload);
  const lines = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
  return (at: number): { readonly place: SourcePlace; readonly isExact: boolean } | undefined => {
    const line = lastUpTo(lines, at);
    const column = at - (lines[line] ?? 0);
    const entry = map.findEntry(line, column);
    if (!('originalSource' in entry) || !Object.hasOwn(sources, entry.originalSource)) return undefined;
    return {
      place: { file: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn },
      isExact: entry.generatedLine === line && entry.generatedColumn === column,
    };
  };
}

/** The index of the last number that is not beyond a value; the numbers ascend. */
function lastUpTo(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The bundler's list of what the workflows' module exports has arrow functions that nobody wrote. */
function exportList({ body }: acorn.Program, text: string): (at: number) => boolean {
  const lists = body.filter((node) => text.startsWith('__export(', node.start));
  return (at) => lists.some((node) => node.start <= at && at < node.end);
}

function topStatement(node: acorn.AnyNode): TopStatement {
  const functions: Span[] = [];
  const visit = (inner: acorn.AnyNode): void => {
    if (/Function(?:Declaration|Expression)$/.test(inner.type)) functions.push(inner);
    for (const value of Object.values(inner).flat()) {
      if (typeof value === 'object' && value !== null && 'type' in value) visit(value as acorn.AnyNode);
    }
  };
  visit(node);
  return { start: node.start, end: node.end, names: declaredNames(node), functions };
}

/** What follows a dot, but not the three of a spread. */
function isMemberName(text: string, start: number): boolean {
  return text[start - 1] === '.' && text.slice(start - 3, start) !== '...';
}

/**
 * What is evaluated with its module runs in every run, and says nothing: what counts is where its names are used. A name that an
 * inner scope declares too is taken for it. What is exported as a workflow is used.
 */
function useFinder(
  text: string,
  tokens: readonly Span[],
  statements: readonly TopStatement[],
  isListed: (at: number) => boolean,
) {
  const words = new Map<string, number[]>();
  const exported = new Set<string>();
  for (const { start, end } of tokens) {
    const word = text.slice(start, end);
    if (!/^[\w$]+$/.test(word) || isMemberName(text, start)) continue;
    if (isListed(start)) exported.add(word);
    else words.set(word, [...(words.get(word) ?? []), start]);
  }
  const usesOf = (at: number, seen: Set<TopStatement>): number[] => {
    const statement = statements.find((one) => isWithin(at, one));
    if (statement === undefined || statement.functions.some((one) => isWithin(at, one))) return [at];
    if (statement.names.length === 0) return [at];
    if (seen.has(statement)) return [];
    seen.add(statement);
    const uses = statement.names.flatMap((name) => words.get(name) ?? []).filter((use) => !isWithin(use, statement));
    if (uses.length === 0 && statement.names.some((name) => exported.has(name))) return [at];
    return uses.flatMap((use) => usesOf(use, seen));
  };
  return usesOf;
}

function isWithin(at: number, { start, end }: Span): boolean {
  return start <= at && at < end;
}

/** Up to the bracket that closes around it, or to what stands beside it. Parameters begin with their bracket. */
function pieceAt(line: string, column: number): string {
  const from = line[column - 1] === '(' && /^[^()]*\)\s*=>/.test(line.slice(column)) ? column - 1 : column;
  let depth = 0;
  let end = from;
  for (; end < line.length; end += 1) {
    const character = line[end] ?? '';
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (depth < 0 || (depth === 0 && (character === ';' || line.startsWith(' : ', end)))) break;
  }
  return line.slice(from, end).trim();
}
