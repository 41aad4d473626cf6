/**
 * Which expressions of a module's top level give the same value in every run.
 *
 * Invariants
 * 1. An expression is pure only if everything it is made of is known to be: literals, operators, zod, and names of the module
 *    that are declared once, by pure expressions, and never written to. What is not known is not pure.
 * 2. It makes no object that two runs could tell each other something through: no `new`, no assignment, no function whose
 *    body does more than compute.
 */
import type * as acorn from 'acorn';
import { childrenOf, type ModuleOutline, MUTATORS, namesIn, rootOf } from './module-outline.ts';

/** Functions of the language that compute and do nothing else. */
const GLOBAL_FUNCTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  Object: new Set(['keys', 'values', 'entries', 'fromEntries']),
  Array: new Set(['isArray', 'from', 'of']),
  Math: new Set(['abs', 'min', 'max', 'round', 'floor', 'ceil', 'trunc', 'sign', 'sqrt', 'pow', 'hypot']),
  Number: new Set(['isInteger', 'isFinite', 'isNaN', 'isSafeInteger']),
  JSON: new Set(['stringify']),
};
const CONVERSIONS: ReadonlySet<string> = new Set(['String', 'Number', 'Boolean']);
const CONSTANTS: ReadonlySet<string> = new Set(['undefined', 'NaN', 'Infinity']);

/** Methods of schemas whose value every parse gives out again: an object in it could be changed by a run. */
const GIVE_OUT: ReadonlySet<string> = new Set(['default', 'prefault', 'catch', '_default']);

/** Members of zod itself that configure it, or keep something. */
const STATEFUL_ZOD: ReadonlySet<string> = new Set([
  'config',
  'globalRegistry',
  'registry',
  'setErrorMap',
  'memoizer',
  'deepPartial',
  'input',
  'output',
]);

type Locals = ReadonlySet<string>;
const NO_LOCALS: Locals = new Set();

export class PureExpressions {
  readonly #outline: ModuleOutline;
  readonly #names = new Map<string, boolean>();
  readonly #handedOut = new Set<string>();

  constructor(outline: ModuleOutline) {
    this.#outline = outline;
    this.#noteHandedOut(outline.program);
  }

  /** Names whose value goes where it could get another name, under which it could be written to. */
  #noteHandedOut(node: acorn.AnyNode): void {
    for (const child of partsThatAreValues(node)) {
      const stays = node.type === 'CallExpression' && this.isLibrary(rootOf(node.callee) ?? '');
      if (child.type === 'Identifier' && !stays) this.#handedOut.add(child.name);
    }
    for (const child of childrenOf(node)) this.#noteHandedOut(child);
  }

  /** Whether a name of the top level always has the same value. */
  isPureName(name: string): boolean {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    // What refers to itself is left alone.
    this.#names.set(name, false);
    const { bindings, written } = this.#outline;
    const { value } = bindings.get(name) ?? {};
    const pure = value !== undefined && !written.has(name) && this.isPure(value) && this.#staysAsItIs(name, value);
    this.#names.set(name, pure);
    return pure;
  }

  /**
   * A run has an array or object of its own; the shared expressions have another. That makes no difference as long as it is
   * flat, and nobody can write to it under another name.
   */
  #staysAsItIs(name: string, value: acorn.AnyNode): boolean {
    if (!CONTAINERS.has(value.type)) return true;
    const parts = childrenOf(value).map((part) => (part.type === 'Property' ? part.value : part));
    return !this.#handedOut.has(name) && parts.every((part) => !CONTAINERS.has(part.type));
  }

  /** Whether a name stands for zod. */
  isLibrary(name: string): boolean {
    const { bindings, written } = this.#outline;
    return isRequireOfZod(bindings.get(name)?.value) && !written.has(name);
  }

  isPure(node: acorn.AnyNode, locals: Locals = NO_LOCALS): boolean {
    switch (node.type) {
      case 'Literal':
        return true;
      case 'Identifier':
        return this.#isPureIdentifier(node.name, locals);
      case 'MemberExpression':
        return this.#isPureMember(node, locals);
      case 'CallExpression':
        return this.#isPureCall(node, locals);
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
      case 'FunctionDeclaration':
        return this.#isPureFunction(node, locals);
      case 'UnaryExpression':
        return node.operator !== 'delete' && this.isPure(node.argument, locals);
      default:
        return COMPOSED.has(node.type) && childrenOf(node).every((child) => this.#isPurePart(child, locals));
    }
  }

  /** A part of an array, object, template or operator. */
  #isPurePart(node: acorn.AnyNode, locals: Locals): boolean {
    if (node.type === 'TemplateElement') return true;
    if (node.type === 'SpreadElement') return this.isPure(node.argument, locals);
    if (node.type !== 'Property') return this.isPure(node, locals);
    const key = !node.computed || this.isPure(node.key, locals);
    return node.kind === 'init' && key && this.isPure(node.value, locals);
  }

  #isPureIdentifier(name: string, locals: Locals): boolean {
    return locals.has(name) || CONSTANTS.has(name) || this.isLibrary(name) || this.isPureName(name);
  }

  #isPureMember({ object, property, computed }: acorn.MemberExpression, locals: Locals): boolean {
    if (object.type === 'Super' || property.type === 'PrivateIdentifier') return false;
    if (!computed && property.type === 'Identifier' && STATEFUL_ZOD.has(property.name)) return false;
    return this.isPure(object, locals) && (!computed || this.isPure(property, locals));
  }

  #isPureCall({ callee, arguments: given }: acorn.CallExpression, locals: Locals): boolean {
    if (!given.every((argument) => this.#isPurePart(argument, locals))) return false;
    if (callee.type === 'Identifier') return !locals.has(callee.name) && this.#isPureFunctionName(callee.name);
    if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return false;
    const { object, property } = callee;
    if (MUTATORS.has(property.name) || (GIVE_OUT.has(property.name) && given.some(holdsObject))) return false;
    if (object.type === 'Identifier' && !locals.has(object.name) && GLOBAL_FUNCTIONS[object.name]?.has(property.name))
      return !this.#outline.bindings.has(object.name);
    return this.#isPureMember(callee, locals);
  }

  /** A function of the module itself: neither a parameter nor anything else that somebody may have put there. */
  #isPureFunctionName(name: string): boolean {
    const { bindings } = this.#outline;
    if (!bindings.has(name)) return CONVERSIONS.has(name);
    const type = bindings.get(name)?.value?.type;
    return (type === 'FunctionDeclaration' || type === 'ArrowFunctionExpression') && this.isPureName(name);
  }

  #isPureFunction(node: AnyFunction, locals: Locals): boolean {
    if (node.async === true || node.generator === true) return false;
    const inside = new Set([...locals, ...node.params.flatMap(namesIn)]);
    const defaults = node.params.flatMap(defaultsIn);
    if (!defaults.every((value) => this.isPure(value, inside))) return false;
    return node.body.type === 'BlockStatement' ? this.#isPureBlock(node.body, inside) : this.isPure(node.body, inside);
  }

  #isPureBlock({ body }: acorn.BlockStatement, locals: Locals): boolean {
    const inside = new Set(locals);
    return body.every((statement) => this.#isPureStatement(statement, inside));
  }

  #isPureStatement(statement: acorn.AnyNode, inside: Set<string>): boolean {
    switch (statement.type) {
      case 'ReturnStatement':
        return statement.argument == null || this.isPure(statement.argument, inside);
      case 'BlockStatement':
        return this.#isPureBlock(statement, inside);
      case 'IfStatement':
        return [statement.test, statement.consequent, statement.alternate].every(
          (part) => part == null || this.#isPureStatement(part, inside),
        );
      case 'VariableDeclaration':
        return statement.declarations.every(({ id, init }) => {
          const pure = init != null && this.isPure(init, inside) && defaultsIn(id).length === 0;
          for (const name of namesIn(id)) inside.add(name);
          return pure;
        });
      default:
        return this.isPure(statement, inside);
    }
  }
}

type AnyFunction =
  | acorn.ArrowFunctionExpression
  | acorn.FunctionExpression
  | acorn.FunctionDeclaration
  | acorn.AnonymousFunctionDeclaration;

const COMPOSED: ReadonlySet<string> = new Set([
  'TemplateLiteral',
  'BinaryExpression',
  'LogicalExpression',
  'ConditionalExpression',
  'ArrayExpression',
  'ObjectExpression',
]);

function isRequireOfZod(node: acorn.AnyNode | undefined): boolean {
  if (node?.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.callee.name !== 'require')
    return false;
  const [specifier] = node.arguments;
  return specifier?.type === 'Literal' && specifier.value === 'zod';
}

const CONTAINERS: ReadonlySet<string> = new Set(['ArrayExpression', 'ObjectExpression', 'SpreadElement']);

function holdsObject(node: acorn.AnyNode): boolean {
  if (node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression' || node.type === 'Literal')
    return false;
  return true;
}

/** Default values in a pattern, and what it computes: parts that are evaluated, where the rest only binds. */
function defaultsIn(pattern: acorn.AnyNode): acorn.AnyNode[] {
  if (pattern.type === 'AssignmentPattern') return [pattern.right, ...defaultsIn(pattern.left)];
  if (pattern.type === 'Property') return [...(pattern.computed ? [pattern.key] : []), ...defaultsIn(pattern.value)];
  return pattern.type === 'Identifier' ? [] : childrenOf(pattern).flatMap(defaultsIn);
}

/** The children of a node whose value it passes on, rather than reading a member of it, calling it, or spreading it. */
function partsThatAreValues(node: acorn.AnyNode): acorn.AnyNode[] {
  switch (node.type) {
    case 'MemberExpression':
      return node.computed ? [node.property] : [];
    case 'SpreadElement':
    case 'ImportSpecifier':
      return [];
    case 'CallExpression':
      return [...node.arguments];
    case 'Property':
      return [node.value];
    case 'VariableDeclarator':
      return node.init == null ? [] : [node.init];
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      return [];
    case 'ArrowFunctionExpression':
      return [node.body];
    default:
      return childrenOf(node);
  }
}
