/** The modules in a bundle of Temporal's bundler, under names that two bundles of the same project have in common. */
import type * as acorn from 'acorn';
import { parse } from 'acorn';

export interface BundledModule {
  /** `./order.ts`, from the folder of the workflows; `node_modules/zod/index.js`, wherever it is installed. */
  readonly name: string;
  /** As the bundle names it. */
  readonly id: string;
  /** What the module's function calls its three arguments, those that it does not use included. */
  readonly parameters: readonly string[];
  /** The text between the braces of the module's function, its requests by {@link name}. */
  readonly body: string;
  /** Where the module stands in the bundle, from its id to its last brace. */
  readonly start: number;
  readonly end: number;
}

export interface BundleModules {
  readonly code: string;
  /** By name. */
  readonly modules: ReadonlyMap<string, BundledModule>;
  /** The name of the module that exports the workflows. */
  readonly entry: string;
}

const CALL = String.raw`__webpack_require__\((?:\/\*[\s\S]*?\*\/ ?)*`;
const ID = String.raw`"((?:[^"\\]|\\.)*)"`;

/** A pattern: a request of a module, with the comment that the bundler puts before its id, and the id. */
export const REQUEST = `${CALL}${ID}`;

const REQUESTS = new RegExp(`(${CALL})${ID}`, 'g');
const ENTRY_REQUEST = new RegExp(`importWorkflows\\(\\) \\{\\s*return ${REQUEST}`);

/** The name of the module that exports the workflows, in every bundle. */
export const ENTRY = 'the workflows';

/**
 * Reads a bundle.
 *
 * @returns `undefined` when it is none of Temporal's bundler.
 * @throws SyntaxError when it is no JavaScript.
 */
export function readBundle(bundle: string): BundleModules | undefined {
  const code = bundle.slice(0, sourceMapAt(bundle));
  const table = moduleTable(parse(code, { ecmaVersion: 'latest', sourceType: 'script' }));
  const entryId = ENTRY_REQUEST.exec(code)?.[1];
  if (table === undefined || entryId === undefined) return undefined;
  const nameOf = (id: string) => (id === entryId ? ENTRY : commonName(id));
  const modules = table.properties.flatMap((property) => {
    const module = moduleOf(property, code, nameOf);
    return module === undefined ? [] : [[module.name, module] as const];
  });
  return { code, modules: new Map(modules), entry: commonName(entryId) };
}

function sourceMapAt(bundle: string): number {
  const at = bundle.lastIndexOf('//# sourceMappingURL=data:');
  return at < 0 ? bundle.length : at;
}

/** Packages lie in other places for two checkouts of one project; what is in them is the same. */
function commonName(id: string): string {
  const at = id.lastIndexOf('node_modules/');
  return at < 0 ? id : id.slice(at);
}

/** The table is in the function that is the whole of the bundle. */
function moduleTable(program: acorn.Program): acorn.ObjectExpression | undefined {
  for (const statement of program.body.flatMap(statementsOfCalled)) {
    const [{ id, init } = {}] = statement.type === 'VariableDeclaration' ? statement.declarations : [];
    if (id?.type === 'Identifier' && id.name === '__webpack_modules__' && init?.type === 'ObjectExpression')
      return init;
  }
  return undefined;
}

function statementsOfCalled(statement: acorn.AnyNode): acorn.AnyNode[] {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'CallExpression') return [];
  const { callee } = statement.expression;
  return callee.type === 'ArrowFunctionExpression' && callee.body.type === 'BlockStatement' ? callee.body.body : [];
}

function moduleOf(
  property: acorn.ObjectExpression['properties'][number],
  code: string,
  nameOf: (id: string) => string,
): BundledModule | undefined {
  if (property.type !== 'Property' || property.key.type !== 'Literal') return undefined;
  const { value } = property;
  if (value.type !== 'FunctionExpression' && value.type !== 'ArrowFunctionExpression') return undefined;
  if (value.body.type !== 'BlockStatement') return undefined;
  const id = String(property.key.value);
  const body = code.slice(value.body.start + 1, value.body.end - 1);
  return {
    name: nameOf(id),
    id,
    parameters: value.params.map((parameter) => (parameter.type === 'Identifier' ? parameter.name : '')),
    body: body.replaceAll(REQUESTS, (_, before: string, asked: string) => `${before}${JSON.stringify(nameOf(asked))}`),
    start: property.start,
    end: property.end,
  };
}

/** The text of a body with its requests by the ids of a bundle. */
export function withIds(body: string, idOf: (name: string) => string): string {
  return body.replaceAll(REQUESTS, (_, before: string, name: string) => `${before}${JSON.stringify(idOf(name))}`);
}
