/**
 * Where the author's code of two versions differs, line by line: what a replay has to come past to say anything about a change.
 *
 * Invariants
 * 1. Comments, formatting, types and definition data are no changes (`code-shape.ts`).
 * 2. What both sides have at an edit stands on the candidate's line; what was only taken away, on the baseline's.
 */
import { SourceMap, type SourceMapPayload } from 'node:module';
import * as acorn from 'acorn';
import { diffArrays } from 'diff';
import { transform } from 'esbuild';
import type { Artifact } from './artifact.ts';
import type { SourcePlace } from './author-code.ts';
import { codeLoader, definitionData } from './code-shape.ts';

/** A line of the author that an edit touches. */
export interface ChangedLine {
  readonly file: string;
  readonly line: number;
  /** `baseline`: something was taken away there, and nothing came in its place. */
  readonly side: 'baseline' | 'candidate';
  /** Where on it. */
  readonly places: readonly SourcePlace[];
}

type Side = Pick<Artifact, 'sources' | 'definition'>;

/**
 * Compares one file of two versions.
 *
 * @returns `undefined` when it is no code, cannot be read as such, or hardly anything of it stayed.
 */
export async function changedLines(
  file: string,
  baseline: Side,
  candidate: Side,
): Promise<readonly ChangedLine[] | undefined> {
  if (codeLoader(file) === undefined) return undefined;
  try {
    const [before, after] = [await readTokens(file, baseline), await readTokens(file, candidate)];
    return editedLines(before, after);
  } catch {
    return undefined;
  }
}

interface SourceToken {
  readonly text: string;
  readonly place: SourcePlace;
}

/** Words that differ at most: a file that was written anew would take minutes to be compared word by word. */
const EDITS_MAX = 5_000;

function editedLines(before: readonly SourceToken[], after: readonly SourceToken[]): ChangedLine[] | undefined {
  const parts = diffArrays(before.map(wordOf), after.map(wordOf), { maxEditLength: EDITS_MAX });
  if (parts === undefined) return undefined;
  const edited = { baseline: [] as SourceToken[], candidate: [] as SourceToken[] };
  let [from, to] = [0, 0];
  for (const [index, { removed, added, count }] of parts.entries()) {
    if (added) edited.candidate.push(...after.slice(to, to + count));
    // What is replaced comes before what replaces it.
    else if (removed && parts[index + 1]?.added !== true) edited.baseline.push(...before.slice(from, from + count));
    if (!added) from += count;
    if (!removed) to += count;
  }
  return (['candidate', 'baseline'] as const).flatMap((side) => byLine(edited[side], side));
}

function byLine(tokens: readonly SourceToken[], side: ChangedLine['side']): ChangedLine[] {
  const lines = new Map<number, SourcePlace[]>();
  for (const { place } of tokens) lines.set(place.line, [...(lines.get(place.line) ?? []), place]);
  return [...lines].flatMap(([line, places]) => {
    const [first] = places;
    return first === undefined ? [] : [{ file: first.file, line, side, places }];
  });
}

function wordOf({ text }: SourceToken): string {
  return text;
}

/** The code of a file without types, word by word, each where the author wrote it; of a file that is not there, none. */
async function readTokens(file: string, { sources, definition }: Side): Promise<readonly SourceToken[]> {
  const source = Object.hasOwn(sources, file) ? sources[file] : undefined;
  if (source === undefined) return [];
  const { code, map } = await transform(source, {
    loader: codeLoader(file) ?? 'js',
    target: 'es2022',
    sourcemap: 'external',
    legalComments: 'none',
  });
  const tokens: acorn.Token[] = [];
  const program = acorn.parse(code, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true,
    onToken: (token) => tokens.push(token),
  });
  const data = definitionData(program);
  const prompts = new Set<string | undefined>(
    Object.values(definition.prompts).flatMap(({ text, system = text }) => [text, system]),
  );
  const isCode = (token: acorn.Token) =>
    !data.some(({ start, end }) => start <= token.start && token.start < end) && !prompts.has(textIn(token));
  const places = new SourceMap(JSON.parse(map) as SourceMapPayload);
  return tokens.filter(isCode).flatMap(({ start, end, loc }) => {
    const entry = places.findEntry((loc?.start.line ?? 1) - 1, loc?.start.column ?? 0);
    if (!('originalLine' in entry)) return [];
    const place = { file, line: entry.originalLine + 1, column: entry.originalColumn };
    return [{ text: code.slice(start, end), place }];
  });
}

/** Of a text what it says: acorn's declarations leave it out. */
function textIn(token: acorn.Token): string | undefined {
  const { value } = token as acorn.Token & { readonly value: unknown };
  return token.type.label === 'string' || token.type.label === 'template' ? String(value) : undefined;
}
