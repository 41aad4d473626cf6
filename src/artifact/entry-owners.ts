/**
 * Declarations that serve one entry of the definition and nothing else: the schema of a tool's input is a part of the tool's contract,
 * whether it stands there or is declared somewhere and called by its name.
 *
 * Invariants
 * 1. A declaration has an owner when all that speaks of it is that entry, or has the same owner.
 * 2. A word that is the name counts as speaking of it wherever it stands: where that is wrong, nobody owns the declaration.
 */
import type * as acorn from 'acorn';
import { parseStatement } from './code-pieces.ts';
import { type DefinitionEntry, definitionEntries } from './definition-pieces.ts';
import { childrenOf } from './module-outline.ts';

export interface Declaration {
  /** What it declares; none for a statement that only does something. */
  readonly names: readonly string[];
  readonly text: string;
}

/** What speaks of a name: an entry of the definition, a declaration, or `undefined` for anything else. */
type Speaker =
  | { readonly entry: string; readonly declaration?: undefined }
  | { readonly declaration: Declaration; readonly entry?: undefined }
  | undefined;

/**
 * @param unitOf the unit of an entry of the definition; what has none owns nothing.
 * @returns the owner of a declaration, one of `statements`.
 */
export function entryOwners(
  statements: readonly Declaration[],
  unitOf: (entry: DefinitionEntry) => string | undefined,
): (declaration: Declaration) => string | undefined {
  const speakers = speakersOf(statements, unitOf);
  const known = new Map<Declaration, string | undefined>();
  const ownerOf = (declaration: Declaration): string | undefined => {
    if (known.has(declaration)) return known.get(declaration);
    known.set(declaration, undefined);
    const spoken = declaration.names.flatMap((name) => speakers.get(name) ?? []);
    const others = spoken.filter((speaker) => speaker?.declaration !== declaration);
    const owners = new Set(others.map((one) => (one?.declaration ? ownerOf(one.declaration) : one?.entry)));
    const [owner] = owners.size === 1 ? owners : [];
    known.set(declaration, owner);
    return owner;
  };
  return ownerOf;
}

function speakersOf(
  statements: readonly Declaration[],
  unitOf: (entry: DefinitionEntry) => string | undefined,
): Map<string, Speaker[]> {
  const speakers = new Map(statements.flatMap(({ names }) => names).map((name): [string, Speaker[]] => [name, []]));
  const listen = (text: string, speaker: Speaker) => {
    for (const word of new Set(text.match(/[\w$]+/g))) speakers.get(word)?.push(speaker);
  };
  for (const statement of statements) {
    const entries = entriesIn(statement.text);
    let rest = statement.text;
    for (const entry of [...entries].reverse()) {
      const unit = unitOf(entry);
      if (unit === undefined) continue;
      listen(statement.text.slice(entry.start, entry.end), { entry: unit });
      rest = rest.slice(0, entry.start) + rest.slice(entry.end);
    }
    listen(rest, statement.names.length === 0 ? undefined : { declaration: statement });
  }
  return speakers;
}

function entriesIn(text: string): readonly DefinitionEntry[] {
  return /\bdefineMission\d*\(/.test(text) ? entriesBelow(parseStatement(text)) : [];
}

function entriesBelow(node: acorn.AnyNode): readonly DefinitionEntry[] {
  const own = node.type === 'CallExpression' ? definitionEntries(node) : undefined;
  return own ?? childrenOf(node).flatMap(entriesBelow);
}
