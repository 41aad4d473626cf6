/**
 * A change of workflow code, taken apart: modules, and in them units. A unit is what a step of the workflow is fed by, or a
 * function or constant that takes no steps; the kit and packages are modules without units. Attribution swaps them; nothing here says that a unit does anything.
 *
 * Invariants
 * 1. What differs in definition data alone is no unit: a linked mission reads the definition (`code-shape.ts`).
 * 2. What a side adds at the top is there in every hybrid that speaks of it, and what it removes stays: a declaration does
 *    nothing by itself.
 * 3. A module that is taken brings the candidate's text of every statement, whatever its units are; code that is held by an entry of
 *    the definition (the schemas of a tool, also those that are declared elsewhere for nothing else) goes with that entry.
 */
import type { Artifact } from './artifact.ts';
import { commonNames, importName, type Renaming, renamedText, withoutNumber } from './canonical-names.ts';
import { type PieceOptions, parseStatement, piecesOf } from './code-pieces.ts';
import { shapeOfStatement } from './code-shape.ts';
import { type CodeStatement, readStatements } from './code-statements.ts';
import { entryOwners } from './entry-owners.ts';
import { mergeOrder } from './merge-order.ts';
import { nameUnits } from './name-units.ts';
import { type Piece, renderPieces, unitsIn } from './piece.ts';

export interface CodeChange {
  /** `code: workflows/refund-eligibility/rules.ts` → its units. */
  readonly modules: ReadonlyMap<string, readonly string[]>;
  /** All that {@link render} can take: modules, units, and entries of the definition that hold code. */
  readonly names: ReadonlySet<string>;
  /** The entries of the definition that hold code: schemas of tools, of the input or the output. */
  readonly entries: ReadonlySet<string>;
  /** The workflow code of the baseline with what is taken from the candidate. */
  render(taken: ReadonlySet<string>): string;
}

export type CodeSide = Pick<Artifact, 'code' | 'sourceMaps' | 'sources' | 'definition'>;

/** A statement with the names that both sides know it by. */
interface Known {
  readonly key: string;
  readonly names: readonly string[];
  /** As the author wrote it. */
  readonly label: string;
  readonly file: string;
  readonly text: string;
  readonly isImport: boolean;
  /** The author's file; none of the kit and of packages. */
  readonly source: string | undefined;
}

type Entry =
  | { readonly kind: 'kept'; readonly text: string }
  | { readonly kind: 'added'; readonly text: string; readonly names: readonly string[] }
  | {
      readonly kind: 'changed';
      readonly module: string;
      readonly baseline: string;
      readonly candidate: string;
      readonly pieces: readonly Piece[];
    };

/**
 * Compares the workflow code of two versions.
 *
 * @param entries names of changed entries of the definition: `tool getOrder`
 * @throws SyntaxError when one of the codes cannot be read.
 */
export function splitCode(baseline: CodeSide, candidate: CodeSide, entries: ReadonlySet<string>): CodeChange {
  const [before, after] = readBoth(baseline, candidate);
  const prompts = [promptsOf(baseline), promptsOf(candidate)] as const;
  const ownerOf = ownersOn([before, after], entries);
  const merged = mergeOrder(before, after).map(([one, other]) => entryOf(one, other, prompts, { entries, ownerOf }));
  const names = namesOf(merged);
  return {
    modules: modulesOf(merged, entries),
    names,
    entries: new Set([...names].filter((name) => entries.has(name))),
    render: (taken) => render(merged, taken, entries),
  };
}

interface Entries {
  /** Names of changed entries of the definition. */
  readonly entries: ReadonlySet<string>;
  /** The one that a declaration serves and nothing else, on both sides. */
  readonly ownerOf: (before: Known, after: Known) => string | undefined;
}

function ownersOn([before, after]: readonly [Known[], Known[]], entries: ReadonlySet<string>): Entries['ownerOf'] {
  if (entries.size === 0) return () => undefined;
  const [left, right] = [before, after].map((side) =>
    entryOwners(side, ({ group, entry }) => entryUnit(group, entry, entries)),
  );
  return (one, other) => {
    const owner = other.source === undefined ? undefined : right?.(other);
    return owner !== undefined && left?.(one) === owner ? owner : undefined;
  };
}

function promptsOf({ definition }: CodeSide): ReadonlySet<string> {
  const texts = Object.values(definition.prompts).flatMap(({ text, system }) => [text, system ?? '']);
  return new Set(texts.filter((text) => text !== ''));
}

function readBoth(baseline: CodeSide, candidate: CodeSide): [Known[], Known[]] {
  const before = readStatements(baseline.code.workflow, baseline.sourceMaps.workflow);
  const after = readStatements(candidate.code.workflow, candidate.sourceMaps.workflow);
  const [left, right] = commonNames(before, after);
  return [known(baseline, before, left), known(candidate, after, right)];
}

function known({ code, sources }: CodeSide, statements: readonly CodeStatement[], renaming: Renaming): Known[] {
  const times = new Map<string, number>();
  const once = (text: string): string => {
    const time = (times.get(text) ?? 0) + 1;
    times.set(text, time);
    return `${text} ${time}`;
  };
  return statements.map((statement) => {
    const { node, names, file, imports } = statement;
    const common = names.map((name) => renaming.get(name) ?? name);
    const text =
      imports === undefined
        ? renamedText(code.workflow, node, renaming)
        : `var ${importName(imports)}=require(${JSON.stringify(imports)});`;
    const [raw = ''] = names;
    return {
      key: common[0] ?? once(text),
      names: common,
      label: authorsName(raw, sources[file]),
      file,
      text,
      isImport: imports !== undefined,
      source: Object.hasOwn(sources, file) ? sources[file] : undefined,
    };
  });
}

/** The bundler's number is left out when the source does not have it. */
function authorsName(raw: string, source: string | undefined): string {
  return source !== undefined && !new RegExp(`\\b${raw.replaceAll('$', '\\$')}\\b`).test(source)
    ? withoutNumber(raw)
    : raw;
}

function entryOf(
  before: Known | undefined,
  after: Known | undefined,
  prompts: readonly [ReadonlySet<string>, ReadonlySet<string>],
  { entries, ownerOf }: Entries,
): Entry {
  const one = before ?? after;
  if (one === undefined) return { kind: 'kept', text: '' };
  if (before === undefined || after === undefined) {
    if (one.names.length === 0 && one.file !== '') return loose(one, before, after);
    if (before !== undefined || one.isImport || one.file === '') return { kind: 'kept', text: one.text };
    return { kind: 'added', text: one.text, names: one.names };
  }
  if (isSame(before, after, prompts)) return { kind: 'kept', text: before.text };
  const [baseline, candidate] = [before.text, after.text];
  const owner = ownerOf(before, after);
  const pieces = owner === undefined ? piecesOfChange(before, after, entries) : [{ unit: owner, baseline, candidate }];
  return { kind: 'changed', module: moduleName(after.file), baseline, candidate, pieces };
}

function isSame(before: Known, after: Known, prompts: readonly [ReadonlySet<string>, ReadonlySet<string>]): boolean {
  if (before.text === after.text) return true;
  const sameSource = before.file === after.file && before.source === after.source;
  if (sameSource && withoutNumbers(before.text) === withoutNumbers(after.text)) return true;
  return shapeOfStatement(before.text, prompts[0]) === shapeOfStatement(after.text, prompts[1]);
}

/** The bundler numbers names of inner scopes too, where something at the top is called the same. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/\b([A-Za-z_]\w*?)\d+\b/g, '$1');
}

/** A statement that declares nothing, on one side only: it goes with its module. */
function loose(one: Known, before: Known | undefined, after: Known | undefined): Entry {
  const [baseline, candidate] = [before?.text ?? '', after?.text ?? ''];
  return { kind: 'changed', module: moduleName(one.file), baseline, candidate, pieces: [baseline] };
}

function moduleName(file: string): string {
  return `code: ${file}`;
}

function piecesOfChange(before: Known, after: Known, entries: ReadonlySet<string>): readonly Piece[] {
  const [left, right] = [parseStatement(before.text), parseStatement(after.text)];
  const options: PieceOptions = {
    baseline: before.text,
    candidate: after.text,
    unitOf:
      after.source === undefined
        ? () => moduleName(after.file)
        : nameUnits(left, right, `${moduleName(after.file)} ${after.label}`),
    entryUnit: (group, entry) => entryUnit(group, entry, entries),
  };
  return piecesOf(left, right, options);
}

const COMPONENTS: Readonly<Record<string, string>> = {
  prompts: 'prompt',
  models: 'model',
  rules: 'rule',
  tools: 'tool',
  decisions: 'decision',
};

function entryUnit(group: string, entry: string, entries: ReadonlySet<string>): string | undefined {
  const unit = entry === '' ? group : `${COMPONENTS[group] ?? group} ${entry}`;
  return entries.has(unit) ? unit : undefined;
}

function modulesOf(merged: readonly Entry[], entries: ReadonlySet<string>): Map<string, string[]> {
  const modules = new Map<string, string[]>();
  for (const entry of merged) {
    if (entry.kind !== 'changed') continue;
    const names = unitsIn(entry.pieces);
    const own = names.filter((name) => !entries.has(name));
    if (own.length === 0 && names.length > 0) continue;
    const units = own.filter((name) => name !== entry.module);
    modules.set(entry.module, [...new Set([...(modules.get(entry.module) ?? []), ...units])]);
  }
  return modules;
}

function namesOf(merged: readonly Entry[]): ReadonlySet<string> {
  return new Set(merged.flatMap((entry) => (entry.kind === 'changed' ? [entry.module, ...unitsIn(entry.pieces)] : [])));
}

function render(merged: readonly Entry[], taken: ReadonlySet<string>, entries: ReadonlySet<string>): string {
  const rendered = merged.map((entry) => {
    if (entry.kind !== 'changed') return entry;
    const whole = taken.has('code') || taken.has(entry.module);
    const holdsEntry = unitsIn(entry.pieces).some((unit) => entries.has(unit));
    const isTaken = (unit: string) => taken.has(unit) || (whole && !entries.has(unit));
    const text = whole && !holdsEntry ? entry.candidate : renderPieces(entry.pieces, isTaken);
    return { kind: 'kept', text } as const;
  });
  const needed = neededNames(rendered);
  return rendered
    .filter((entry) => entry.kind === 'kept' || entry.names.some((name) => needed.has(name)))
    .map(({ text }) => text)
    .join('\n');
}

/** The added names that the hybrid speaks of, those that they speak of themselves included. */
function neededNames(entries: readonly (Entry & { kind: 'kept' | 'added' })[]): ReadonlySet<string> {
  const added = new Map(
    entries.flatMap((entry) => (entry.kind === 'added' ? entry.names.map((name) => [name, entry.text] as const) : [])),
  );
  const needed = new Set<string>();
  const visit = (text: string): void => {
    for (const [word] of text.matchAll(/[\w$]+/g)) {
      const own = added.get(word);
      if (own === undefined || needed.has(word)) continue;
      needed.add(word);
      visit(own);
    }
  };
  for (const { kind, text } of entries) if (kind === 'kept') visit(text);
  return needed;
}
