/** What a bundled module declares at its top, and which of its names somebody writes to. */
import type * as acorn from 'acorn';
import { parseCode } from './parse-code.ts';

export interface TopBinding {
  readonly name: string;
  /** The initialiser of a variable, or the function itself; absent when there is none, or it is a pattern or a class. */
  readonly value: acorn.AnyNode | undefined;
  /** The statement text that declares it, for a variable with one name: `var Order = …`. */
  readonly kind: 'variable' | 'function' | 'other';
}

export interface ModuleOutline {
  readonly program: acorn.Program;
  readonly bindings: ReadonlyMap<string, TopBinding>;
  /** Names that are assigned to, or whose members are, anywhere; whatever scope they are of. */
  readonly written: ReadonlySet<string>;
}

/** @throws SyntaxError when the text is no CommonJS module. */
export function outlineModule(code: string): ModuleOutline {
  const program = parseCode(code);
  const bindings = new Map<string, TopBinding>();
  const written = new Set(writtenIn(program));
  for (const statement of program.body) {
    for (const binding of bindingsOf(statement)) {
      if (bindings.has(binding.name)) written.add(binding.name);
      bindings.set(binding.name, binding);
    }
  }
  return { program, bindings, written };
}

/** Names that are assigned to, or whose members are, anywhere in it; whatever scope they are of. */
export function writtenIn(program: acorn.Program): ReadonlySet<string> {
  const written = new Set<string>();
  noteWrites(program, written);
  return written;
}

function bindingsOf(statement: acorn.AnyNode): TopBinding[] {
  if (statement.type === 'FunctionDeclaration')
    return statement.id ? [{ name: statement.id.name, value: statement, kind: 'function' }] : [];
  if (statement.type === 'ClassDeclaration')
    return statement.id ? [{ name: statement.id.name, value: undefined, kind: 'other' }] : [];
  if (statement.type !== 'VariableDeclaration') return [];
  return statement.declarations.flatMap(({ id, init }): TopBinding[] =>
    id.type === 'Identifier'
      ? [{ name: id.name, value: init ?? undefined, kind: 'variable' }]
      : namesIn(id).map((name) => ({ name, value: undefined, kind: 'other' })),
  );
}

/** Every name that a pattern binds. */
export function namesIn(pattern: acorn.AnyNode): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((part) => namesIn(part.type === 'Property' ? part.value : part.argument));
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : namesIn(element)));
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    default:
      return [];
  }
}

/** Methods that change what they are called on. */
export const MUTATORS: ReadonlySet<string> = new Set(
  (
    'push pop shift unshift splice sort reverse fill copyWithin ' +
    'set add delete clear register remove assign defineProperty defineProperties'
  ).split(' '),
);

function noteWrites(node: acorn.AnyNode, written: Set<string>): void {
  for (const target of targetsOf(node)) {
    const root = rootOf(target);
    if (root !== undefined) written.add(root);
    else for (const name of namesIn(target)) written.add(name);
  }
  for (const child of childrenOf(node)) noteWrites(child, written);
}

function targetsOf(node: acorn.AnyNode): acorn.AnyNode[] {
  switch (node.type) {
    case 'AssignmentExpression':
      return [node.left];
    case 'UpdateExpression':
      return [node.argument];
    case 'UnaryExpression':
      return node.operator === 'delete' ? [node.argument] : [];
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.left.type === 'VariableDeclaration' ? [] : [node.left];
    case 'CallExpression':
      return mutatedBy(node);
    default:
      return [];
  }
}

function mutatedBy({ callee, arguments: given }: acorn.CallExpression): acorn.AnyNode[] {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return [];
  if (!MUTATORS.has(callee.property.name)) return [];
  const [first] = given;
  return first === undefined ? [callee.object] : [callee.object, first];
}

/** The name that a chain of members starts from: `Order` of `Order.shape.id`. */
export function rootOf(node: acorn.AnyNode): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MemberExpression') return rootOf(node.object);
  if (node.type === 'CallExpression') return rootOf(node.callee);
  return undefined;
}

export function childrenOf(node: acorn.AnyNode): acorn.AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((value): value is acorn.AnyNode => typeof value === 'object' && value !== null && 'type' in value);
}
