/**
 * The shape of a source file: what of its text can change behaviour by itself. Two files of equal shape differ at most in
 * comments, formatting, types, and definition data.
 *
 * Definition data are literals (text, numbers, booleans, null, and arrays and objects of them) that stand directly in the
 * argument of `defineMission`. A published mission never reads them from its code: they are in the definition, where
 * `diffArtifacts` compares them by name. Whatever is computed stays part of the shape: schemas (a refinement has no JSON
 * form), functions, identifiers, spreads, templates with places.
 *
 * A prompt may stand in a file of its own: a text file, or a constant at the top of a module. Such a text is definition data
 * too when it is, to the letter, a prompt of that version's definition.
 */
import { extname } from 'node:path';
import type * as acorn from 'acorn';
import { parse } from 'acorn';
import { type Loader, transform } from 'esbuild';
import { canonicalJson, type Json } from '../shared/json.ts';
import { parseCode } from './parse-code.ts';

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
};

/** How the bundler reads a file of code; `undefined` of other files. */
export function codeLoader(path: string): Loader | undefined {
  return LOADERS[extname(path)];
}

/**
 * @param prompts texts of the definition that the file belongs to
 * @returns the text unchanged when the file is not code, or cannot be read as code.
 */
export async function codeShape(path: string, text: string, prompts: ReadonlySet<string> = new Set()): Promise<string> {
  if (prompts.has(text)) return '';
  const extension = extname(path);
  if (extension === '.json') return jsonShape(text);
  const loader = codeLoader(path);
  if (loader === undefined) return text;
  try {
    const { code } = await transform(text, { loader, target: 'es2022', minifyWhitespace: true, legalComments: 'none' });
    return withoutPrompts(withoutDefinitionData(code), prompts);
  } catch {
    return text;
  }
}

/**
 * The shape of one statement at the top of a bundle.
 *
 * @param prompts texts of the definition that the statement belongs to
 */
export function shapeOfStatement(text: string, prompts: ReadonlySet<string>): string {
  const program = parseCode(text);
  const data = callsOf(program, DEFINE_MISSION).flatMap(([argument]) => dataIn(argument));
  return withoutPrompts(cut(text, data), prompts, 'var');
}

/** A number is the bundler's. */
const DEFINE_MISSION = { has: (name: string) => /^defineMission\d*$/.test(name) };

function jsonShape(text: string): string {
  try {
    return canonicalJson(JSON.parse(text) as Json);
  } catch {
    return text;
  }
}

function withoutDefinitionData(code: string): string {
  return code.includes('defineMission') ? cut(code, definitionData(parseModule(code))) : code;
}

/** Where definition data stand in a module of the author, as plain JavaScript. */
export function definitionData(program: acorn.Program): readonly Span[] {
  return callsOf(program, namesOfDefineMission(program)).flatMap(([argument]) => dataIn(argument));
}

function parseModule(code: string): acorn.Program {
  return parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
}

/** Cuts the values of top-level constants that hold nothing but a prompt; in a bundle they are `var`. */
function withoutPrompts(code: string, prompts: ReadonlySet<string>, kind: 'const' | 'var' = 'const'): string {
  if (prompts.size === 0) return code;
  const program = parseModule(code);
  const declarations = program.body.map((node) => (node.type === 'ExportNamedDeclaration' ? node.declaration : node));
  const values = declarations.flatMap((node) =>
    node?.type === 'VariableDeclaration' && node.kind === kind ? node.declarations.map(({ init }) => init) : [],
  );
  return cut(code, values.filter((value) => value != null && prompts.has(textOf(value) ?? '')) as acorn.AnyNode[]);
}

function textOf(node: acorn.AnyNode): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked ?? undefined;
}

/** Local names of the kit's `defineMission`: it may be imported under another one. */
function namesOfDefineMission(program: acorn.Program): Set<string> {
  const names = new Set<string>();
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || statement.source.value !== 'mission-runtime/mission') continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier') continue;
      if (specifier.imported.name === 'defineMission') names.add(specifier.local.name);
    }
  }
  return names;
}

/** The arguments of every call of one of `names`, at any depth. */
function callsOf(root: acorn.AnyNode, names: Pick<ReadonlySet<string>, 'has'>): acorn.AnyNode[][] {
  const found: acorn.AnyNode[][] = [];
  const visit = (node: acorn.AnyNode): void => {
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && names.has(node.callee.name)) {
      found.push(node.arguments);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(root);
  return found;
}

function childrenOf(node: acorn.AnyNode): acorn.AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((value): value is acorn.AnyNode => typeof value === 'object' && value !== null && 'type' in value);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The members of an object, and of the objects in it, whose whole value is literal data. */
function dataIn(node: acorn.AnyNode | undefined): Span[] {
  if (node?.type !== 'ObjectExpression') return [];
  return node.properties.flatMap((property) => {
    if (property.type !== 'Property' || property.computed || property.kind !== 'init') return [];
    return isData(property.value) ? [property] : dataIn(property.value);
  });
}

/** Whether an expression is literal data: text, numbers, and what is made of them. */
export function isData(node: acorn.AnyNode): boolean {
  if (node.type === 'Literal') return node.regex === undefined && node.bigint === undefined;
  if (node.type === 'TemplateLiteral') return node.expressions.length === 0;
  if (node.type === 'UnaryExpression') return ['-', '!'].includes(node.operator) && isData(node.argument);
  if (node.type === 'ArrayExpression') return node.elements.every((element) => element !== null && isData(element));
  return node.type === 'ObjectExpression' && node.properties.every(isDataMember);
}

function isDataMember(member: acorn.Property | acorn.SpreadElement): boolean {
  return member.type === 'Property' && !member.computed && member.kind === 'init' && isData(member.value);
}

/** Members are cut out with their comma, so that what is left does not tell how many there were. */
function cut(code: string, spans: readonly Span[]): string {
  let kept = '';
  let from = 0;
  for (const { start, end } of spans.toSorted((left, right) => left.start - right.start)) {
    kept += code.slice(from, start);
    from = end;
    if (code[from] === ',') from += 1;
    else if (kept.endsWith(',')) kept = kept.slice(0, -1);
  }
  return kept + code.slice(from);
}
